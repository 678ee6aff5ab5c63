import type { ParsedFlags } from "../lang/goflags.ts";
import { entryName, readConfigEntry } from "./config-entry-file.ts";
import { checkKindAndName } from "./config-kind.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import type { CONFIG_DELETE_FLAGS } from "./table/config.ts";

type Values = ParsedFlags<typeof CONFIG_DELETE_FLAGS>["values"];

/** `config delete`: an entry by kind and name, or by the file that it was written from. */
export async function run(
  context: CommandContext,
  { values }: ParsedFlags<typeof CONFIG_DELETE_FLAGS>,
): Promise<number> {
  const entry = await entryOf(context, values);
  const query = values.cas ? { cas: String(values["modify-index"]) } : {};
  const answer = await orFail(
    `Error deleting config entry ${entry}`,
    context.api.delete(`/v1/config/${entry}`, { query }),
  );
  if (values.cas && !answer.includes("true")) throw new CommandFailure(`Config entry not deleted: ${entry}`);
  context.print(`Config entry deleted: ${entry}`);
  return 0;
}

async function entryOf(context: CommandContext, values: Values): Promise<string> {
  if (values.filename === "") checkKindAndName(values);
  else if (values.kind !== "" || values.name !== "")
    throw new CommandFailure("filename can't be used with kind or name");
  // The server takes index 0 as "only when absent", which is nothing to delete.
  if (values.cas && values["modify-index"] === 0n)
    throw new CommandFailure("Must specify a -modify-index greater than 0 with -cas");
  if (!values.cas && values["modify-index"] !== 0n)
    throw new CommandFailure("Cannot specify -modify-index without -cas");
  if (values.filename === "") return `${values.kind}/${values.name}`;
  return entryName(await readConfigEntry(context, values.filename));
}
