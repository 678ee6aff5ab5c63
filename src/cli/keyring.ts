import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { type CommandContext, CommandFailure, errorText, UsageFailure } from "./context.ts";
import type { KEYRING_FLAGS } from "./table/gossip.ts";

/** A pool's part of the answer to `GET /v1/operator/keyring`. */
export interface KeyringResponse {
  readonly WAN: boolean;
  readonly Datacenter: string;
  readonly Keys: Readonly<Record<string, number>>;
  readonly PrimaryKeys: Readonly<Record<string, number>>;
  readonly NumNodes: number;
}

export const KEYRING_PATH = "/v1/operator/keyring";
const RELAY_FACTOR_MAX = 5;

type Values = ParsedFlags<typeof KEYRING_FLAGS>["values"];

/** `keyring`: one action at a time, in all pools. */
export async function run(context: CommandContext, { values }: ParsedFlags<typeof KEYRING_FLAGS>): Promise<number> {
  const isList = values.list || values["list-primary"];
  const actions = [values.list, values["list-primary"], values.install, values.use, values.remove].filter(Boolean);
  if (actions.length > 1) throw new CommandFailure("Only a single action is allowed");
  if (actions.length === 0) throw new UsageFailure("");
  const relayFactor = values["relay-factor"];
  if (relayFactor < 0 || relayFactor > RELAY_FACTOR_MAX)
    throw new CommandFailure(`Error parsing relay factor: Relay factor must be in range: [0, ${RELAY_FACTOR_MAX}]`);
  if (values["local-only"] && !isList)
    throw new CommandFailure("Error validating local-only: local-only can only be set for list requests");
  const query = {
    "relay-factor": relayFactor === 0 ? undefined : String(relayFactor),
    "local-only": values["local-only"] ? "true" : undefined,
  };
  try {
    await (isList ? list(context, values, query) : change(context, values, query));
  } catch (error) {
    throw new CommandFailure(`error: ${errorText(error)}`);
  }
  return 0;
}

type Query = Readonly<Record<string, string | undefined>>;

async function list(context: CommandContext, values: Values, query: Query): Promise<void> {
  const isPretty = values.format !== "json";
  const kind = values["list-primary"] ? "installed primary" : "installed";
  if (isPretty) context.print(`==> Gathering ${kind} encryption keys...`);
  const pools = await context.api.get<KeyringResponse[]>(KEYRING_PATH, { query });
  if (!isPretty) {
    context.out.write(encodeGoJson(pools, true));
    return;
  }
  for (const { WAN, Datacenter, Keys, PrimaryKeys, NumNodes } of pools) {
    context.print(`\n${WAN ? "WAN" : `${Datacenter} (LAN)`}:`);
    const keys = Object.entries(values["list-primary"] ? PrimaryKeys : Keys).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [key, count] of keys) context.print(`  ${key} [${count}/${NumNodes}]`);
  }
}

async function change(context: CommandContext, { install, use, remove }: Values, query: Query): Promise<void> {
  const [method, key, words] =
    install !== ""
      ? ["POST", install, "Installing new gossip encryption key"]
      : use !== ""
        ? ["PUT", use, "Changing primary gossip encryption key"]
        : ["DELETE", remove, "Removing gossip encryption key"];
  context.print(`==> ${words}...`);
  await context.api.send(method, KEYRING_PATH, { query, body: JSON.stringify({ Key: key }) });
}
