import type { PoolOptions } from "../types.ts";

/** Keys as Serf's orders change them. Each throws an Error with memberlist's text when it can't be done. */
export interface KeyOrders {
  /** The first is the primary one. */
  keys(): readonly Uint8Array[];
  add(key: Uint8Array): void;
  use(key: Uint8Array): void;
  remove(key: Uint8Array): void;
  /** Keeps the keys as they are now; rejects with a text for the operator. */
  store(): Promise<void>;
}

/** What is kept of a pool, so that a member that starts again finds it. */
export interface SnapshotStore {
  /** What was kept; "" for nothing. */
  readonly text: string;
  /** Replaces it; with `durable` resolves only when it survives a power cut. */
  store(text: string, durable: boolean): Promise<void>;
}

export interface SerfOptions
  extends Pick<
    PoolOptions,
    | "name"
    | "tags"
    | "reconnectTimeoutMs"
    | "tombstoneTimeoutMs"
    | "leavePropagateDelayMs"
    | "rejoinAfterLeave"
    | "refuse"
    | "onEvent"
    | "onNameConflict"
    | "matches"
    | "clock"
    | "random"
    | "log"
    | "meter"
  > {
  readonly timing: Pick<PoolOptions["timing"], "gossipIntervalMs" | "retransmitMult">;
  /** Undefined: the pool is not encrypted, and orders about keys are refused. */
  readonly keyring: KeyOrders | undefined;
  /** Undefined: nothing is kept. */
  readonly snapshot: SnapshotStore | undefined;
  /**
   * Given: when another one has this member's name, all are asked, and this is called when fewer than half know the name
   * at this member's address.
   */
  readonly onConflictLost?: (matching: number, responses: number) => void;
}

/** How long a broadcast is waited for. */
export const BROADCAST_TIMEOUT_MS = 5000;
