import { asIs, newEvents, wholeChecks, wholeInstances, wholePairOf, wholePairs, wholeService } from "./answers.ts";
import type { WatchParameters } from "./parameters.ts";

/** A question to the API that is asked again and again, each time from where the last answer ended. */
export interface WatchQuestion {
  /** Not escaped. */
  readonly path: string;
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>;
  /**
   * `index`: asked by the index of the last answer, which is a number that grows. `events`: the same, but the index has no
   * order, and an answer repeats what was in the last one. `hash`: asked by the hash of the last answer.
   */
  readonly waitsBy: "index" | "events" | "hash";
  /** What is shown of an answer, undefined for a 404; `index` is that of the answer that was shown before, "" at first. */
  shape(answer: unknown, index: string): unknown;
}

type MakeQuestion = (parameters: WatchParameters) => Omit<WatchQuestion, "waitsBy"> & Partial<WatchQuestion>;

const MAKERS: Readonly<Record<string, MakeQuestion>> = {
  key(parameters) {
    const query = staleness(parameters);
    return { path: `/v1/kv/${needed(parameters, "key")}`, query, shape: wholePairOf };
  },
  keyprefix(parameters) {
    const query = { recurse: "", ...staleness(parameters) };
    return { path: `/v1/kv/${needed(parameters, "prefix")}`, query, shape: wholePairs };
  },
  services: (parameters) => ({ path: "/v1/catalog/services", query: listQuery(parameters), shape: asIs }),
  nodes: (parameters) => ({ path: "/v1/catalog/nodes", query: listQuery(parameters), shape: asIs }),
  service(parameters) {
    const shared = listQuery(parameters);
    const path = `/v1/health/service/${needed(parameters, "service")}`;
    const tags = parameters.texts("tag");
    const passing = parameters.flag("passingonly") ? "1" : undefined;
    const query = { tag: tags.length === 0 ? undefined : tags, passing, ...shared };
    return { path, query, shape: wholeInstances };
  },
  checks(parameters) {
    const query = listQuery(parameters);
    const [service, state] = [parameters.text("service"), parameters.text("state")];
    if (service !== "" && state !== "") throw new Error("Cannot specify service and state");
    const path = service === "" ? `/v1/health/state/${state || "any"}` : `/v1/health/checks/${service}`;
    return { path, query, shape: wholeChecks };
  },
  event(parameters) {
    const query = { name: parameters.text("name") || undefined };
    return { path: "/v1/event/list", query, waitsBy: "events", shape: newEvents };
  },
  agent_service(parameters) {
    const path = `/v1/agent/service/${parameters.text("service_id")}`;
    return { path, query: {}, waitsBy: "hash", shape: wholeService };
  },
};

/** The question of a type of watch; takes its parameters. Throws with Consul's text for what does not fit together. */
export function watchQuestion(type: string, parameters: WatchParameters): WatchQuestion {
  const make = Object.hasOwn(MAKERS, type) ? MAKERS[type] : undefined;
  if (make === undefined) throw new Error(`Unsupported watch type: ${type}`);
  return { waitsBy: "index", ...make(parameters) };
}

function listQuery(parameters: WatchParameters) {
  return { filter: parameters.text("filter") || undefined, ...staleness(parameters) };
}

function staleness(parameters: WatchParameters): { stale?: string } {
  return parameters.flag("stale") ? { stale: "" } : {};
}

function needed(parameters: WatchParameters, name: string): string {
  const value = parameters.text(name);
  if (value === "") throw new Error(`Must specify a single ${name} to watch`);
  return value;
}
