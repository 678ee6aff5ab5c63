import { z } from "zod";
import type { KeyringAnswer, KeyringOrder } from "../../agent/keyring.ts";
import { parseGoBool } from "../../lang/goflags.ts";
import { Refusal } from "../../lib/refusal.ts";
import { goInt, goString } from "../../model/go-decode.ts";
import type { KeyringDeps } from "../operator-deps.ts";
import { one } from "../query-schema.ts";
import { defineRoute, EMPTY, json, type Reply } from "../route.ts";

const RELAY_FACTOR_MAX = 5;
/** Beyond, Go's number overflows. */
const INT_DIGITS_MAX = 18;

const Keys = z.record(z.string(), z.number().int());
const KeyringResponse = z.object({
  WAN: z.boolean(),
  Datacenter: z.string(),
  Segment: z.string(),
  Messages: z.record(z.string(), z.string()).optional(),
  Keys,
  PrimaryKeys: Keys,
  NumNodes: z.number().int(),
});

const ACTION = z.enum(["list", "install", "use", "remove"]);
/** A KeyringAnswer as JSON. */
const PoolAnswer: z.ZodType<KeyringAnswer> = z.object({
  wan: z.boolean(),
  datacenter: z.string(),
  error: z.string(),
  messages: z.record(z.string(), z.string()),
  keys: Keys,
  primaryKeys: Keys,
  members: z.number().int(),
});

const QUERY = z.object({ dc: one, "relay-factor": one, "local-only": one });
type Query = z.output<typeof QUERY>;
const BODY = z.object({ Key: goString() }).meta({ go: { type: "keyringArgs", namesFields: true } });

const list = defineRoute({
  method: "GET",
  path: "/v1/operator/keyring",
  answeredBy: "agent",
  summary: "List the keys of the gossip pools",
  query: QUERY,
  answer: z.array(KeyringResponse),
  acl: "keyring:read",
  async handle({ query }, { keyring }: KeyringDeps) {
    const relayFactor = readRelayFactor(query);
    const answers = await keyring.order({ action: "list", key: "", relayFactor }, readLocalOnly(query));
    refuseFailures(answers);
    return json(answers.map(shown));
  },
});

const order = (method: "POST" | "PUT" | "DELETE", action: Exclude<KeyringOrder["action"], "list">, summary: string) =>
  defineRoute({
    method,
    path: "/v1/operator/keyring",
    answeredBy: "agent",
    summary,
    query: QUERY,
    body: BODY,
    bodyErrorPrefix: "Bad request: Request decode failed: ",
    answer: z.undefined(),
    acl: "keyring:write",
    async handle({ query, body }, { keyring }: KeyringDeps): Promise<Reply> {
      const relayFactor = readRelayFactor(query);
      if (readLocalOnly(query))
        throw badRequest("Invalid use of local-only: local-only can only be set for list requests");
      refuseFailures(await keyring.order({ action, key: body.Key, relayFactor }, false));
      return EMPTY;
    },
  });

/** What one datacenter's servers ask of those of another: each has only its own pool. */
const ofDatacenter = defineRoute({
  method: "PUT",
  path: "/v1/internal/keyring",
  summary: "Give an order about keys to the gossip pool of one datacenter",
  query: z.object({ dc: one }),
  body: z.object({ Action: goString(), Key: goString(), RelayFactor: goInt() }),
  answer: PoolAnswer,
  acl: "keyring:write",
  beyondConsul: true,
  async handle({ body: { Action, Key, RelayFactor } }, { keyring }: KeyringDeps) {
    const action = ACTION.safeParse(Action);
    if (!action.success) throw badRequest(`${JSON.stringify(Action)} is no order about keys`);
    return json(await keyring.orderHere({ action: action.data, key: Key, relayFactor: RelayFactor }));
  },
});

export const operatorKeyringRoutes = [
  list,
  order("POST", "install", "Install a key in the gossip pools"),
  order("PUT", "use", "Make an installed key the one that gossip is encrypted with"),
  order("DELETE", "remove", "Remove a key that gossip is not encrypted with any more"),
  ofDatacenter,
] as const;

const badRequest = (why: string) => new Refusal(`Bad request: ${why}`, 400);

function readRelayFactor({ "relay-factor": text = "" }: Query): number {
  if (text === "") return 0;
  if (!new RegExp(`^[+-]?\\d{1,${INT_DIGITS_MAX}}$`).test(text)) {
    const why = /^[+-]?\d+$/.test(text) ? "value out of range" : "invalid syntax";
    throw badRequest(`Error parsing relay factor: strconv.Atoi: parsing ${JSON.stringify(text)}: ${why}`);
  }
  const factor = Number(text);
  if (factor < 0 || factor > RELAY_FACTOR_MAX)
    throw badRequest(`Invalid relay-factor: Relay factor must be in range: [0, ${RELAY_FACTOR_MAX}]`);
  return factor;
}

function readLocalOnly({ "local-only": text = "" }: Query): boolean {
  if (text === "") return false;
  const value = parseGoBool(text);
  if (value === undefined)
    throw badRequest(`Error parsing local-only: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
  return value;
}

/** One line for each pool that not all did it in, and one for each member that could not, in Consul's order of pools. */
function refuseFailures(answers: readonly KeyringAnswer[]): void {
  const lines = answers
    .filter(({ error }) => error !== "")
    .flatMap(({ wan, datacenter, error, messages }) => [
      `${wan ? "WAN" : `${datacenter} (LAN)`} error: ${error}`,
      ...Object.entries(messages)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, message]) => `${name}: ${message}`),
    ]);
  if (lines.length === 0) return;
  const head = lines.length === 1 ? "1 error occurred:" : `${lines.length} errors occurred:`;
  throw new Refusal(`${head}\n${lines.map((line) => `\t* ${line}\n`).join("")}\n`);
}

function shown({
  wan,
  datacenter,
  messages,
  keys,
  primaryKeys,
  members,
}: KeyringAnswer): z.output<typeof KeyringResponse> {
  return {
    WAN: wan,
    Datacenter: datacenter,
    Segment: "",
    ...(Object.keys(messages).length > 0 && { Messages: { ...messages } }),
    Keys: { ...keys },
    PrimaryKeys: { ...primaryKeys },
    NumNodes: members,
  };
}
