import type { StateDb } from "../db.ts";

/**
 * The indexes of one database, in memory and written with each commit: nearly every command bumps one of a few, and a
 * row written a thousand times in one commit would be a thousand statements for nothing.
 */
export class Indexes {
  readonly #db: StateDb;
  readonly #values = new Map<string, number>();
  readonly #unsaved = new Set<string>();
  #generation = 0;
  /** What savepoints that are open must be able to undo. */
  #undo: { name: string; value: number | undefined }[] | undefined;

  constructor(db: StateDb) {
    this.#db = db;
    this.load();
  }

  /** Reads the table again: what is in the database was replaced. */
  load(): void {
    this.#generation++;
    this.#values.clear();
    this.#unsaved.clear();
    const rows = this.#db.$client.query("SELECT name, value FROM indexes").all() as { name: string; value: number }[];
    for (const { name, value } of rows) this.#values.set(name, value);
  }

  /** Another number after all rows were replaced: indexes from before say nothing about those from after. */
  get generation(): number {
    return this.#generation;
  }

  /** 0 when it was never set. */
  get(name: string): number {
    return this.#values.get(name) ?? 0;
  }

  /** Undefined removes it. */
  set(name: string, value: number | undefined): void {
    this.#undo?.push({ name, value: this.#values.get(name) });
    if (value === undefined) this.#values.delete(name);
    else this.#values.set(name, value);
    this.#unsaved.add(name);
  }

  /** Runs `write`; when it throws, what it set is undone and the error goes on. Belongs around a savepoint. */
  atomically<T>(write: () => T): T {
    const outer = this.#undo;
    this.#undo = [];
    try {
      return write();
    } catch (error) {
      for (const { name, value } of this.#undo.reverse()) {
        if (value === undefined) this.#values.delete(name);
        else this.#values.set(name, value);
      }
      throw error;
    } finally {
      outer?.push(...this.#undo);
      this.#undo = outer;
    }
  }

  /** Writes what changed since the last call; part of each commit. */
  save(): void {
    if (this.#unsaved.size === 0) return;
    const client = this.#db.$client;
    const put = client.query("INSERT OR REPLACE INTO indexes (name, value) VALUES (?, ?)");
    const remove = client.query("DELETE FROM indexes WHERE name = ?");
    for (const name of this.#unsaved) {
      const value = this.#values.get(name);
      if (value === undefined) remove.run(name);
      else put.run(name, value);
    }
    this.#unsaved.clear();
  }
}

const perDb = new WeakMap<StateDb, Indexes>();

export function indexesOf(db: StateDb): Indexes {
  let indexes = perDb.get(db);
  if (indexes === undefined) {
    indexes = new Indexes(db);
    perDb.set(db, indexes);
  }
  return indexes;
}
