import { assert } from "../../lib/assert.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { Effect, Event } from "../core/types.ts";
import type { LogStore } from "../types.ts";

type Persist = Extract<Effect, { type: "persist" }>;

interface Write {
  id: number;
  /** Calls of the store that are not settled. */
  pending: number;
  isRefused: boolean;
  startMs: number;
}

export interface PersisterDeps {
  store: LogStore;
  monotonicMs: () => number;
  /** Takes the answers, in the order of the writes. */
  step(event: Event): void;
  /** A write is answered: how long it took. */
  onWritten(elapsedMs: number): void;
  /** All that was handed over is answered. */
  onIdle(): void;
  /** The store is dead, and has said so itself; or with a reason, the term and the vote could not be saved. */
  onFatal(reason?: string): void;
}

/** Executes the core's writes: any number may be under way, and they are answered in their order. */
export class Persister {
  readonly #deps: PersisterDeps;
  readonly #writes: Write[] = [];
  #idle: (() => void)[] = [];
  /** What the store said to the last append, if it did not take it. */
  refusal: Refusal | undefined;

  constructor(deps: PersisterDeps) {
    this.#deps = deps;
  }

  get isBusy(): boolean {
    return this.#writes.length > 0;
  }

  persist({ id, hardState, append }: Persist): void {
    const { store, monotonicMs, onFatal } = this.#deps;
    const write: Write = { id, pending: 0, isRefused: false, startMs: monotonicMs() };
    this.#writes.push(write);
    const done = () => this.#settled(write);
    if (hardState !== undefined) {
      write.pending++;
      store.setHardState(hardState).then(done, (error: unknown) => {
        onFatal(error instanceof Refusal ? `can't save term and vote: ${error.message}` : undefined);
      });
    }
    if (append === undefined) return;
    write.pending++;
    store.append(append.entries, append.truncateFrom).then(
      () => {
        this.refusal = undefined;
        this.#settled(write);
      },
      (error: unknown) => {
        if (!(error instanceof Refusal)) return onFatal();
        this.refusal = error;
        write.isRefused = true;
        this.#settled(write);
      },
    );
  }

  #settled(write: Write): void {
    write.pending--;
    const { step, onWritten, onIdle, monotonicMs } = this.#deps;
    for (let head = this.#writes[0]; head?.pending === 0; head = this.#writes[0]) {
      this.#writes.shift();
      onWritten(monotonicMs() - head.startMs);
      step({ type: head.isRefused ? "appendRefused" : "persisted", id: head.id });
    }
    assert(write.pending >= 0, `write ${write.id} was answered twice`);
    if (this.#writes.length > 0) return;
    onIdle();
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Resolves when all that was handed over is answered. */
  idle(): Promise<void> {
    return this.isBusy ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }
}
