import type { Interest, Topic } from "./topics.ts";

/** Called once when something it waited on changed; it must not throw. */
export type OnChange = (index: number) => void;

/**
 * Who waits on what. Everything that follows a change hangs on this one place: blocking queries, the answer caches of
 * HTTP and DNS, the event stream, watches. A subscription ends with its first call: a reader asks anew, with what it
 * saw, so a slow one never queues changes.
 */
export class Publisher {
  readonly #byTopic = new Map<Topic, Set<OnChange>>();
  readonly #byPrefix = new Map<string, Set<OnChange>>();
  /** Distinct lengths of the prefixes waited on: a touched key is looked up once for each. */
  readonly #prefixLengths = new Map<number, number>();
  #isClosed = false;
  #reloads = 0;
  readonly #everyChange = new Set<(topics: ReadonlySet<Topic>, index: number) => void>();

  /** Waits on every topic and prefix of `interest`; the returned function ends the waiting without a call. */
  subscribe(interest: Interest, onChange: OnChange): () => void {
    const wake: OnChange = (index) => {
      cancel();
      onChange(index);
    };
    const cancel = () => {
      for (const topic of interest.topics) remove(this.#byTopic, topic, wake);
      for (const prefix of interest.kvPrefixes ?? []) {
        if (remove(this.#byPrefix, prefix, wake)) this.#countPrefix(prefix, -1);
      }
    };
    for (const topic of interest.topics) add(this.#byTopic, topic, wake);
    for (const prefix of interest.kvPrefixes ?? []) {
      if (add(this.#byPrefix, prefix, wake)) this.#countPrefix(prefix, 1);
    }
    return cancel;
  }

  /** Follows all changes, after each applied batch, until the returned function is called. */
  follow(onBatch: (topics: ReadonlySet<Topic>, index: number) => void): () => void {
    this.#everyChange.add(onBatch);
    return () => this.#everyChange.delete(onBatch);
  }

  /** Wakes those who wait on any of `topics`, each once, after the rows are in the database. */
  publish(topics: ReadonlySet<Topic>, index: number): void {
    const woken = new Set<OnChange>();
    for (const topic of topics) {
      collect(this.#byTopic.get(topic), woken);
      if (this.#prefixLengths.size > 0 && topic.startsWith("kv/")) this.#collectPrefixes(topic.slice(3), woken);
    }
    for (const wake of woken) wake(index);
    for (const onBatch of this.#everyChange) onBatch(topics, index);
  }

  /** Wakes everybody: after a restore nothing that was read before holds. */
  publishAll(index: number): void {
    this.#reloads++;
    const woken = new Set<OnChange>();
    for (const waiters of this.#byTopic.values()) collect(waiters, woken);
    for (const waiters of this.#byPrefix.values()) collect(waiters, woken);
    for (const wake of woken) wake(index);
  }

  /** The end: wakes everybody, and whoever looks at `isClosed` waits no more. */
  close(): void {
    this.#isClosed = true;
    this.publishAll(0);
  }

  /** How often all was replaced: an index from before another one says nothing of what is there now. */
  get reloads(): number {
    return this.#reloads;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  #collectPrefixes(key: string, woken: Set<OnChange>): void {
    for (const length of this.#prefixLengths.keys()) {
      if (length <= key.length) collect(this.#byPrefix.get(key.slice(0, length)), woken);
    }
  }

  #countPrefix(prefix: string, by: 1 | -1): void {
    const count = (this.#prefixLengths.get(prefix.length) ?? 0) + by;
    if (count === 0) this.#prefixLengths.delete(prefix.length);
    else this.#prefixLengths.set(prefix.length, count);
  }
}

/** True when `key` had no waiter before. */
function add<K>(waiters: Map<K, Set<OnChange>>, key: K, onChange: OnChange): boolean {
  const set = waiters.get(key);
  if (set !== undefined) {
    set.add(onChange);
    return false;
  }
  waiters.set(key, new Set([onChange]));
  return true;
}

/** True when `key` has no waiter any more. */
function remove<K>(waiters: Map<K, Set<OnChange>>, key: K, onChange: OnChange): boolean {
  const set = waiters.get(key);
  if (set === undefined) return false;
  set.delete(onChange);
  if (set.size > 0) return false;
  waiters.delete(key);
  return true;
}

function collect(waiters: ReadonlySet<OnChange> | undefined, into: Set<OnChange>): void {
  if (waiters !== undefined) for (const waiter of waiters) into.add(waiter);
}
