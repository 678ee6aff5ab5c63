import type { Coordinate } from "../lib/coordinate.ts";
import type { Cipher } from "../ports/cipher.ts";
import type { Clock } from "../ports/clock.ts";
import type { DatagramPort } from "../ports/datagram.ts";
import type { FileStore } from "../ports/file-store.ts";
import type { Logger } from "../ports/logger.ts";
import type { Meter } from "../ports/meter.ts";
import type { Random } from "../ports/random.ts";
import type { StreamPort } from "../ports/stream.ts";
import type { Endpoint, QueryFilter, Versions } from "./messages.ts";
import type { Timing } from "./timing.ts";

/** `leaving`: said that it goes, and is still there. `left`: went on purpose, or was made to (`forceLeave`). */
export const MEMBER_STATUSES = ["none", "alive", "leaving", "left", "failed"] as const;
export type MemberStatus = (typeof MEMBER_STATUSES)[number];

export type Tags = Readonly<Record<string, string>>;

/** A member of a pool. */
export interface PoolMember {
  readonly name: string;
  readonly at: Endpoint;
  readonly tags: Tags;
  readonly status: MemberStatus;
  readonly versions: Versions;
}

export type PoolEvent =
  | { readonly kind: "join" | "leave" | "failed" | "update" | "reap"; readonly member: PoolMember }
  | { readonly kind: "user"; readonly name: string; readonly payload: Uint8Array; readonly ltime: number }
  | { readonly kind: "query"; readonly query: IncomingQuery };

/** A question to this member; it may answer once, until the deadline. */
export interface IncomingQuery {
  readonly name: string;
  readonly payload: Uint8Array;
  readonly sourceNode: string;
  /** False when it is too late or too long (1024 bytes). */
  respond(payload: Uint8Array): boolean;
}

export interface QueryOptions {
  readonly filters?: readonly QueryFilter[];
  readonly wantsAck?: boolean;
  readonly relayFactor?: number;
  /** Default: gossip interval x 16 x ceil(log10(members + 1)). */
  readonly timeoutMs?: number;
  onAck?(from: string): void;
  onResponse?(from: string, payload: Uint8Array): void;
}

/** What became of an order to all members about the keys. `messages` has the members that could not. */
export interface KeysResult {
  readonly messages: ReadonlyMap<string, string>;
  /** By key in base64: how many members have it, and how many have it as primary. */
  readonly keys: ReadonlyMap<string, number>;
  readonly primaryKeys: ReadonlyMap<string, number>;
  readonly members: number;
  readonly responses: number;
  readonly errors: number;
}

/** One gossip pool with this process as a member. */
export interface Pool {
  readonly name: string;
  /** The port that is really bound. */
  readonly at: Endpoint;
  /** All that are known, this one included, dead and left ones as long as they are kept; sorted by name. */
  members(): readonly PoolMember[];
  member(name: string): PoolMember | undefined;
  self(): PoolMember;
  /** Tries each; resolves with how many took this member in, rejects with a text when none did. */
  join(addresses: readonly Endpoint[], options?: { ignoreOldEvents?: boolean }): Promise<number>;
  /** Tells all, waits until that is out, and goes silent. */
  leave(): Promise<void>;
  /** Makes a failed member a left one; with `prune` it is forgotten, too. False when nobody has that name. */
  forceLeave(name: string, prune: boolean): boolean;
  setTags(tags: Tags): void;
  /** Throws a Refusal when name and payload are too long. */
  userEvent(name: string, payload: Uint8Array, coalesce: boolean): void;
  /** Resolves when the time is over. Throws a Refusal when it is too long. */
  query(name: string, payload: Uint8Array, options?: QueryOptions): Promise<void>;
  keys: {
    readonly isEncrypted: boolean;
    list(options?: { relayFactor?: number }): Promise<KeysResult>;
    install(key: string, options?: { relayFactor?: number }): Promise<KeysResult>;
    use(key: string, options?: { relayFactor?: number }): Promise<KeysResult>;
    remove(key: string, options?: { relayFactor?: number }): Promise<KeysResult>;
  };
  coordinate(): Coordinate;
  coordinateOf(name: string): Coordinate | undefined;
  /** Serf's names and values, for `/v1/agent/self`. */
  stats(): Readonly<Record<string, string>>;
  /** Changes of `encrypt_verify_incoming` and `encrypt_verify_outgoing` while running. */
  verify(options: { incoming: boolean; outgoing: boolean }): void;
  close(): Promise<void>;
}

export interface PoolOptions {
  readonly name: string;
  readonly tags: Tags;
  /** Port 0 takes a free one. UDP and TCP have the same. */
  readonly bind: Endpoint;
  /** Port 0: the bound one. */
  readonly advertise: Endpoint;
  readonly timing: Timing;
  /** Base64; "" for none. A keyring file that exists wins. */
  readonly encryptKey: string;
  readonly verifyIncoming: boolean;
  readonly verifyOutgoing: boolean;
  /** Where the keyring and the snapshot are kept; undefined: in memory only. */
  readonly files: FileStore | undefined;
  /** A name in `files`; undefined: keys are as configured at each start. */
  readonly keyringFile: string | undefined;
  readonly snapshotFile: string;
  /** CIDRs; empty takes all. */
  readonly allowed: readonly string[];
  readonly rejoinAfterLeave: boolean;
  readonly reconnectTimeoutMs: number;
  readonly tombstoneTimeoutMs: number;
  readonly leavePropagateDelayMs: number;
  /** Why these can't be in the pool with this member, if so: said of all of a merge, or of one that is alive. */
  refuse(members: readonly PoolMember[]): string | undefined;
  onEvent(event: PoolEvent): void;
  /** Whether Go's regular expression, which comes from anyone, is found in the text; false when it is none. */
  matches(expression: string, text: string): boolean;
  /** Somebody else who is alive has this member's name. */
  onNameConflict(other: Endpoint): void;
  readonly clock: Clock;
  readonly random: Random;
  readonly cipher: Cipher;
  readonly datagrams: DatagramPort;
  readonly streams: StreamPort;
  readonly log: Logger;
  readonly meter: Meter;
}
