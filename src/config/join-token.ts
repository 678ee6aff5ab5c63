/**
 * One line with all that a new node needs to find its cluster: `muster1_` and base64url of JSON with a checksum behind it.
 * The checksum is against lines that were cut or mistyped; the token is a secret, since it holds the gossip's key.
 */
import { z } from "zod";
import { ConfigError } from "./error.ts";
import { gossipKeyProblem } from "./gossip-key.ts";

export interface JoinToken {
  readonly datacenter: string;
  /** Base64; "" for gossip that is not encrypted. */
  readonly encrypt: string;
  /** As in `retry_join`. */
  readonly retryJoin: readonly string[];
}

const VERSION = 1;
const TOKEN = /^muster(\d{1,4})_([A-Za-z0-9_-]*)$/;
const TOKEN_CHARS_MAX = 16 * 1024;
const BASE64 = { alphabet: "base64url", omitPadding: true } as const;
const CHECKSUM_BYTES = 4;
const ADDRESSES_MAX = 100;

/** Names in the token are short and never change; more may come, and who doesn't know them passes them over. */
const Payload = z.object({
  dc: z.string(),
  key: z.string().default(""),
  join: z.array(z.string()).max(ADDRESSES_MAX).default([]),
});

/** The token's text. Throws ConfigError for a key that is none. */
export function encodeJoinToken({ datacenter, encrypt, retryJoin }: JoinToken): string {
  const problem = encrypt === "" ? undefined : gossipKeyProblem(encrypt);
  if (problem !== undefined) throw new ConfigError(`Invalid encryption key: ${problem}`);
  if (retryJoin.length > ADDRESSES_MAX) throw new ConfigError(`a join token holds at most ${ADDRESSES_MAX} addresses`);
  const payload: z.input<typeof Payload> = {
    dc: datacenter,
    ...(encrypt !== "" && { key: encrypt }),
    ...(retryJoin.length > 0 && { join: [...retryJoin] }),
  };
  const json = new TextEncoder().encode(JSON.stringify(payload));
  const bytes = new Uint8Array(json.length + CHECKSUM_BYTES);
  bytes.set(json);
  new DataView(bytes.buffer).setUint32(json.length, Bun.hash.crc32(json));
  return `muster${VERSION}_${bytes.toBase64(BASE64)}`;
}

/** What a token's text holds. Throws ConfigError with what is wrong; the text itself is never in it. */
export function decodeJoinToken(text: string): JoinToken {
  const [, version, body = ""] = TOKEN.exec(text.trim().slice(0, TOKEN_CHARS_MAX)) ?? [];
  if (version === undefined)
    throw new ConfigError(`this is no join token: that is one line that begins with "muster${VERSION}_"`);
  if (Number(version) !== VERSION)
    throw new ConfigError(`the join token is of version ${version}, and this version of Muster reads ${VERSION} only`);
  const found = Payload.safeParse(jsonOf(body));
  if (!found.success) throw damaged();
  const { dc, key, join } = found.data;
  const problem = key === "" ? undefined : gossipKeyProblem(key);
  if (problem !== undefined) throw new ConfigError(`Invalid encryption key in the join token: ${problem}`);
  return { datacenter: dc, encrypt: key, retryJoin: join };
}

/** Undefined when the checksum does not fit. */
function jsonOf(body: string): unknown {
  try {
    const bytes = Uint8Array.fromBase64(body, { alphabet: "base64url" });
    // The last character has bits of no byte.
    if (bytes.length <= CHECKSUM_BYTES || bytes.toBase64(BASE64) !== body) return undefined;
    const json = bytes.subarray(0, -CHECKSUM_BYTES);
    const sum = new DataView(bytes.buffer, bytes.byteOffset).getUint32(json.length);
    return Bun.hash.crc32(json) === sum ? JSON.parse(new TextDecoder().decode(json)) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const damaged = () =>
  new ConfigError("the join token was cut or mistyped: give the whole line that `muster join-token create` printed");
