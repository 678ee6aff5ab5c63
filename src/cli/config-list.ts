import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import type { CONFIG_LIST_FLAGS } from "./table/config.ts";

/** `config list`: names of the entries of a kind; as JSON the entries. */
export async function run(context: CommandContext, { values }: ParsedFlags<typeof CONFIG_LIST_FLAGS>): Promise<number> {
  const { kind, filter } = values;
  if (kind === "") throw new CommandFailure("Must specify the -kind parameter");
  const query = { filter: filter || undefined };
  const read = context.api.get<{ readonly Kind: string; readonly Name?: string }[]>(`/v1/config/${kind}`, { query });
  const entries = await orFail(`Error listing config entries for kind ${JSON.stringify(kind)}`, read);
  if (values.format === "json") context.out.write(encodeGoJson(entries, true));
  // An entry that is printed without a name is the only one of its kind, and named after it.
  else for (const { Kind, Name = Kind } of entries) context.print(Name);
  return 0;
}
