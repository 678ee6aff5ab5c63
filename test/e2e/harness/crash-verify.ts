import { until } from "../../support/e2e/agent.ts";
import { ask, read } from "./ask.ts";
import type { State } from "./belief.ts";
import { type CrashClient, SHARED_KEY, type Told } from "./crash-client.ts";

interface Pair {
  readonly Key: string;
  readonly Value: string | null;
  readonly ModifyIndex: number;
  readonly CreateIndex: number;
  readonly Session?: string;
}

/** Everything that is wrong with what the server has, compared with what the clients were told; settles what was unclear. */
export async function complaints(url: string, clients: readonly CrashClient[], told: Told): Promise<string[]> {
  const { pairs, index } = await pairsOf(url);
  const wrong: string[] = [];
  if (index < told.indexMax) wrong.push(`the index went back from ${told.indexMax} to ${index}`);
  const sessions = new Set((await read<{ ID: string }[]>(`${url}/v1/session/list`)).map(({ ID }) => ID));
  const nodes = await read<{ Node: string; Meta: { seq: string } | null }[]>(`${url}/v1/catalog/nodes`);
  const seqs = new Map(nodes.map(({ Node, Meta }) => [Node, Meta?.seq ?? null]));
  const services = await read<Record<string, { Port: number }>>(`${url}/v1/agent/services`);
  for (const client of clients) {
    const say = (what: string, complaint: string | undefined) => complaint && wrong.push(`${what} ${complaint}`);
    for (const [key, belief] of client.keys) say(key, belief.see(stateOf(pairs.get(key))));
    const lock = pairs.get(client.lockKey);
    say(client.lockKey, client.lockHolder.see(lock && { value: lock.Session ?? "", index: lock.ModifyIndex }));
    for (const [id, belief] of client.sessions) {
      say(`session ${id}`, belief.see(sessions.has(id) ? { value: "live", index: 0 } : undefined));
      if (belief.sure.value === null) client.sessions.delete(id);
    }
    say(`node of ${client.name}`, client.node.see({ value: seqs.get(`node-${client.name}`) ?? null, index: 0 }));
    const port = services[`svc-${client.name}`]?.Port;
    say(`service of ${client.name}`, client.service.see({ value: port === undefined ? null : String(port), index: 0 }));
  }
  wrong.push(...sharedComplaints(pairs.get(SHARED_KEY), told));
  const known = new Set([SHARED_KEY, ...clients.flatMap((client) => [client.lockKey, ...client.keys.keys()])]);
  for (const key of pairs.keys()) if (!known.has(key)) wrong.push(`${key} was never written`);
  return wrong;
}

/** Until the catalog has the services that the agent has, and no others. */
export async function untilCatalogFollows(url: string, clients: readonly CrashClient[]): Promise<void> {
  const wanted = clients
    .flatMap(({ name, service: { sure } }) => (sure.value === null ? [] : [`svc-${name}:${sure.value}`]))
    .sort();
  let found: string[] = [];
  await until(async () => {
    const instances = await read<{ ServiceID: string; ServicePort: number }[]>(`${url}/v1/catalog/service/svc`);
    found = instances.map(({ ServiceID, ServicePort }) => `${ServiceID}:${ServicePort}`).sort();
    return JSON.stringify(found) === JSON.stringify(wanted);
  }, `the catalog to follow the agent's services ${wanted}`);
}

async function pairsOf(url: string): Promise<{ pairs: Map<string, Pair>; index: number }> {
  const { status, text, index } = await ask(`${url}/v1/kv/?recurse&consistent`);
  if (status !== 200 && status !== 404) throw new Error(`reading all keys: ${status} ${text}`);
  const list = status === 404 ? [] : (JSON.parse(text) as Pair[]);
  return { pairs: new Map(list.map((pair) => [pair.Key, pair])), index };
}

function stateOf(pair: Pair | undefined): State | undefined {
  return pair && { value: atob(pair.Value ?? ""), index: pair.ModifyIndex };
}

/** Swaps go one after the other: no two succeeded from the same index, none was lost, and none came from nowhere. */
function sharedComplaints(pair: Pair | undefined, { swaps, sentSwaps }: Told): string[] {
  const wrong: string[] = [];
  const from = new Set<number>();
  for (const { fromIndex, value } of swaps) {
    if (from.has(fromIndex)) wrong.push(`two swaps succeeded from index ${fromIndex}, one wrote ${value}`);
    from.add(fromIndex);
  }
  const value = pair === undefined ? undefined : atob(pair.Value ?? "");
  const count = value === undefined ? 0 : Number.parseInt(value, 10);
  if (value !== undefined && !sentSwaps.has(value)) wrong.push(`${SHARED_KEY} has ${value}, which nobody wrote`);
  if (count < swaps.length || count > sentSwaps.size) {
    wrong.push(`${SHARED_KEY} counts ${count}; ${swaps.length} swaps were answered, ${sentSwaps.size} not refused`);
  }
  return wrong;
}
