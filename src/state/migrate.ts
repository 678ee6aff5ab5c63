import type { StateDb } from "./db.ts";

/**
 * The format of `state.db`. A change of it adds a step to `steps`; a file written by a newer program is refused, since
 * an older one would drop what it does not know.
 */
export function migrate(db: StateDb, steps: readonly (readonly string[])[]): void {
  const client = db.$client;
  const { user_version: version } = client.query("PRAGMA user_version").get() as { user_version: number };
  if (version > steps.length) {
    throw new Error(
      `state.db has format ${version}, this program knows up to ${steps.length}: run the newer version again, or restore a snapshot`,
    );
  }
  for (const [at, statements] of steps.entries()) {
    if (at < version) continue;
    client.transaction(() => {
      for (const statement of statements) client.run(statement);
      client.run(`PRAGMA user_version = ${at + 1}`);
    })();
  }
}
