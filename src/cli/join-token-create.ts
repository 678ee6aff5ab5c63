import { encodeJoinToken, type JoinToken } from "../config/join-token.ts";
import type { ParsedFlags } from "../lang/goflags.ts";
import { readSelf } from "./agent-self.ts";
import { type CommandContext, CommandFailure, errorText, orFail } from "./context.ts";
import { KEYRING_PATH, type KeyringResponse } from "./keyring.ts";
import type { CREATE_FLAGS } from "./table/gossip.ts";

const KEY_BYTES = 32;
/** Some may be gone when the token is used. */
const ADDRESSES_WANTED = 5;
const ALIVE = 1;

type Values = ParsedFlags<typeof CREATE_FLAGS>["values"];

/** `join-token create`: prints the token alone on standard output, and what there is to know beside on the other. */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof CREATE_FLAGS>,
): Promise<number> {
  if (args.length > 0) throw new CommandFailure(`Too many arguments (expected 0, got ${args.length})`);
  const encrypt = values.encrypt === "-" ? new TextDecoder().decode(await context.stdin()).trim() : values.encrypt;
  const named = { encrypt, retryJoin: values.join ?? [] };
  const token = values["from-agent"] ? await ofAgent(context, values, named) : ofFlags(context, values, named);
  if (token.retryJoin.length === 0)
    context.complain("The token names nobody to join: its nodes need -retry-join beside it.");
  context.print(encode(token));
  return 0;
}

function encode(token: JoinToken): string {
  try {
    return encodeJoinToken(token);
  } catch (error) {
    throw new CommandFailure(errorText(error));
  }
}

type Named = Pick<JoinToken, "encrypt" | "retryJoin">;

function ofFlags(context: CommandContext, { datacenter }: Values, { encrypt, retryJoin }: Named): JoinToken {
  if (encrypt === "")
    context.complain("The token holds a new gossip key: start all nodes with the token, the first ones too.");
  const key = encrypt || crypto.getRandomValues(new Uint8Array(KEY_BYTES)).toBase64();
  return { datacenter: datacenter || "dc1", encrypt: key, retryJoin };
}

interface Member {
  readonly Addr: string;
  readonly Port: number;
  readonly Status: number;
  readonly Tags: Readonly<Record<string, string>>;
}

/** What the flags leave open, as the agent has it. */
async function ofAgent(
  context: CommandContext,
  { datacenter }: Values,
  { encrypt, retryJoin }: Named,
): Promise<JoinToken> {
  const { Config } = await readSelf(context);
  return {
    datacenter: datacenter || Config.Datacenter,
    encrypt: encrypt || (await keyOfAgent(context)),
    retryJoin: retryJoin.length > 0 ? retryJoin : await serversOf(context),
  };
}

async function keyOfAgent(context: CommandContext): Promise<string> {
  const query = { "local-only": "true" };
  try {
    const [pool] = await context.api.get<KeyringResponse[]>(KEYRING_PATH, { query });
    const [best] = Object.entries(pool?.PrimaryKeys ?? {}).sort(([, a], [, b]) => b - a);
    return best?.[0] ?? "";
  } catch (error) {
    const why = errorText(error);
    if (!why.includes("encryption not enabled")) throw new CommandFailure(`Error reading the gossip key: ${why}`);
    context.complain("Gossip is not encrypted here, so that the token holds no key.");
    return "";
  }
}

async function serversOf(context: CommandContext): Promise<string[]> {
  const members = await orFail("Error retrieving members", context.api.get<Member[]>("/v1/agent/members"));
  return members
    .filter(({ Status, Tags }) => Status === ALIVE && Tags.role === "consul")
    .slice(0, ADDRESSES_WANTED)
    .map(({ Addr, Port }) => (Addr.includes(":") ? `[${Addr}]:${Port}` : `${Addr}:${Port}`));
}
