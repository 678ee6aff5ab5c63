import { z } from "zod";
import { WatchedReads } from "../agent/cache/watched-reads.ts";
import type { DnsAddressOwners, DnsInstance, DnsNode, DnsRemote, ServiceFilter } from "../dns/source.ts";
import type { Clock } from "../ports/clock.ts";
import { dnsResult } from "./dns-result.ts";

/** Watched names at a time, a request that waits at a server each. */
const WATCHES_MAX = 1000;
const IDLE_MS = 5 * 60_000;
/** A blocking read returns after this, so that a lost server is noticed. */
const WAIT_S = 300;
/** Nobody who asks by DNS waits longer. */
const QUERY_MS_MAX = 10_000;

/** An answer of a server, read whole. */
export interface Answer {
  readonly status: number;
  /** `X-Consul-Index`, 0 without. */
  readonly index: number;
  readonly body: string;
}

export interface RemoteDnsDeps {
  /** `GET path` at a server of a datacenter, `?dc` not included. Rejects when none can be reached. */
  get(
    datacenter: string,
    path: string,
    signal: AbortSignal,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** Asks a server of the own datacenter who has an address. */
  owners(ip: string): Promise<DnsAddressOwners>;
  readonly datacenter: string;
  /** `dns_config.max_stale`: what was known stays true for so long after the servers were lost. */
  readonly maxStaleMs: number;
  readonly clock: Clock;
}

const texts = z.record(z.string(), z.string()).nullish();
const nodeSchema = z.object({
  Node: z.string(),
  Address: z.string(),
  Datacenter: z.string(),
  TaggedAddresses: texts,
  Meta: texts,
});
const address = z.object({ Address: z.string(), Port: z.number() });
const instanceSchema = z.object({
  Node: nodeSchema,
  Service: z.object({
    ID: z.string(),
    Service: z.string(),
    Address: z.string(),
    Port: z.number(),
    Weights: z.object({ Passing: z.number(), Warning: z.number() }).nullish(),
    TaggedAddresses: z.record(z.string(), address).nullish(),
  }),
  Checks: z.array(z.object({ Status: z.string() })),
});
const nodeAnswer = z.object({ Node: nodeSchema }).nullable();
const instancesAnswer = z.array(instanceSchema);

const queryAnswer = z.object({
  Service: z.string(),
  Datacenter: z.string(),
  DNS: z.object({ TTL: z.string() }),
  // Checks are null where there are none.
  Nodes: z.array(instanceSchema.extend({ Checks: instanceSchema.shape.Checks.nullable().transform((c) => c ?? []) })),
});

const CONSUL_SERVICE = "consul";

/**
 * What DNS looks up at the servers, by the same HTTP reads that anybody can make. Names that are asked for are watched, so
 * that answers come from memory and follow changes at once.
 */
export function remoteDns(deps: RemoteDnsDeps): DnsRemote & { retry(): void; close(): void } {
  const reads = new WatchedReads<unknown>({
    load: (key, index, signal) => fetchRead(deps, key, index, signal),
    isKept: (value) => value !== null && !(Array.isArray(value) && value.length === 0),
    clock: deps.clock,
    entriesMax: WATCHES_MAX,
    idleMs: IDLE_MS,
    staleMs: deps.maxStaleMs,
  });
  const instances = async (
    datacenter: string,
    name: string,
    filter: ServiceFilter,
  ): Promise<readonly DnsInstance[]> => {
    const kind = kindOf(filter);
    const tag = filter.tag === undefined ? "" : `&tag=${encodeURIComponent(filter.tag)}`;
    const path = `/v1/health/${kind}/${encodeURIComponent(name)}?stale${tag}`;
    return (await reads.get(keyOf("instances", datacenter, path))) as readonly DnsInstance[];
  };
  return {
    node: async (datacenter, name) => {
      const path = `/v1/catalog/node/${encodeURIComponent(name)}?stale`;
      const found = (await reads.get(keyOf("node", datacenter, path))) as z.infer<typeof nodeAnswer>;
      return found?.Node;
    },
    serviceInstances: instances,
    byAddress: (ip) => deps.owners(ip),
    servers: () =>
      instances(deps.datacenter, CONSUL_SERVICE, {}).then(
        (found): DnsNode[] => found.map(({ Node }) => Node),
        () => [],
      ),
    async executeQuery({ datacenter, name, sourceAddress }) {
      const path = `/v1/query/${encodeURIComponent(name)}/execute?stale`;
      const signal = AbortSignal.timeout(QUERY_MS_MAX);
      const { status, body } = await deps.get(datacenter, path, signal, { "x-forwarded-for": sourceAddress });
      if (status === 404) return undefined;
      if (status !== 200) throw new Error(`a server of ${datacenter} answered ${status}: ${body}`);
      return dnsResult(queryAnswer.parse(JSON.parse(body)));
    },
    retry: () => reads.retry(),
    close: () => reads.close(),
  };
}

function kindOf({ connect, ingress }: ServiceFilter): "connect" | "ingress" | "service" {
  if (ingress === true) return "ingress";
  return connect === true ? "connect" : "service";
}

type Kind = "node" | "instances";

const keyOf = (kind: Kind, datacenter: string, path: string) => `${kind} ${datacenter} ${path}`;

async function fetchRead({ get }: RemoteDnsDeps, key: string, index: number, signal: AbortSignal) {
  const [kind, datacenter = "", path = ""] = key.split(" ");
  const answer = await get(datacenter, index > 0 ? `${path}&index=${index}&wait=${WAIT_S}s` : path, signal);
  if (answer.status === 404) return { value: null, index: answer.index };
  if (answer.status !== 200) throw new Error(`a server of ${datacenter} answered ${answer.status}: ${answer.body}`);
  const json: unknown = JSON.parse(answer.body);
  return { value: kind === "node" ? nodeAnswer.parse(json) : instancesAnswer.parse(json), index: answer.index };
}
