import { Refusal } from "../../lib/refusal.ts";
import {
  type ConfigEntry,
  type ConfigEntryKind,
  type ConfigEntryOf,
  PROXY_DEFAULTS_NAME,
} from "../../model/config-entry/config-entry.ts";
import { NO_OVERRIDES } from "../../model/discovery-chain.ts";
import { configEntriesOfKind, configEntry } from "../config-entries/queries.ts";
import type { StateDb } from "../db.ts";
import { type ChainSummary, tryChain } from "./compile.ts";
import { type ChainKind, type EntryReader, protocolOfAll, remembering } from "./entries.ts";
import { linksTo } from "./links.ts";
import { relatedServices } from "./related.ts";
import { shapeOf } from "./shape.ts";

/** An entry that is to be written, or with `next` undefined deleted. */
export interface ProposedEntry {
  readonly kind: ConfigEntryKind;
  readonly name: string;
  readonly next: ConfigEntry | undefined;
}

const CHAIN_KINDS = ["service-router", "service-splitter", "service-resolver"] as const;
const isChainKind = (kind: string): boolean => CHAIN_KINDS.some((one) => one === kind);

/** None of these decides whether a chain compiles; Consul names this datacenter in what it refuses. */
const ANYWHERE = { datacenter: "dc1", callerDatacenter: "dc1", trustDomain: "consul", overrides: NO_OVERRIDES };

/** Services of all chains that one write may concern, each as often as it is met: some 5 µs each, which hold up all else. */
const SERVICES_OF_WRITE_MAX = 200_000;
/** Services that one entry may lead to, in chains that it takes part in or not. */
const RELATED_MAX = 5000;

const WILDCARD = "*";
const TCP = "tcp";

/**
 * Refuses, in Consul's words, an entry that does not go together with the others: the chains that it is part of must compile, and
 * gateways must speak the protocols of their services. Looks at no more than what the entry can change.
 */
export function validateInGraph(db: StateDb, proposed: ProposedEntry): void {
  const { kind, name, next } = proposed;
  if (next !== undefined && relatedServices(next).length > RELATED_MAX) {
    throw new Refusal(`${kind} "${name}" leads to more than ${RELATED_MAX} services`);
  }
  switch (kind) {
    case "proxy-defaults":
      validateForAll(db, proposed);
      break;
    case "service-defaults":
    case "service-router":
    case "service-splitter":
    case "service-resolver":
      validateAround(db, proposed);
      break;
    case "ingress-gateway":
      refuseClash(db, proposed, "terminating-gateway");
      validateIngress(db, proposed);
      break;
    case "terminating-gateway":
      refuseClash(db, proposed, "ingress-gateway");
      break;
    default:
  }
}

/** Of what all proxies have, only the protocol matters to chains. */
function validateForAll(db: StateDb, proposed: ProposedEntry): void {
  const { name, next } = proposed;
  if (name !== PROXY_DEFAULTS_NAME) return;
  const before = protocolOfAll(configEntry(db, "proxy-defaults", name));
  if (before === protocolOfAll(next?.Kind === "proxy-defaults" ? next : undefined)) return;
  const all = new AllEntries(db);
  const chains = new Chains(proposed, (kind, service) => all.get(kind, service));
  const concerned = withoutOwnProtocol(all);
  for (const kind of CHAIN_KINDS) {
    for (const [key, { Name }] of all.of(kind)) if (concerned.has(key)) chains.compile(Name);
  }
  for (const gateway of configEntriesOfKind(db, "ingress-gateway")) chains.refuseOtherProtocols(gateway);
}

/** Services, in lower case, that lead to one without `service-defaults` or are one: what is said for all decides about them. */
function withoutOwnProtocol(all: AllEntries): ReadonlySet<string> {
  const found = new Set<string>();
  const leadTo = new Map<string, string[]>();
  for (const kind of CHAIN_KINDS) {
    for (const [key, entry] of all.of(kind)) {
      const related = relatedServices(entry).map((service) => service.toLowerCase());
      for (const service of related) {
        const others = leadTo.get(service);
        if (others === undefined) leadTo.set(service, [key]);
        else others.push(key);
      }
      for (const service of [key, ...related]) if (!all.of("service-defaults").has(service)) found.add(service);
    }
  }
  for (const service of found) for (const from of leadTo.get(service) ?? []) found.add(from);
  return found;
}

function validateAround(db: StateDb, proposed: ProposedEntry): void {
  const { kind, name, next } = proposed;
  const before = configEntry(db, kind, name);
  if (before !== undefined && next !== undefined && shapeOf(before) === shapeOf(next)) return;
  const chains = new Chains(proposed, (kind, service) => configEntry(db, kind, service));
  const around = linksTo(db, name);
  chains.compile(name);
  for (const link of around) if (isChainKind(link.kind)) chains.compile(link.name);
  for (const link of around) {
    const gateway = link.kind === "ingress-gateway" ? configEntry(db, link.kind, link.name) : undefined;
    if (gateway !== undefined) chains.refuseOtherProtocols(gateway);
  }
}

/** A new listener's services speak its protocol. */
function validateIngress(db: StateDb, proposed: ProposedEntry): void {
  const { next } = proposed;
  if (next?.Kind !== "ingress-gateway") return;
  const chains = new Chains(proposed, (kind, name) => configEntry(db, kind, name));
  for (const [service, protocol] of listened(next)) {
    const spoken = chains.compile(service).protocol;
    if (spoken !== protocol) throw otherProtocol(service, spoken, protocol);
  }
}

/** No name is that of gateways of both kinds. */
function refuseClash(db: StateDb, { kind, name }: ProposedEntry, other: ConfigEntryKind): void {
  if (configEntry(db, other, name) === undefined) return;
  throw new Refusal(
    `cannot create a "${kind}" config entry with name "${name}", a "${other}" config entry with that name already exists`,
  );
}

/** Chains as they would be with the proposed entry. */
class Chains {
  readonly #chains = new Map<string, ChainSummary>();
  readonly #read: EntryReader;
  #services = 0;

  constructor({ kind, name, next }: ProposedEntry, read: EntryReader) {
    const isProposed = (of: string, service: string) => of === kind && service.toLowerCase() === name.toLowerCase();
    // It is of the kind that is asked for.
    this.#read = remembering(<K extends ChainKind>(of: K, service: string) =>
      isProposed(of, service) ? (next as ConfigEntryOf<K> | undefined) : read(of, service),
    );
  }

  compile(service: string): ChainSummary {
    const known = this.#chains.get(service);
    if (known !== undefined) return known;
    const chain = tryChain({ service, ...ANYWHERE }, this.#read);
    this.#services += chain.services;
    if (this.#services > SERVICES_OF_WRITE_MAX) {
      throw new Refusal(`the change concerns discovery chains with more than ${SERVICES_OF_WRITE_MAX} services in all`);
    }
    this.#chains.set(service, chain);
    return chain;
  }

  /** A listener of connections that is there keeps services with requests, as long as these are neither routed nor split. */
  refuseOtherProtocols(gateway: ConfigEntryOf<"ingress-gateway">): void {
    for (const [service, protocol] of listened(gateway)) {
      const chain = this.compile(service);
      if (chain.protocol === protocol || (protocol === TCP && chain.isResolved)) continue;
      throw otherProtocol(service, chain.protocol, protocol);
    }
  }
}

/** Services that a gateway names, each with the protocol of its listener. */
function listened({ Listeners }: ConfigEntryOf<"ingress-gateway">): [string, string][] {
  return (Listeners ?? []).flatMap(({ Protocol, Services }) =>
    (Services ?? [])
      .filter(({ Name }) => Name !== WILDCARD)
      .map(({ Name }): [string, string] => [Name, Protocol || TCP]),
  );
}

function otherProtocol(service: string, spoken: string, wanted: string): Refusal {
  return new Refusal(
    `service "${service}" has protocol "${spoken}", which does not match defined listener protocol "${wanted}"`,
  );
}

/** Where most entries are needed, reading them by kind is faster than one by one. */
class AllEntries {
  readonly #db: StateDb;
  readonly #kinds = new Map<ChainKind, ReadonlyMap<string, ConfigEntry>>();

  constructor(db: StateDb) {
    this.#db = db;
  }

  get<K extends ChainKind>(kind: K, name: string): ConfigEntryOf<K> | undefined {
    // The map is that of the kind.
    return this.of(kind).get(name.toLowerCase()) as ConfigEntryOf<K> | undefined;
  }

  /** By their names in lower case, in that order. */
  of(kind: ChainKind): ReadonlyMap<string, ConfigEntry> {
    const known = this.#kinds.get(kind);
    if (known !== undefined) return known;
    const entries: readonly ConfigEntry[] = configEntriesOfKind(this.#db, kind);
    const byName = new Map(entries.map((entry) => [entry.Name.toLowerCase(), entry]));
    this.#kinds.set(kind, byName);
    return byName;
  }
}
