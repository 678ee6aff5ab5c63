import { parseGoBool } from "../lang/goflags.ts";
import type { Query } from "./http.ts";
import type { KvPair } from "./kv-pair.ts";
import { type HealthCheck, wholeCheck } from "./whole-check.ts";

/** What the flags of `watch` ask for; empty and absent mean "not given". */
export interface WatchParameters {
  readonly type: string;
  readonly key: string;
  readonly prefix: string;
  readonly service: string;
  readonly state: string;
  readonly name: string;
  readonly passingonly: string;
  readonly filter: string;
  readonly tag: readonly string[] | undefined;
}

/** A question that is asked again and again with the index of the last answer. */
export interface WatchPlan {
  readonly path: string;
  readonly query: Query;
  /** What is shown of an answer; `index` is that of the answer before, empty at first. */
  shape(answer: unknown, index: string): unknown;
}

type ParameterName = Exclude<keyof WatchParameters, "type">;
const PARAMETER_NAMES: readonly ParameterName[] = [
  "filter",
  "key",
  "name",
  "passingonly",
  "prefix",
  "service",
  "state",
  "tag",
];

interface WatchType {
  readonly takes: readonly ParameterName[];
  plan(parameters: WatchParameters): WatchPlan;
}

const asIs = (answer: unknown) => answer ?? null;

const WATCH_TYPES: Readonly<Record<string, WatchType>> = {
  key: {
    takes: ["key"],
    plan: ({ key }) => ({ path: `/v1/kv/${needed(key, "key")}`, query: {}, shape: firstPair }),
  },
  keyprefix: {
    takes: ["prefix"],
    plan: ({ prefix }) => ({
      path: `/v1/kv/${needed(prefix, "prefix")}`,
      query: { recurse: "" },
      shape: (answer) => (answer === undefined ? null : (answer as KvPair[]).map(wholePair)),
    }),
  },
  services: {
    takes: ["filter"],
    plan: ({ filter }) => ({ path: "/v1/catalog/services", query: { filter: filter || undefined }, shape: asIs }),
  },
  nodes: {
    takes: ["filter"],
    plan: ({ filter }) => ({ path: "/v1/catalog/nodes", query: { filter: filter || undefined }, shape: asIs }),
  },
  service: { takes: ["service", "tag", "passingonly", "filter"], plan: servicePlan },
  checks: { takes: ["service", "state", "filter"], plan: checksPlan },
  event: {
    takes: ["name"],
    plan: ({ name }) => ({ path: "/v1/event/list", query: { name: name || undefined }, shape: newEvents }),
  },
};

/** Types that need a certificate store or a live agent connection, which only an agent's own watches have. */
const AGENT_ONLY_TYPES = new Set(["connect_roots", "connect_leaf", "agent_service"]);

/** The plan for the flags of `watch`. Throws with Consul's text for what does not fit together. */
export function planWatch(parameters: WatchParameters): WatchPlan {
  const type = WATCH_TYPES[parameters.type];
  if (AGENT_ONLY_TYPES.has(parameters.type))
    throw new Error(`Type ${parameters.type} is not supported in the CLI tool`);
  if (type === undefined) throw new Error(`Unsupported watch type: ${parameters.type}`);
  const plan = type.plan(parameters);
  const unused = PARAMETER_NAMES.filter((name) => isGiven(parameters[name]) && !type.takes.includes(name));
  if (unused.length > 0) throw new Error(`Invalid parameters: [${unused.join(" ")}]`);
  return plan;
}

function isGiven(value: string | readonly string[] | undefined): boolean {
  return value !== undefined && value.length > 0;
}

function needed(value: string, name: string): string {
  if (value === "") throw new Error(`Must specify a single ${name} to watch`);
  return value;
}

function servicePlan({ service, tag, passingonly, filter }: WatchParameters): WatchPlan {
  const path = `/v1/health/service/${needed(service, "service")}`;
  const query = { tag, passing: readPassingOnly(passingonly) ? "1" : undefined, filter: filter || undefined };
  return { path, query, shape: (answer) => (answer as Instance[]).map(wholeInstance) };
}

interface Instance {
  readonly Service: Readonly<Record<string, unknown>>;
  readonly Checks: readonly HealthCheck[];
}

function wholeInstance(instance: Instance): Instance {
  return { ...instance, Service: inHandlersOrder(instance.Service), Checks: instance.Checks.map(wholeCheck) };
}

/** A service with its fields in the order in which handlers have always got them. */
function inHandlersOrder(service: Instance["Service"]): Instance["Service"] {
  const { Kind, ID, Service, Tags, Meta, Port, Address, TaggedAddresses, Weights, EnableTagOverride, ...rest } =
    service;
  const { CreateIndex, ModifyIndex, ContentHash, ...last } = rest;
  const first = { Kind, ID, Service, Tags, Meta, Port, Address, TaggedAddresses, Weights, EnableTagOverride };
  // encodeGoJson leaves out what is undefined, as JSON does.
  return { ...first, CreateIndex, ModifyIndex, ContentHash, ...last };
}

function checksPlan({ service, state, filter }: WatchParameters): WatchPlan {
  if (service !== "" && state !== "") throw new Error("Cannot specify service and state");
  const path = service === "" ? `/v1/health/state/${state || "any"}` : `/v1/health/checks/${service}`;
  return { path, query: { filter: filter || undefined }, shape: (answer) => (answer as HealthCheck[]).map(wholeCheck) };
}

function readPassingOnly(word: string): boolean {
  const value = word === "" ? false : parseGoBool(word);
  if (value !== undefined) return value;
  const reason = `strconv.ParseBool: parsing ${JSON.stringify(word)}: invalid syntax`;
  throw new Error(`Failed to parse passingonly flag: ${reason}`);
}

function firstPair(answer: unknown): unknown {
  const pair = (answer as KvPair[] | undefined)?.[0];
  return pair === undefined ? null : wholePair(pair);
}

/** A pair with all its fields, in the order in which handlers have always got them. */
function wholePair(pair: KvPair): KvPair {
  const { Key, CreateIndex, ModifyIndex, LockIndex, Flags, Value, Session = "" } = pair;
  return { Key, CreateIndex, ModifyIndex, LockIndex, Flags, Value, Session };
}

/** The events behind the one that the last index stood for; all of them when it is not in the list any more. */
function newEvents(answer: unknown, index: string): unknown {
  const events = (answer ?? []) as readonly { readonly ID: string }[];
  const seen = events.findIndex((event) => eventIndex(event.ID) === index);
  return index === "" || seen === -1 ? events : events.slice(seen + 1);
}

/** Consul's index of a list of events: both halves of the last event's ID, XORed. */
export function eventIndex(id: string): string {
  const digits = id.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/.test(digits)) return "";
  return String(BigInt(`0x${digits.slice(0, 16)}`) ^ BigInt(`0x${digits.slice(16)}`));
}
