import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import type { PrintedKVPair } from "../model/kv.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import { withoutLeadingSlash } from "./kv-pair.ts";
import type { KV_EXPORT_FLAGS } from "./table/kv.ts";

/** `kv export`: the pairs of a prefix as JSON, indented by tabs as every export of Consul is. */
export async function run(context: CommandContext, { args }: ParsedFlags<typeof KV_EXPORT_FLAGS>): Promise<number> {
  if (args.length > 1) throw new CommandFailure(`Too many arguments (expected 1, got ${args.length})`);
  const prefix = withoutLeadingSlash(args[0] ?? "");
  const work = context.api.find<PrintedKVPair[]>(`/v1/kv/${prefix}`, { query: { recurse: "" } });
  const pairs = (await orFail("Error querying Consul agent", work)) ?? [];
  const entries = pairs.map((pair) =>
    [
      "\t{",
      `\t\t"key": ${encodeGoJson(pair.Key)},`,
      `\t\t"flags": ${pair.Flags},`,
      `\t\t"value": "${pair.Value ?? ""}"`,
      "\t}",
    ].join("\n"),
  );
  context.print(entries.length === 0 ? "[]" : `[\n${entries.join(",\n")}\n]`);
  return 0;
}
