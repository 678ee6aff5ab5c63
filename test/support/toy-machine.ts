import { Refusal } from "../../src/lib/refusal.ts";
import type { Entry, StateMachine } from "../../src/raft/types.ts";
import type { StateDb } from "../../src/state/db.ts";
import { applyRestore, type RestoreCommand } from "../../src/state/restore/commands.ts";
import { RESTORE_SCHEMA } from "../../src/state/restore/tables.ts";

/**
 * A state machine that keeps every command as a row; `refuse` is refused, `delete <n>` deletes the first n rows, and
 * parts of an archive are staged. Commits at each flush only.
 */
export class ToyMachine implements StateMachine {
  readonly #db: StateDb;
  appliedIndex = 0;
  /** See `Machine.stateIndex`. */
  stateIndex = 0;
  #term = 0;
  batches: number[] = [];

  constructor(db: StateDb) {
    this.#db = db;
    const client = db.$client;
    const isNew = client.query("SELECT 1 FROM sqlite_schema WHERE name = 'applied'").get() === null;
    if (isNew) {
      client.transaction(() => {
        client.run("CREATE TABLE applied (idx INTEGER NOT NULL, term INTEGER NOT NULL, offset INTEGER NOT NULL)");
        client.run("CREATE TABLE rows (idx INTEGER PRIMARY KEY, data TEXT NOT NULL)");
        client.run("INSERT INTO applied VALUES (0, 0, 0)");
        for (const sql of RESTORE_SCHEMA) client.run(sql);
      })();
    }
    this.reload();
  }

  reload(): void {
    const row = this.#db.$client.query("SELECT idx, term, offset FROM applied").get() as Record<
      "idx" | "term" | "offset",
      number
    >;
    this.appliedIndex = row.idx;
    this.stateIndex = row.idx + row.offset;
    this.#term = row.term;
  }

  apply(entries: readonly Entry[]): unknown[] {
    const client = this.#db.$client;
    this.batches.push(entries.length);
    if (!client.inTransaction) client.run("BEGIN IMMEDIATE");
    return entries.map((entry) => {
      if (entry.index !== this.appliedIndex + 1) throw new Error(`${entry.index} after ${this.appliedIndex}`);
      if (entry.type === "restore") throw new Error("a restore is the keeper's work");
      this.stateIndex += entry.index - this.appliedIndex;
      this.appliedIndex = entry.index;
      this.#term = entry.term;
      return entry.type === "command" ? this.#applyCommand(entry) : entry.index;
    });
  }

  #applyCommand({ index, data }: Entry): unknown {
    if (data === "refuse") return new Refusal("no", 403);
    const [, count] = /^delete (\d+)$/.exec(data) ?? [];
    if (count !== undefined) return void this.#deleteFirst(Number(count));
    if (data.startsWith('{"type":"restore.chunk"')) return this.#stage(JSON.parse(data) as RestoreCommand);
    this.#db.$client.query("INSERT INTO rows VALUES (?, ?)").run(this.stateIndex, data);
    return index;
  }

  #deleteFirst(count: number): void {
    this.#db.$client.query("DELETE FROM rows WHERE idx IN (SELECT idx FROM rows ORDER BY idx LIMIT ?)").run(count);
  }

  #stage(command: RestoreCommand): unknown {
    try {
      return applyRestore(
        {
          db: this.#db,
          index: this.stateIndex,
          touch: () => undefined,
          delayLocks: () => undefined,
          atomically: (write) => write(),
        },
        command,
      );
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
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
