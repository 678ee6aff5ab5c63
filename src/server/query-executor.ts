import { type Coordinate, sortByDistance } from "../lib/coordinate.ts";
import type { PreparedQuery, QueryDefinition } from "../model/prepared-query.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";
import type { InstanceHealth } from "../state/catalog/queries.ts";
import { coordinatesByNode } from "../state/coordinates/queries.ts";
import type { StateDb } from "../state/db.ts";
import { nodesByAddress } from "../state/nodes/queries.ts";
import type { Publisher } from "../state/publisher.ts";
import { queryInstances } from "../state/queries/execute.ts";
import { queryResolve } from "../state/queries/queries.ts";
import { InstanceMemo } from "./instance-memo.ts";

/** Who executes a query, and what it says beside the name. */
export interface QueryRun {
  readonly idOrName: string;
  /** Of the agent that is asked. */
  readonly agentNode: string;
  /** In place of the query's own `Near`; "" for none. */
  readonly near: string;
  /** What `_ip` stands for: the address of who asks, or "". */
  readonly sourceAddress: string;
  /** Most instances that are wanted; 0 or less for all. */
  readonly limit: number;
  /** Mesh endpoints are wanted, whatever the query says. */
  readonly connect: boolean;
}

/** Instances in the order in which they are to be used. */
export interface QueryAnswer {
  readonly Service: string;
  readonly Nodes: readonly InstanceHealth[];
  readonly DNS: QueryDefinition["DNS"];
  /** Where the instances are. */
  readonly Datacenter: string;
  /** How many other datacenters were asked. */
  readonly Failovers: number;
}

/** What another datacenter is asked: the query as it was resolved here. */
export interface RemoteRun {
  readonly query: QueryDefinition;
  readonly limit: number;
  readonly connect: boolean;
}

export interface QueryExecutorDeps {
  readonly db: StateDb;
  readonly publisher: Pick<Publisher, "subscribe">;
  readonly datacenter: string;
  readonly random: Random;
  readonly log: Logger;
  /** Names of the other datacenters, the nearest first. */
  otherDatacenters(): readonly string[];
  /** Has a server of another datacenter look. Rejects when none can be reached. */
  askElsewhere(datacenter: string, run: RemoteRun): Promise<Pick<QueryAnswer, "Nodes">>;
}

const AGENT_WORD = "_agent";
const IP_WORD = "_ip";
/** The node that is asked for comes first when it is among so many of the nearest. */
const OWN_NODE_SEARCH_MAX = 10;

/** Executes prepared queries on a server: here first, and where nobody is healthy in other datacenters. */
export class QueryExecutor {
  readonly #deps: QueryExecutorDeps;
  readonly #memo: InstanceMemo;

  constructor(deps: QueryExecutorDeps) {
    this.#deps = deps;
    this.#memo = new InstanceMemo(deps.db, deps.publisher);
  }

  /** The query that a name stands for, filled in where it is a template; undefined when there is none. */
  resolve(idOrName: string): PreparedQuery | undefined {
    return queryResolve(this.#deps.db, idOrName, { segment: "" });
  }

  /** Undefined when there is no such query. */
  async execute(run: QueryRun): Promise<QueryAnswer | undefined> {
    const query = this.resolve(run.idOrName);
    if (query === undefined) return undefined;
    const answer = this.executeHere(query, run);
    return answer.Nodes.length > 0 ? answer : this.failOver(query, run, answer);
  }

  /** The answer of the own datacenter alone. */
  executeHere(query: PreparedQuery, run: QueryRun): QueryAnswer {
    const found = this.#found(query.Service, run.connect);
    const node = this.#nodeNear(run.near || query.Service.Near, run);
    const sorted = node === "" ? found : this.#nearest(found, node);
    return this.#answer(query, limited(sorted, run.limit), 0);
  }

  /** The answer for another datacenter that found nobody healthy: distances to its nodes are not known. */
  executeForElsewhere({ query, limit, connect }: RemoteRun): QueryAnswer {
    const found = this.#found(query.Service, connect);
    return this.#answer(query, limited(found, limit), 0);
  }

  /** Whether other datacenters would be asked. */
  canFailOver({ Service }: QueryDefinition): boolean {
    const { NearestN, Datacenters } = Service.Failover;
    return NearestN > 0 || (Datacenters?.length ?? 0) > 0;
  }

  /** The answer of the first of the other datacenters that has somebody healthy, else `here` or the last one's. */
  async failOver(query: PreparedQuery, run: QueryRun, here: QueryAnswer): Promise<QueryAnswer> {
    let answer = here;
    let failovers = 0;
    for (const datacenter of this.#candidates(query)) {
      failovers++;
      try {
        const { limit, connect } = run;
        const { Nodes } = await this.#deps.askElsewhere(datacenter, { query, limit, connect });
        answer = { ...answer, Nodes, Datacenter: datacenter };
      } catch (error) {
        this.#deps.log.warn("failed querying for service in datacenter", {
          service: query.Service.Service,
          datacenter,
          error: String(error),
        });
        continue;
      }
      if (answer.Nodes.length > 0) break;
    }
    return { ...answer, Failovers: failovers };
  }

  /** The nearest ones that the query counts, then those that it names and that are known; each once. */
  #candidates({ Service }: QueryDefinition): Set<string> {
    if (!this.canFailOver({ Service } as QueryDefinition)) return new Set();
    const others = this.#deps.otherDatacenters();
    const { NearestN, Datacenters } = Service.Failover;
    const named = (Datacenters ?? []).filter((name) => others.includes(name));
    return new Set([...others.slice(0, NearestN), ...named]);
  }

  #nodeNear(near: string, { agentNode, sourceAddress }: QueryRun): string {
    if (near === AGENT_WORD) return agentNode;
    if (near !== IP_WORD) return near;
    if (sourceAddress !== "") return nodesByAddress(this.#deps.db, sourceAddress)[0]?.Node ?? "";
    this.#deps.log.warn("a query near _ip needs the address of who asks, and there is none: it is not sorted");
    return "";
  }

  #nearest(instances: InstanceHealth[], node: string): InstanceHealth[] {
    const known: Map<string, Coordinate> = coordinatesByNode(this.#deps.db);
    const from = known.get(node.toLowerCase());
    const sorted =
      from === undefined
        ? instances
        : sortByDistance(instances, from, ({ Node }) => known.get(Node.Node.toLowerCase()));
    const at = sorted.findIndex(({ Node }) => Node.Node === node);
    const [first, own] = [sorted[0], sorted[at]];
    if (at <= 0 || at >= OWN_NODE_SEARCH_MAX || first === undefined || own === undefined) return sorted;
    return sorted.with(0, own).with(at, first);
  }

  #answer(query: QueryDefinition, Nodes: readonly InstanceHealth[], Failovers: number): QueryAnswer {
    const { Service, DNS } = query;
    return { Service: Service.Service, Nodes, DNS, Datacenter: this.#deps.datacenter, Failovers };
  }

  /** In random order. */
  #found(service: QueryDefinition["Service"], forceConnect: boolean): InstanceHealth[] {
    const items = queryInstances(this.#memo.find(service.Service, service.Connect || forceConnect), service);
    for (let i = items.length - 1; i > 0; i--) {
      const j = Math.floor(this.#deps.random.float() * (i + 1));
      [items[i], items[j]] = [items[j] as InstanceHealth, items[i] as InstanceHealth];
    }
    return items;
  }
}

function limited(items: readonly InstanceHealth[], limit: number): readonly InstanceHealth[] {
  return limit > 0 ? items.slice(0, limit) : items;
}
