import { Refusal } from "../../../src/lib/refusal.ts";
import type { LogStore } from "../../../src/raft/types.ts";

/** A log store whose disk can be slow, full, or gone with the process that used it. */
export class FakeDisk implements LogStore {
  isFull = false;
  /** Calls wait, in order, until it is false again; see `goOn`. */
  isSlow = false;
  readonly #inner: LogStore;
  #isGone = false;
  #waiting: (() => void)[] = [];

  constructor(inner: LogStore) {
    this.#inner = inner;
  }

  /** The process is dead: nothing that it asked for and was not answered is done or answered. */
  die(): void {
    this.#isGone = true;
    this.#waiting = [];
  }

  /** Calls that waited are done now. */
  goOn(): void {
    this.isSlow = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  async #call<T>(run: () => Promise<T>): Promise<T> {
    if (this.isSlow && !this.#isGone) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.#isGone ? new Promise<T>(() => undefined) : run();
  }

  open = () => this.#inner.open();
  append: LogStore["append"] = (entries, truncateFrom) =>
    this.#call(() =>
      this.isFull && entries.length > 0
        ? Promise.reject(new Refusal("no space left on device"))
        : this.#inner.append(entries, truncateFrom),
    );
  setHardState: LogStore["setHardState"] = (state) => this.#call(() => this.#inner.setHardState(state));
  read: LogStore["read"] = (from, to, bytesMax) => this.#call(() => this.#inner.read(from, to, bytesMax));
  compact: LogStore["compact"] = (index) => this.#call(() => this.#inner.compact(index));
  reset: LogStore["reset"] = (index, term, configuration) =>
    this.#call(() => this.#inner.reset(index, term, configuration));
  setClusterId: LogStore["setClusterId"] = (id) => this.#call(() => this.#inner.setClusterId(id));
  forceConfiguration: LogStore["forceConfiguration"] = (configuration, id) =>
    this.#call(() => this.#inner.forceConfiguration(configuration, id));
  close = async () => undefined;
}
