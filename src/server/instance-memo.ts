import { healthConnect, healthService, type InstanceHealth } from "../state/catalog/queries.ts";
import type { StateDb } from "../state/db.ts";
import type { Publisher } from "../state/publisher.ts";

/** Instances of all remembered services together. */
const INSTANCES_MAX = 10_000;

interface Entry {
  readonly instances: readonly InstanceHealth[];
  readonly unsubscribe: () => void;
}

/**
 * Remembers the instances of the services that prepared queries ask for: reading them takes most of the time of an
 * execution. An entry goes when its answer may have changed, and the oldest ones when there are too many. Services
 * without instances are not remembered: names can be made up without end.
 */
export class InstanceMemo {
  readonly #db: StateDb;
  readonly #publisher: Pick<Publisher, "subscribe">;
  readonly #entries = new Map<string, Entry>();
  #count = 0;

  constructor(db: StateDb, publisher: Pick<Publisher, "subscribe">) {
    this.#db = db;
    this.#publisher = publisher;
  }

  /** Instances with their health, or what the mesh reaches them through. Belongs to the memo. */
  find(service: string, connect: boolean): readonly InstanceHealth[] {
    const key = `${connect} ${service}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known.instances;
    const { value, interest } = (connect ? healthConnect : healthService)(this.#db, service);
    if (value.length > 0 && value.length <= INSTANCES_MAX) {
      const unsubscribe = this.#publisher.subscribe(interest, () => this.#drop(key));
      this.#entries.set(key, { instances: value, unsubscribe });
      this.#count += value.length;
      this.#makeRoom();
    }
    return value;
  }

  #makeRoom(): void {
    for (const oldest of this.#entries.keys()) {
      if (this.#count <= INSTANCES_MAX) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#count -= entry.instances.length;
    entry.unsubscribe();
  }
}
