import { askDns } from "./ask-dns.ts";

const CONFIG_KINDS = [
  ...["proxy-defaults", "service-defaults", "service-resolver", "service-router", "service-splitter"],
  ...["ingress-gateway", "terminating-gateway"],
];

/** Where a program answers: HTTP and DNS on their usual ports. */
const urlOf = (address: string) => `http://${address}:8500`;

async function json(address: string, path: string): Promise<unknown> {
  const response = await fetch(urlOf(address) + path);
  // 64 bits of flags are compared as text.
  const text = (await response.text()).replaceAll(/"Flags": ?(\d+)/g, '"Flags":"$1"');
  return response.status === 200 ? JSON.parse(text) : { status: response.status, text };
}

/**
 * All that an agent says, each thing by an address of its own. Nodes of `agents` write about themselves: their indexes
 * are left out.
 */
export async function everything(address: string, agents: readonly string[]): Promise<Record<string, unknown>> {
  const read = async <T>(path: string) => (await json(address, path)) as T;
  const [keys, nodes, services, sessions, queries, configs] = await Promise.all([
    read<string[]>("/v1/kv/?keys"),
    read<{ Node: string }[]>("/v1/catalog/nodes"),
    read<Record<string, string[]>>("/v1/catalog/services"),
    read<{ ID: string }[]>("/v1/session/list"),
    read<{ ID: string; Name: string }[]>("/v1/query"),
    Promise.all(CONFIG_KINDS.map((kind) => read<{ Kind: string; Name: string }[]>(`/v1/config/${kind}`))),
  ]);
  const paths = [
    ...["/v1/kv/?keys", "/v1/session/list", "/v1/catalog/nodes", "/v1/query", "/v1/operator/autopilot/configuration"],
    ...keys.map((key) => `/v1/kv/${key.split("/").map(encodeURIComponent).join("/")}`),
    ...sessions.map(({ ID }) => `/v1/session/info/${ID}`),
    ...nodes.flatMap(({ Node }) => ["catalog", "health", "session"].map((area) => `/v1/${area}/node/${Node}`)),
    ...Object.keys(services).flatMap((name) =>
      ["catalog/service", "catalog/connect", "health/service", "health/checks"].map((area) => `/v1/${area}/${name}`),
    ),
    ...queries.flatMap(({ ID, Name }) => [`/v1/query/${ID}`, `/v1/query/${Name}/execute`]),
    ...configs.flat().map(({ Kind, Name }) => `/v1/config/${Kind}/${Name}`),
  ];
  const names = [
    ...nodes.flatMap(({ Node }) => ["A", "TXT"].map((type) => [`${Node}.node.consul`, type] as const)),
    ...Object.entries(services).flatMap(([name, tags]) =>
      [name, ...tags.map((tag) => `${tag}.${name}`)].flatMap((label) =>
        ["A", "SRV", "TXT"].map((type) => [`${label.split(".").at(-1)}.service.consul`, type] as const),
      ),
    ),
    ...queries.flatMap(({ Name }) => ["A", "SRV"].map((type) => [`${Name}.query.consul`, type] as const)),
  ];
  return Object.fromEntries(
    await Promise.all([
      ...paths.map(async (path) => [path, comparable(await json(address, path), agents)] as const),
      ...names.map(async ([name, type]) => [`${type} ${name}`, await askDns(address, name, type)] as const),
      (async () => ["/v1/catalog/services", sorted(services)] as const)(),
    ]),
  );
}

/** Tags come in the order of a hash table. */
const sorted = (services: Record<string, string[]>) =>
  Object.fromEntries(Object.entries(services).map(([name, tags]) => [name, [...tags].sort()]));

/** Without what the next answer has otherwise: who was asked last, the order of instances, and the indexes of agents. */
function comparable(value: unknown, agents: readonly string[], isAgents = false): unknown {
  if (Array.isArray(value)) {
    const rows = value.map((each) => comparable(each, agents, isAgents));
    const isOfInstances = rows.some((row) => typeof row === "object" && row !== null && "Node" in row);
    return isOfInstances ? rows.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : rows;
  }
  if (typeof value !== "object" || value === null) return value;
  const { Node: node } = value as { Node?: unknown };
  const name = typeof node === "object" && node !== null && "Node" in node ? node.Node : node;
  const isOne = isAgents || agents.includes(String(name));
  const dropped = isOne ? /^(LastContact|CreateIndex|ModifyIndex)$/ : /^LastContact$/;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !dropped.test(key))
      .map(([key, each]) => [key, comparable(each, agents, isOne)]),
  );
}
