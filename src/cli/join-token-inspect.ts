import { decodeJoinToken, type JoinToken } from "../config/join-token.ts";
import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { type CommandContext, CommandFailure, errorText } from "./context.ts";
import { readDataArgument } from "./data-argument.ts";
import type { INSPECT_FLAGS } from "./table/gossip.ts";

const FINGERPRINT_DIGITS = 12;
const BYTE_BITS = 8;

/** `join-token inspect`: never prints the key. */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof INSPECT_FLAGS>,
): Promise<number> {
  if (args.length > 1) throw new CommandFailure(`Too many arguments (expected 1, got ${args.length})`);
  const token = await read(context, args[0]);
  const { bits, fingerprint } = keyFacts(token.encrypt);
  if (values.format === "json") {
    const { datacenter: Datacenter, retryJoin: RetryJoin } = token;
    const document = { Datacenter, Encrypted: bits > 0, KeyBits: bits, KeyFingerprint: fingerprint, RetryJoin };
    context.out.write(encodeGoJson(document, true));
    return 0;
  }
  context.print(`Datacenter: ${token.datacenter}`);
  context.print(`Gossip key: ${bits === 0 ? "none" : `${bits} bits, fingerprint ${fingerprint}`}`);
  context.print(`Join: ${token.retryJoin.length === 0 ? "nobody" : token.retryJoin.join(", ")}`);
  return 0;
}

async function read(context: CommandContext, argument: string | undefined): Promise<JoinToken> {
  try {
    const bytes = argument === undefined ? undefined : await readDataArgument(context, argument);
    const text = bytes === undefined ? context.env.MUSTER_JOIN_TOKEN : new TextDecoder().decode(bytes);
    if (text === undefined) throw new Error("Missing TOKEN argument");
    return decodeJoinToken(text);
  } catch (error) {
    throw new CommandFailure(errorText(error));
  }
}

/** A fingerprint tells whether two keys are the same, and nothing of the key. */
function keyFacts(key: string): { bits: number; fingerprint: string } {
  if (key === "") return { bits: 0, fingerprint: "" };
  const bytes = Uint8Array.fromBase64(key);
  const digest = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  return { bits: bytes.length * BYTE_BITS, fingerprint: digest.slice(0, FINGERPRINT_DIGITS) };
}
