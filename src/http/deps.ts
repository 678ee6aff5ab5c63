import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Meter } from "../ports/meter.ts";
import type { Publisher } from "../state/publisher.ts";
import type { BodyLimits, Elsewhere, Forwarded } from "./elsewhere.ts";
import type { ReadDefaults } from "./read-options.ts";

/** What the HTTP edge itself needs; each file of routes declares what its handlers need beside. */
export interface HttpDeps {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly meter: Meter;
  readonly publisher: Publisher;
  /** Undefined on a client agent: it answers nothing of the replicated state itself. */
  readonly consensus: Consensus | undefined;
  /** Where requests go that this agent does not answer. Without it there is no other datacenter. */
  readonly elsewhere?: Elsewhere;
  /** Read anew for each request, since a reload changes it. */
  readonly settings: () => HttpSettings;
}

/** What a read asks of consensus before it may answer. */
export interface Consensus {
  /** True while this server leads. Cheap. */
  isLeader(): boolean;
  /** True while this server leads and no other can: a read of the default mode may be answered at once. Cheap. */
  hasLease(): boolean;
  /**
   * Resolves when the state here covers all that was committed when it was called: the leader's lease is enough, or with
   * `isConfirmed` a quorum is asked. Rejects with a Refusal when no leader is found in time.
   */
  readIndex(isConfirmed: boolean): Promise<void>;
  /** Milliseconds since this server heard the leader, 0 on the leader; undefined when it never did. */
  leaderContactMs(): number | undefined;
  /** Whether this server leads or knows who does. */
  knownLeader(): boolean;
}

export interface HttpSettings {
  readonly datacenter: string;
  /** Where config entries are written; the own datacenter when left out. */
  readonly primaryDatacenter?: string;
  readonly waitLimits: ReadDefaults;
  /** `-dev` answers everything pretty, as Consul's does. */
  readonly alwaysPretty: boolean;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly blockedEndpoints: readonly string[];
  /** Waiting requests that one client address may have open; 0 for no limit. */
  readonly waitingPerClientMax: number;
  readonly jsonBodyBytesMax: number;
  readonly bodyLimits: BodyLimits;
  /** `translate_wan_addrs`. */
  readonly translatesWanAddresses?: boolean;
  /** `?cached` is not looked at (`http_config.use_cache = false`). */
  readonly ignoresCached?: boolean;
  /** Paths with unprintable characters are taken, too. */
  readonly takesUnprintablePaths?: boolean;
  /** Whether requests that write are taken from an address ("" on a unix socket); from all when left out. */
  readonly mayWrite?: (address: string) => boolean;
}

/** What the listener tells about one request. */
export interface Connection {
  /** Address of the caller, or "" on a unix socket. */
  remoteAddress(): string;
  /** The answer may take long: the idle timeout must not cut it. */
  holdOpen(): void;
  /** The answer is about to be sent: the idle timeout holds again. */
  release(): void;
  /** Set when another agent passed the request on, which has judged by its own configuration whether it is taken. */
  readonly forwarded?: Forwarded;
}

export interface HttpEnv {
  Bindings: { connection: Connection };
}
