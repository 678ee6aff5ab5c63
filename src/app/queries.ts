import type { Config } from "../config/config.ts";
import { type DnsQueryRequest, type DnsRemote, type DnsSource, serviceTopic } from "../dns/source.ts";
import { systemRandom as random } from "../platform/random.ts";
import { type QueryAnswer, QueryExecutor, type QueryRun } from "../server/query-executor.ts";
import { EXECUTE_METHOD } from "../server/query-methods.ts";
import { QUERIES_TOPIC } from "../state/queries/topics.ts";
import type { Calling } from "./calling.ts";
import type { Core } from "./core.ts";
import { datacenterNames } from "./datacenters.ts";
import { dnsResult } from "./dns-result.ts";
import type { Telemetry } from "./telemetry.ts";

/** Another datacenter that is cut off must not keep those that wait from the next one. */
const FAILOVER_MS_MAX = 10_000;

/** Prepared queries on a server. */
export function queryExecutor(
  { db, publisher, pools }: Core,
  { router }: Calling,
  { datacenter }: Config,
  { hub }: Telemetry,
): QueryExecutor {
  return new QueryExecutor({
    ...{ db, publisher, datacenter, random },
    log: hub.logger("agent.server.query"),
    otherDatacenters: () => datacenterNames(pools.wan, datacenter).filter((name) => name !== datacenter),
    async askElsewhere(other, { query, limit, connect }) {
      const options = { timeoutMs: FAILOVER_MS_MAX, isSafe: true };
      const answer = await router.call(other, EXECUTE_METHOD, { query: { ...query }, limit, connect }, options);
      return answer as unknown as Pick<QueryAnswer, "Nodes">;
    },
  });
}

type Executes = Pick<QueryExecutor, "resolve" | "execute" | "executeHere" | "canFailOver">;

/** How DNS on a server answers names of prepared queries: from the state, and only where that has nobody by asking others. */
export function dnsQueries(
  executor: Executes,
  remote: Pick<DnsRemote, "executeQuery">,
  { datacenter, nodeName }: Pick<Config, "datacenter" | "nodeName">,
): { here: NonNullable<DnsSource["state"]>["executeQuery"]; remote: DnsRemote["executeQuery"] } {
  const runOf = ({ name, sourceAddress }: DnsQueryRequest): QueryRun => ({
    ...{ idOrName: name, sourceAddress, agentNode: nodeName, near: "", limit: 0, connect: false },
  });
  return {
    here(request) {
      const query = executor.resolve(request.name);
      if (query === undefined) return undefined;
      const answer = executor.executeHere(query, runOf(request));
      if (answer.Nodes.length === 0 && executor.canFailOver(query)) return "elsewhere";
      const result = dnsResult(answer);
      const { Near, Connect, Service } = query.Service;
      // An order that hangs on who asks is good for that one alone.
      return Near === "" && !Connect ? { ...result, topics: [QUERIES_TOPIC, serviceTopic(Service)] } : result;
    },
    async remote(request) {
      if (request.datacenter !== datacenter.toLowerCase()) return remote.executeQuery(request);
      const answer = await executor.execute(runOf(request));
      return answer && dnsResult(answer);
    },
  };
}
