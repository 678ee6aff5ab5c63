import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import type { PrintedKVPair } from "../model/kv.ts";
import { columnize } from "./columnize.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import { valueBytes, withoutLeadingSlash } from "./kv-pair.ts";
import type { KV_GET_FLAGS } from "./table/kv.ts";

type Parsed = ParsedFlags<typeof KV_GET_FLAGS>;

/** `kv get`: one value, the pairs of a prefix (-recurse) or its keys (-keys). */
export async function run(context: CommandContext, { values, args }: Parsed): Promise<number> {
  if (args.length > 1) throw new CommandFailure(`Too many arguments (expected 1, got ${args.length})`);
  const key = withoutLeadingSlash(args[0] ?? "");
  if (values.keys) return await printKeys(context, key, values);
  if (values.recurse) return await printPairs(context, key, values);
  if (key === "") throw new CommandFailure("Error! Missing KEY argument");
  const pairs = await orFail("Error querying Consul agent", context.api.find<PrintedKVPair[]>(`/v1/kv/${key}`));
  const pair = pairs?.[0];
  if (pair === undefined) throw new CommandFailure(`Error! No key exists at: ${key}`);
  if (values.format === "json") context.out.write(encodeGoJson(pair, true));
  else context.print(values.detailed ? details(pair, values.base64) : shown(pair, values.base64));
  return 0;
}

async function printKeys(context: CommandContext, prefix: string, values: Parsed["values"]): Promise<number> {
  const query = { keys: "", separator: values.separator || undefined };
  const work = context.api.find<string[]>(`/v1/kv/${prefix}`, { query });
  const keys = (await orFail("Error querying Consul agent", work)) ?? [];
  if (values.format === "json") context.out.write(encodeGoJson(keys, true));
  else for (const key of keys) context.print(key);
  return 0;
}

async function printPairs(context: CommandContext, prefix: string, values: Parsed["values"]): Promise<number> {
  const work = context.api.find<PrintedKVPair[]>(`/v1/kv/${prefix}`, { query: { recurse: "" } });
  const pairs = (await orFail("Error querying Consul agent", work)) ?? [];
  if (values.format === "json") {
    context.out.write(encodeGoJson(pairs, true));
    return 0;
  }
  pairs.forEach((pair, at) => {
    if (values.detailed) {
      if (at > 0) context.print("");
      context.print(details(pair, values.base64));
    } else {
      context.print(Buffer.concat([Buffer.from(`${pair.Key}:`), shown(pair, values.base64)]));
    }
  });
  return 0;
}

/** A value goes out byte by byte as it was stored, because it need not be text. */
function shown(pair: PrintedKVPair, base64: boolean): Uint8Array {
  return base64 ? Buffer.from(pair.Value ?? "") : valueBytes(pair);
}

const DETAIL_GAP = "      ";

function details(pair: PrintedKVPair, base64: boolean): Uint8Array {
  const value = shown(pair, base64);
  const rows = [
    ["CreateIndex", String(pair.CreateIndex)],
    ["Flags", String(pair.Flags)],
    ["Key", pair.Key],
    ["LockIndex", String(pair.LockIndex)],
    ["ModifyIndex", String(pair.ModifyIndex)],
    ["Session", pair.Session || "-"],
    value.length === 0 ? ["Value"] : ["Value", ""],
  ];
  return Buffer.concat([Buffer.from(columnize(rows, DETAIL_GAP)), value]);
}
