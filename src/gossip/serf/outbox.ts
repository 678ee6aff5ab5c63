import { BroadcastQueue } from "../swim/broadcast-queue.ts";
import { encodeMessage } from "../wire/encode.ts";

/** Consul's MinQueueDepth. */
const LENGTH_MAX = 4096;
/** Longer ones fit no packet: 1400 bytes without what encryption, checksum and compound take. */
const MESSAGE_BYTES_MAX = 1340;

export type Lane = "intent" | "query" | "event";

export interface OutboxOptions {
  readonly retransmitMult: number;
  readonly size: () => number;
  /** Something waits. */
  readonly wake: () => void;
}

/** Serf's messages for everybody: intents go first, then queries, then events. */
export class Outbox {
  readonly #lanes: Readonly<Record<Lane, BroadcastQueue>>;
  readonly #wake: () => void;

  constructor({ retransmitMult, size, wake }: OutboxOptions) {
    const queue = () => new BroadcastQueue({ retransmitMult, size, lengthMax: LENGTH_MAX });
    this.#lanes = { intent: queue(), query: queue(), event: queue() };
    this.#wake = wake;
  }

  length(lane: Lane): number {
    return this.#lanes[lane].length;
  }

  /** An encoded message. What is passed on is not encoded anew: it may say more than is known here. `onDone`: it was sent
   * often enough, or never will be. */
  add(lane: Lane, payload: Uint8Array, onDone?: () => void): void {
    const packed = encodeMessage({ type: "user", payload });
    if (packed.length > MESSAGE_BYTES_MAX) {
      onDone?.();
      return;
    }
    this.#lanes[lane].add(packed, undefined, onDone);
    this.#wake();
  }

  take(overhead: number, budget: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    let left = budget;
    for (const lane of ["intent", "query", "event"] as const) {
      for (const message of this.#lanes[lane].take(overhead, left)) {
        left -= message.length + overhead;
        taken.push(message);
      }
    }
    return taken;
  }
}
