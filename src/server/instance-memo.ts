import { ListMemo } from "../lib/list-memo.ts";
import { healthConnect, healthService, type InstanceHealth } from "../state/catalog/queries.ts";
import type { StateDb } from "../state/db.ts";
import type { Publisher } from "../state/publisher.ts";

/** Instances of all remembered services together. */
const INSTANCES_MAX = 10_000;

/** Remembers the instances of the services that prepared queries ask for: reading them takes most of the time of an execution. */
export class InstanceMemo {
  readonly #db: StateDb;
  readonly #publisher: Pick<Publisher, "subscribe">;
  readonly #memo = new ListMemo<InstanceHealth>(INSTANCES_MAX);

  constructor(db: StateDb, publisher: Pick<Publisher, "subscribe">) {
    this.#db = db;
    this.#publisher = publisher;
  }

  /** Instances with their health, or what the mesh reaches them through. Belongs to the memo. */
  find(service: string, connect: boolean): readonly InstanceHealth[] {
    const key = `${connect} ${service}`;
    const known = this.#memo.find(key);
    if (known !== undefined) return known;
    const { value, interest } = (connect ? healthConnect : healthService)(this.#db, service);
    this.#memo.add(key, value, (drop) => this.#publisher.subscribe(interest, drop));
    return value;
  }
}
