import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { STATE_SCHEMA } from "../../../src/state/commands.ts";
import { migrate } from "../../../src/state/migrate.ts";

const formatOf = (db: ReturnType<typeof drizzle>) => db.$client.query("PRAGMA user_version").get();

test("a state of any older format is brought to this one, and keeps its rows", () => {
  for (let format = 0; format <= STATE_SCHEMA.length; format++) {
    const db = drizzle(new Database(":memory:"));
    migrate(db, STATE_SCHEMA.slice(0, format));
    if (format > 0) db.$client.run("UPDATE applied SET idx = 7, term = 3");
    migrate(db, STATE_SCHEMA);
    expect(formatOf(db)).toEqual({ user_version: STATE_SCHEMA.length });
    const expected = format > 0 ? { idx: 7, term: 3, offset: 0 } : { idx: 0, term: 0, offset: 0 };
    expect(db.$client.query("SELECT idx, term, offset FROM applied").get()).toEqual(expected);
  }
});

test("a state of a newer format is refused with what to do, and not changed", () => {
  const db = drizzle(new Database(":memory:"));
  migrate(db, [...STATE_SCHEMA, ["CREATE TABLE future (a)"]]);
  const known = STATE_SCHEMA.length;
  expect(() => migrate(db, STATE_SCHEMA)).toThrow(
    `state.db has format ${known + 1}, this program knows up to ${known}: run the newer version again`,
  );
  expect(formatOf(db)).toEqual({ user_version: known + 1 });
});
