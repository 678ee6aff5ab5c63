import { Refusal } from "../../lib/refusal.ts";
import { type ConfigEntry, type ConfigEntryOf, PROXY_DEFAULTS_NAME } from "../../model/config-entry/config-entry.ts";

/** Kinds that say something about chains. */
export type ChainKind =
  | "proxy-defaults"
  | "service-defaults"
  | "service-router"
  | "service-splitter"
  | "service-resolver";

/** The entry of that kind and name, if there is one. Asked for the same again and again. */
export type EntryReader = <K extends ChainKind>(kind: K, name: string) => ConfigEntryOf<K> | undefined;

/** Services that one chain may lead to: what is compiled for one request or one write has to end. */
export const SERVICES_MAX = 1000;

const TCP = "tcp";
const PROTOCOL = "protocol";

/** The config entries that a chain is made of, looked up as they are needed. */
export class ChainEntries {
  readonly #service: string;
  readonly #read: EntryReader;
  readonly #services = new Set<string>();

  constructor(service: string, read: EntryReader) {
    this.#service = service;
    this.#read = read;
  }

  router(name: string): ConfigEntryOf<"service-router"> | undefined {
    return this.#read("service-router", name);
  }

  splitter(name: string): ConfigEntryOf<"service-splitter"> | undefined {
    this.#count(name);
    return this.#read("service-splitter", name);
  }

  resolver(name: string): ConfigEntryOf<"service-resolver"> | undefined {
    return this.#read("service-resolver", name);
  }

  defaults(name: string): ConfigEntryOf<"service-defaults"> | undefined {
    return this.#read("service-defaults", name);
  }

  get proxyDefaults(): ConfigEntryOf<"proxy-defaults"> | undefined {
    return this.#read("proxy-defaults", PROXY_DEFAULTS_NAME);
  }

  /** In lower case. What `service-defaults` leave open is `tcp`, whatever `proxy-defaults` say. */
  protocol(name: string): string {
    this.#count(name);
    const own = this.defaults(name);
    const said = own === undefined ? protocolOfAll(this.proxyDefaults) : own.Protocol;
    return said.toLowerCase() || TCP;
  }

  /** How many were met. */
  get services(): number {
    return this.#services.size;
  }

  #count(name: string): void {
    if (this.#services.add(name).size <= SERVICES_MAX) return;
    throw new Refusal(`discovery chain "${this.#service}" leads to more than ${SERVICES_MAX} services`);
  }
}

/** Reads each entry once. */
export function remembering(read: EntryReader): EntryReader {
  const kinds = new Map<ChainKind, Map<string, ConfigEntry | undefined>>();
  return <K extends ChainKind>(kind: K, name: string) => {
    const known = kinds.get(kind) ?? new Map<string, ConfigEntry | undefined>();
    if (known.size === 0) kinds.set(kind, known);
    const found = known.get(name);
    // The map is that of the kind.
    if (found !== undefined || known.has(name)) return found as ConfigEntryOf<K> | undefined;
    const entry = read(kind, name);
    known.set(name, entry);
    return entry;
  };
}

/** What `proxy-defaults` say of services that say nothing themselves; "" for nothing. Its key may have any case, its value another type. */
export function protocolOfAll(all: ConfigEntryOf<"proxy-defaults"> | undefined): string {
  const config = Object.entries(all?.Config ?? {});
  const found = config.find(([key]) => key === PROTOCOL) ?? config.find(([key]) => key.toLowerCase() === PROTOCOL);
  const said = found?.[1];
  if (typeof said === "boolean") return String(Number(said));
  return typeof said === "string" || typeof said === "number" ? String(said) : "";
}
