import type { ParsedFlags } from "../lang/goflags.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import { withoutLeadingSlash } from "./kv-pair.ts";
import type { KV_DELETE_FLAGS } from "./table/kv.ts";

/** `kv delete`: one key, a prefix (-recurse) or a key that nobody changed since (-cas). */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof KV_DELETE_FLAGS>,
): Promise<number> {
  if (args.length > 1) throw new CommandFailure(`Too many arguments (expected 1, got ${args.length})`);
  const given = args[0] ?? "";
  // A whole store is only deleted by saying so: "/" with -recurse.
  if (given === "") throw new CommandFailure("Error! Missing KEY argument");
  const key = withoutLeadingSlash(given);
  if (values.cas && values["modify-index"] === 0n) throw new CommandFailure("Must specify -modify-index with -cas!");
  if (!values.cas && values["modify-index"] !== 0n)
    throw new CommandFailure("Cannot specify -modify-index without -cas!");
  if (values.cas && values.recurse) throw new CommandFailure("Cannot specify both -cas and -recurse!");
  if (values.recurse) {
    const query = { recurse: "" };
    await orFail(`Error! Did not delete prefix ${key}`, context.api.delete(`/v1/kv/${key}`, { query }));
    context.print(`Success! Deleted keys with prefix: ${key}`);
    return 0;
  }
  const query = values.cas ? { cas: String(values["modify-index"]) } : {};
  const prefix = values.cas ? `Error! Did not delete key ${key}` : `Error deleting key ${key}`;
  const answer = await orFail(prefix, context.api.delete(`/v1/kv/${key}`, { query }));
  if (values.cas && !answer.includes("true")) throw new CommandFailure(`Error! Did not delete key ${key}: CAS failed`);
  context.print(`Success! Deleted key: ${key}`);
  return 0;
}
