import { noLeader } from "../refusals.ts";

interface Waiting {
  resolve(): void;
  reject(error: unknown): void;
}

/** Who waits for this server to lead, or as leader to have applied what is in its log. */
export class Barriers {
  #leading: Waiting[] = [];
  #barriers: (Waiting & { index: number })[] = [];

  /** Resolves when this server leads next. */
  leading(): Promise<void> {
    return new Promise((resolve, reject) => this.#leading.push({ resolve, reject }));
  }

  /** Resolves when entries up to `index` are applied. */
  applied(index: number): Promise<void> {
    return new Promise((resolve, reject) => this.#barriers.push({ index, resolve, reject }));
  }

  onLeading(): void {
    for (const { resolve } of this.#leading.splice(0)) resolve();
  }

  onApplied(appliedIndex: number): void {
    if (this.#barriers.length === 0) return;
    const ready = this.#barriers.filter(({ index }) => index <= appliedIndex);
    this.#barriers = this.#barriers.filter(({ index }) => index > appliedIndex);
    for (const { resolve } of ready) resolve();
  }

  /** The log ends before `fromIndex`: nothing after it was ever there to wait for. */
  onDropped(fromIndex: number, appliedIndex: number): void {
    for (const barrier of this.#barriers) barrier.index = Math.min(barrier.index, fromIndex - 1);
    this.onApplied(appliedIndex);
  }

  /** This server doesn't lead any more. */
  onLost(): void {
    for (const { reject } of this.#barriers.splice(0)) reject(noLeader());
  }

  stop(): void {
    this.onLost();
    for (const { reject } of this.#leading.splice(0)) reject(noLeader());
  }
}
