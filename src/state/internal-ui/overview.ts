import type { CatalogOverview, HealthSummary } from "../../model/internal-ui.ts";
import type { StateDb } from "../db.ts";
import { tableIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import { CHECKS_TOPIC, NODES_TOPIC, SERVICES_TOPIC } from "../topics.ts";
import { registered, statusesByInstance } from "./instances.ts";

/**
 * The catalog in numbers (Consul 1.13). A node and an instance are as healthy as the worst of their own checks; services and checks
 * are counted by name.
 */
export function catalogOverview(db: StateDb): QueryResult<CatalogOverview> {
  const statuses = statusesByInstance(db);
  const rows = (query: string) => db.$client.query(query).values() as [string, string][];
  const nodes = new Counts();
  for (const [node] of rows("SELECT node_key FROM nodes")) nodes.add("", worstOf(statuses.get(node)?.get("")));
  const services = new Counts();
  for (const { nodeKey, idKey, instance } of registered(db)) {
    services.add(instance.name, worstOf(statuses.get(nodeKey)?.get(idKey)));
  }
  const checks = new Counts();
  for (const [name, status] of rows("SELECT doc ->> '$.Name', status FROM checks")) checks.add(name, status);
  return {
    value: { Nodes: nodes.list(), Services: services.list(), Checks: checks.list() },
    ...tableIndex(db, ["nodes", "services", "checks"]),
    interest: { topics: [NODES_TOPIC, SERVICES_TOPIC, CHECKS_TOPIC] },
  };
}

function worstOf(statuses: readonly string[] = []): string {
  if (statuses.includes("critical")) return "critical";
  return statuses.includes("warning") ? "warning" : "passing";
}

class Counts {
  readonly #byName = new Map<string, HealthSummary>();

  add(name: string, status: string): void {
    const known = this.#byName.get(name);
    const sum = known ?? { ...(name === "" ? {} : { Name: name }), Total: 0, Passing: 0, Warning: 0, Critical: 0 };
    if (known === undefined) this.#byName.set(name, sum);
    sum.Total++;
    if (status === "passing") sum.Passing++;
    if (status === "warning") sum.Warning++;
    if (status === "critical") sum.Critical++;
  }

  list(): HealthSummary[] {
    const sorted = [...this.#byName].sort(([a], [b]) => (a < b ? -1 : 1));
    return sorted.map(([, summary]) => summary);
  }
}
