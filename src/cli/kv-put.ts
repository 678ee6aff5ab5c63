import type { ParsedFlags } from "../lang/goflags.ts";
import { type CommandContext, CommandFailure, errorText, orFail } from "./context.ts";
import { readDataArgument } from "./data-argument.ts";
import type { Query } from "./http.ts";
import { decodeBase64 } from "./kv-pair.ts";
import type { KV_PUT_FLAGS } from "./table/kv.ts";

type Parsed = ParsedFlags<typeof KV_PUT_FLAGS>;

/**
 * `kv put`. Text that -base64 can't decode is refused; Consul 1.8.7 complains and then writes an empty value over the
 * old one, which nobody can want.
 */
export async function run(context: CommandContext, { values, args }: Parsed): Promise<number> {
  const key = checkArguments(values, args);
  const body = await readBody(context, args[1] ?? "", values.base64);
  const answer = await orFail("Error! Failed writing data", write(context, key, query(values), body));
  if (values.cas)
    return report(context, answer, `Success! Data written to: ${key}`, `Error! Did not write to ${key}: CAS failed`);
  if (values.acquire)
    return report(context, answer, `Success! Lock acquired on: ${key}`, "Error! Did not acquire lock");
  if (values.release)
    return report(context, answer, `Success! Lock released on: ${key}`, "Error! Did not release lock");
  context.print(`Success! Data written to: ${key}`);
  return 0;
}

function checkArguments(values: Parsed["values"], args: readonly string[]): string {
  const key = args[0];
  if (key === undefined) throw new CommandFailure("Error! Missing KEY argument");
  if (args.length > 2) throw new CommandFailure(`Error! Too many arguments (expected 1 or 2, got ${args.length})`);
  // The server takes index 0 as "only when absent", but a forgotten -modify-index must not mean that.
  if (values.cas && values["modify-index"] === 0n) throw new CommandFailure("Must specify -modify-index with -cas!");
  if ((values.acquire || values.release) && values.session === "")
    throw new CommandFailure("Error! Missing -session (required with -acquire and -release)");
  return key;
}

function query(values: Parsed["values"]): Query {
  return {
    flags: values.flags === 0n ? undefined : String(values.flags),
    ...(values.cas ? { cas: String(values["modify-index"]) } : {}),
    ...(values.acquire ? { acquire: values.session } : {}),
    ...(values.release && !values.acquire ? { release: values.session } : {}),
  };
}

async function readBody(context: CommandContext, data: string, base64: boolean): Promise<Uint8Array> {
  try {
    const bytes = await readDataArgument(context, data);
    if (!base64) return bytes;
    return decodeText(bytes);
  } catch (error) {
    throw new CommandFailure(`Error! ${errorText(error)}`);
  }
}

function decodeText(bytes: Uint8Array): Uint8Array {
  try {
    return decodeBase64(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new Error(`Cannot base 64 decode data: ${errorText(error)}`);
  }
}

async function write(context: CommandContext, key: string, query: Query, body: Uint8Array): Promise<string> {
  if (key.startsWith("/")) throw new Error(`Invalid key. Key must not begin with a '/': ${key}`);
  return await context.api.put(`/v1/kv/${key}`, { query, body });
}

function report(context: CommandContext, answer: string, success: string, failure: string): number {
  if (!answer.includes("true")) throw new CommandFailure(failure);
  context.print(success);
  return 0;
}
