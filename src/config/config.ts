import type { BuiltOf } from "./camel.ts";
import type { NETWORK_KEYS } from "./schema/network.ts";
import type { CURRENT } from "./schema/top.ts";

type Built = BuiltOf<Omit<typeof CURRENT, "ports" | "addresses" | "service" | "check">>;
type BuiltPorts = BuiltOf<(typeof NETWORK_KEYS)["ports"]["keys"]>;
type Listener = "dns" | "http" | "https" | "grpc" | "grpcTls" | "serfWan";

/** A service or check in the shape of the HTTP API's register calls; absent keys have their zero value. */
export type Definition = Readonly<Record<string, unknown>>;

/** What the table does not say by itself: things resolved from several keys and from the machine. */
interface Resolved {
  /** Started with -dev: keep nothing on disk, print JSON with indentation. */
  readonly dev: boolean;
  /** null: the listener is off. */
  readonly ports: Readonly<Omit<BuiltPorts, Listener> & Record<Listener, number | null>>;
  /** IP addresses, and `unix://path` for http and https; never empty. */
  readonly addresses: Readonly<Record<"dns" | "http" | "https" | "grpc", readonly string[]>>;
  readonly clientAddrs: readonly string[];
  readonly bindAddr: string;
  readonly advertiseAddr: string;
  readonly advertiseAddrWan: string;
  readonly serfLan: string;
  readonly serfWan: string;
  /** Names of addresses for the catalog's node: lan, wan, lan_ipv4, ... */
  readonly taggedAddresses: Readonly<Record<string, string>>;
  readonly nodeName: string;
  readonly leaveOnTerminate: boolean;
  readonly skipLeaveOnInterrupt: boolean;
  readonly services: readonly Definition[];
  readonly checks: readonly Definition[];
  readonly watches: readonly Readonly<Record<string, unknown>>[];
}

/** The agent's configuration, deeply frozen. Durations are milliseconds and their names end in `Ms`. */
export type Config = Readonly<Omit<Built, keyof Resolved> & Resolved>;

/** Freezes `value` and everything inside. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
