import { Refusal } from "../../src/lib/refusal.ts";
import type { Entry, StateMachine } from "../../src/raft/types.ts";
import type { StateDb } from "../../src/state/db.ts";

/** A state machine that keeps every command as a row; `refuse` is refused. Commits at each flush only. */
export class ToyMachine implements StateMachine {
  readonly #db: StateDb;
  appliedIndex = 0;
  #term = 0;
  batches: number[] = [];

  constructor(db: StateDb) {
    this.#db = db;
    const client = db.$client;
    const isNew = client.query("SELECT 1 FROM sqlite_schema WHERE name = 'applied'").get() === null;
    if (isNew) {
      client.transaction(() => {
        client.run("CREATE TABLE applied (idx INTEGER NOT NULL, term INTEGER NOT NULL)");
        client.run("CREATE TABLE rows (idx INTEGER PRIMARY KEY, data TEXT NOT NULL)");
        client.run("INSERT INTO applied VALUES (0, 0)");
      })();
    }
    this.reload();
  }

  reload(): void {
    const row = this.#db.$client.query("SELECT idx, term FROM applied").get() as { idx: number; term: number };
    this.appliedIndex = row.idx;
    this.#term = row.term;
  }

  apply(entries: readonly Entry[]): unknown[] {
    const client = this.#db.$client;
    this.batches.push(entries.length);
    if (!client.inTransaction) client.run("BEGIN IMMEDIATE");
    return entries.map(({ index, term, type, data }) => {
      if (index !== this.appliedIndex + 1) throw new Error(`${index} after ${this.appliedIndex}`);
      this.appliedIndex = index;
      this.#term = term;
      if (data === "refuse") return new Refusal("no", 403);
      if (type === "command") client.query("INSERT INTO rows VALUES (?, ?)").run(index, data);
      return index;
    });
  }

  flush(): void {
    if (!this.#db.$client.inTransaction) return;
    this.#db.$client.query("UPDATE applied SET idx = ?, term = ?").run(this.appliedIndex, this.#term);
    this.#db.$client.run("COMMIT");
  }

  /** All commands applied, in order. */
  rows(): string[] {
    const rows = this.#db.$client.query("SELECT data FROM rows ORDER BY idx").all() as { data: string }[];
    return rows.map(({ data }) => data);
  }
}
