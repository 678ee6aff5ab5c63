import type { PrintedKVPair } from "../kv.ts";
import { ZERO_CHECK_DEFINITION } from "../zero-check-definition.ts";

/** What handlers of watches get of an answer of the API: all fields, in the order in which they have always come. */

/** A check as the API gives it: the server leaves out the empty fields of its definition. */
interface HealthCheck {
  readonly Definition?: Readonly<Record<string, unknown>>;
}

interface Instance {
  readonly Service: Readonly<Record<string, unknown>>;
  readonly Checks: readonly HealthCheck[];
}

export const asIs = (answer: unknown): unknown => answer ?? null;

/** The answer about one key; undefined when there is none. */
export function wholePairOf(answer: unknown): unknown {
  const pair = (answer as readonly PrintedKVPair[] | undefined)?.[0];
  return pair === undefined ? null : wholePair(pair);
}

export function wholePairs(answer: unknown): unknown {
  return answer === undefined ? null : (answer as readonly PrintedKVPair[]).map(wholePair);
}

function wholePair({
  Key,
  CreateIndex,
  ModifyIndex,
  LockIndex,
  Flags,
  Value,
  Session = "",
}: PrintedKVPair): PrintedKVPair {
  return { Key, CreateIndex, ModifyIndex, LockIndex, Flags, Value, Session };
}

export function wholeChecks(answer: unknown): unknown {
  return (answer as readonly HealthCheck[]).map(wholeCheck);
}

function wholeCheck(check: HealthCheck): HealthCheck {
  return { ...check, Definition: { ...ZERO_CHECK_DEFINITION, ...check.Definition } };
}

export function wholeInstances(answer: unknown): unknown {
  return (answer as readonly Instance[]).map((instance) => ({
    ...instance,
    Service: inHandlersOrder(instance.Service),
    Checks: instance.Checks.map(wholeCheck),
  }));
}

/** One service of an agent. */
export function wholeService(answer: unknown): unknown {
  return inHandlersOrder(answer as Instance["Service"]);
}

function inHandlersOrder(service: Instance["Service"]): Instance["Service"] {
  const { Kind, ID, Service, Tags, Meta, Port, Address, TaggedAddresses, Weights, EnableTagOverride, ...rest } =
    service;
  const { CreateIndex, ModifyIndex, ContentHash, ...last } = rest;
  const first = { Kind, ID, Service, Tags, Meta, Port, Address, TaggedAddresses, Weights, EnableTagOverride };
  // encodeGoJson leaves out what is undefined, as JSON does.
  return { ...first, CreateIndex, ModifyIndex, ContentHash, ...last };
}

interface Event {
  readonly ID: string;
  readonly Name: string;
}

/** The events behind the one that `index` stands for; all of them when it is not in the list any more. */
export function newEvents(answer: unknown, index: string): unknown[] {
  const events = (answer ?? []) as readonly Event[];
  const seen = events.findIndex((event) => eventIndex(event.ID) === index);
  const found = index === "" || seen === -1 ? events : events.slice(seen + 1);
  return found.map(({ ID, Name, ...rest }) => ({ ID, Name, ...rest }));
}

/** Consul's index of a list of events: both halves of the last event's ID, XORed. */
export function eventIndex(id: string): string {
  const digits = id.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/.test(digits)) return "";
  return String(BigInt(`0x${digits.slice(0, 16)}`) ^ BigInt(`0x${digits.slice(16)}`));
}
