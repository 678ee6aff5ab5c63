import { z } from "zod";
import { goJsonSyntaxError } from "../lang/go-json-errors.ts";
import type { ParsedFlags } from "../lang/goflags.ts";
import { decodeGoJson } from "../lib/go-json.ts";
import { type CommandContext, CommandFailure, errorText, orFail } from "./context.ts";
import { readDataArgument } from "./data-argument.ts";
import { decodeBase64 } from "./kv-pair.ts";
import type { KV_IMPORT_FLAGS } from "./table/kv.ts";

const Pairs = z.array(
  z.object({
    key: z.string(),
    flags: z.union([z.number(), z.bigint()]).default(0),
    value: z.string().default(""),
  }),
);

/** `kv import`: writes what `kv export` printed, pair by pair; it stops at the first that fails. */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof KV_IMPORT_FLAGS>,
): Promise<number> {
  const pairs = parsePairs(await readDocument(context, args));
  for (const pair of pairs) {
    const key = values.prefix + pair.key;
    const body = decodeValue(key, pair.value);
    const query = { flags: pair.flags === 0 ? undefined : String(pair.flags) };
    await orFail(`Error! Failed writing data for key ${key}`, context.api.put(`/v1/kv/${key}`, { query, body }));
    context.print(`Imported: ${key}`);
  }
  return 0;
}

async function readDocument(context: CommandContext, args: readonly string[]): Promise<string> {
  if (args.length > 1) throw new CommandFailure(`Error! Too many arguments (expected 1, got ${args.length})`);
  const data = args[0] ?? "";
  if (data === "") throw new CommandFailure("Error! Missing DATA argument");
  try {
    return new TextDecoder().decode(await readDataArgument(context, data));
  } catch (error) {
    throw new CommandFailure(`Error! ${errorText(error)}`);
  }
}

function parsePairs(document: string): z.infer<typeof Pairs> {
  let json: unknown;
  try {
    json = decodeGoJson(document);
  } catch {
    // Go's decoder of whole documents has one text for every early end.
    const reason = goJsonSyntaxError(document).replace(/^(unexpected )?EOF$/, "unexpected end of JSON input");
    throw new CommandFailure(`Cannot unmarshal data: ${reason}`);
  }
  const parsed = Pairs.safeParse(json ?? []);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CommandFailure(`Cannot unmarshal data: ${issue?.path.join(".") || "document"}: ${issue?.message}`);
}

function decodeValue(key: string, value: string): Uint8Array {
  try {
    return decodeBase64(value);
  } catch (error) {
    throw new CommandFailure(`Error base 64 decoding value for key ${key}: ${errorText(error)}`);
  }
}
