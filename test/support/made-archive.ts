import { Database } from "bun:sqlite";
import { rmSync } from "node:fs";
import { packArchive } from "../../src/storage/pack.ts";
import { writeStateBin } from "../../src/storage/state-bin.ts";
import { stateRig } from "./state-rig.ts";

export interface MadeArchive {
  /** Of the new file; its directory holds more for a while. */
  path: string;
  /** `<prefix>1` to `<prefix><keys>`, each with a value of random letters, so that it packs as texts do. */
  prefix: string;
  keys: number;
  valueBytes: number;
}

/** An archive of keys. Any version restores it: it says that it is of the first format. */
export async function makeArchive({ path, prefix, keys, valueBytes }: MadeArchive): Promise<void> {
  const db = stateRig().db.$client;
  const put = db.prepare(
    "INSERT INTO kv (key, value, flags, lock_index, create_index, modify_index) VALUES (?, ?, '0', 0, ?, ?)",
  );
  db.transaction(() => {
    for (let at = 1; at <= keys; at++) put.run(`${prefix}${at}`, Buffer.from(hex(valueBytes)), at, at);
  })();
  db.run("INSERT OR REPLACE INTO indexes VALUES ('kvs', ?)", [keys]);
  await packState(db, path, keys);
}

/** Packs the rows of a state into the new file `path`. */
export async function packState(db: Database, path: string, index: number): Promise<void> {
  const [copy, stateBin] = [`${path}.db`, `${path}.bin`];
  try {
    db.run("VACUUM INTO ?", [copy]);
    const image = new Database(copy);
    image.run("PRAGMA user_version = 1");
    writeStateBin(image, { index, withoutNewer: false }, stateBin);
    image.close();
    await packArchive({ ID: `2-${index}-1`, Index: index, Term: 2 }, { statePath: stateBin, path }, Date.now());
  } finally {
    for (const file of [copy, stateBin]) rmSync(file, { force: true });
  }
}

export const hex = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes / 2)).toHex();
