import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { SnapshotInfo } from "../raft/types.ts";
import { fsyncPath, sha256OfFile, writeDurably } from "./durable-files.ts";
import type { Applied } from "./state-work.ts";

/** The newest, and one to fall back on when its file is damaged. */
const SNAPSHOTS_KEPT = 2;
const UNFINISHED = ".tmp";

const metaSchema = z.object({
  id: z.string(),
  index: z.int().nonnegative(),
  term: z.int().nonnegative(),
  bytes: z.int().positive(),
  sha256: z.string(),
  /** Set when the snapshot was restored from outside: the log's last index then; the log is to be reset. */
  replacesLogTo: z.int().nonnegative().optional(),
});
type Meta = z.infer<typeof metaSchema>;

/**
 * The snapshots of a data directory, `<dir>/<term>-<index>-<ms>/{state.bin,meta.json}`. A snapshot exists once its
 * directory has its final name: everything in it is fsynced before.
 */
export class SnapshotDir {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  }

  /** Newest first. Those without a readable `meta.json` are left out. */
  list(): SnapshotInfo[] {
    const metas = this.#ids().map((id) => this.#readMeta(id));
    const found = metas.filter((meta) => meta !== undefined).map(infoOf);
    return found.sort((a, b) => b.index - a.index || b.term - a.term);
  }

  /** Path of the SQLite image of a snapshot. */
  imagePath(id: string): string {
    return join(this.#dir, id, "state.bin");
  }

  /** Whether the image still is what was written. */
  isWhole(id: string): boolean {
    const meta = this.#readMeta(id);
    const path = this.imagePath(id);
    if (meta === undefined || statSync(path, { throwIfNoEntry: false })?.size !== meta.bytes) return false;
    return sha256OfFile(path) === meta.sha256;
  }

  /** Removes what a crash left half-written. */
  removeUnfinished(): void {
    for (const name of readdirSync(this.#dir)) {
      if (name.endsWith(UNFINISHED)) rmSync(join(this.#dir, name), { recursive: true, force: true });
    }
  }

  /** Has `makeImage` write the image to a path, and makes it the newest snapshot; nothing stays behind when it throws. */
  add(nowMs: number, makeImage: (path: string) => Applied, replacesLogTo?: number): SnapshotInfo {
    const draft = join(this.#dir, `${nowMs}${UNFINISHED}`);
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { mode: 0o700 });
    try {
      const path = join(draft, "state.bin");
      const { index, term } = makeImage(path);
      fsyncPath(path);
      const id = `${term}-${index}-${nowMs}`;
      const meta: Meta = { id, index, term, bytes: statSync(path).size, sha256: sha256OfFile(path) };
      if (replacesLogTo !== undefined) meta.replacesLogTo = replacesLogTo;
      writeDurably(join(draft, "meta.json"), JSON.stringify(meta));
      fsyncPath(draft);
      renameSync(draft, join(this.#dir, id));
      fsyncPath(this.#dir);
      this.#prune();
      return infoOf(meta);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      throw error;
    }
  }

  #prune(): void {
    for (const { id } of this.list().slice(SNAPSHOTS_KEPT))
      rmSync(join(this.#dir, id), { recursive: true, force: true });
  }

  #ids(): string[] {
    return readdirSync(this.#dir).filter((name) => /^\d+-\d+-\d+$/.test(name));
  }

  #readMeta(id: string): Meta | undefined {
    try {
      const meta = metaSchema.parse(JSON.parse(readFileSync(join(this.#dir, id, "meta.json"), "utf8")));
      return meta.id === id ? meta : undefined;
    } catch {
      return undefined;
    }
  }
}

function infoOf({ id, index, term, bytes, replacesLogTo }: Meta): SnapshotInfo {
  return { id, index, term, bytes, ...(replacesLogTo === undefined ? {} : { replacesLogTo }) };
}
