const AGE_MAX_MS = 5 * 60_000;
const INTENTS_MAX = 4096;
const NAME_CHARS_MAX = 512;

export interface RecentIntent {
  readonly kind: "join" | "leave";
  readonly ltime: number;
}

/** The newest intent of each node that is not known yet: gossip may bring the intent before the member. */
export class RecentIntents {
  /** Oldest first. */
  readonly #byName = new Map<string, RecentIntent & { readonly atMs: number }>();

  /** Whether it is newer than what is known, so that it is to be passed on. */
  add(name: string, intent: RecentIntent, nowMs: number): boolean {
    if (name.length > NAME_CHARS_MAX || intent.ltime <= (this.#byName.get(name)?.ltime ?? -1)) return false;
    this.#byName.delete(name);
    this.#byName.set(name, { ...intent, atMs: nowMs });
    const oldest = this.#byName.keys().next();
    if (this.#byName.size > INTENTS_MAX && oldest.done !== true) this.#byName.delete(oldest.value);
    return true;
  }

  /** The intent of a node that is known from now on. */
  take(name: string): RecentIntent | undefined {
    const intent = this.#byName.get(name);
    this.#byName.delete(name);
    return intent;
  }

  expire(nowMs: number): void {
    for (const [name, { atMs }] of this.#byName) {
      if (nowMs - atMs <= AGE_MAX_MS) break;
      this.#byName.delete(name);
    }
  }
}
