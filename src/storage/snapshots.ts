import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { SnapshotMeta } from "../raft/core/messages.ts";
import type { SnapshotInfo } from "../raft/types.ts";
import { fsyncPath, readPart, sha256OfFile, writeDurably } from "./durable-files.ts";

/** The newest, and one to fall back on when its file is damaged. */
const SNAPSHOTS_KEPT = 2;
const UNFINISHED = ".tmp";
const IMAGE = "state.bin";
/** In a snapshot that the log is to be reset to. */
const INSTALL_MARKER = "install";

const serverSchema = z.object({ id: z.string(), address: z.string(), voter: z.boolean() });
const metaSchema = z.object({
  id: z.string(),
  index: z.int().nonnegative(),
  term: z.int().nonnegative(),
  bytes: z.int().positive(),
  sha256: z.string(),
  /** Who was in the cluster; snapshots of before there were clusters have none. */
  configuration: z
    .object({ index: z.int().nonnegative(), configuration: z.object({ servers: z.array(serverSchema) }) })
    .default({ index: 0, configuration: { servers: [] } }),
  /** Of the state; 1 before it was written down. */
  format: z.int().nonnegative().default(1),
});
interface Meta extends SnapshotInfo {
  format: number;
}

/** What a new snapshot stands for. */
export interface SnapshotOf extends Pick<SnapshotMeta, "index" | "term" | "configuration"> {
  format: number;
}

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
    return join(this.#dir, id, IMAGE);
  }

  /** Whether the image still is what was written. */
  isWhole(id: string): boolean {
    const meta = this.#readMeta(id);
    const path = this.imagePath(id);
    if (meta === undefined || statSync(path, { throwIfNoEntry: false })?.size !== meta.bytes) return false;
    return sha256OfFile(path) === meta.sha256;
  }

  /** Bytes of an image from `offset` on. */
  read(id: string, offset: number, bytesMax: number): Uint8Array {
    return readPart(this.imagePath(id), offset, bytesMax);
  }

  /** Removes what a crash left half-written. */
  removeUnfinished(): void {
    for (const name of readdirSync(this.#dir)) {
      if (name.endsWith(UNFINISHED)) rmSync(join(this.#dir, name), { recursive: true, force: true });
    }
  }

  /**
   * Makes the newest snapshot of an image that `makeImage` writes to a path; nothing stays behind when it throws.
   * `keep` is the id of one that stays although it is old.
   */
  add(nowMs: number, makeImage: (path: string) => SnapshotOf, keep?: string): SnapshotInfo {
    const draft = join(this.#dir, `${nowMs}${UNFINISHED}`);
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { mode: 0o700 });
    try {
      const path = join(draft, IMAGE);
      const of = makeImage(path);
      fsyncPath(path);
      return this.#finish(draft, nowMs, { ...of, bytes: statSync(path).size, sha256: sha256OfFile(path) }, keep);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      throw error;
    }
  }

  /**
   * Makes the newest snapshot of an image that is in the directory `draft` under the name of `draftImage`, and of
   * another server. From the rename on, a start resets the log to it, until `clearInstall`.
   */
  adopt(draft: string, nowMs: number, of: Omit<Meta, "id">): SnapshotInfo {
    fsyncPath(draftImage(draft));
    writeDurably(join(draft, INSTALL_MARKER), "");
    return this.#finish(draft, nowMs, of);
  }

  /** Where a snapshot of another server grows; a start removes it. */
  get receivedDraft(): string {
    return join(this.#dir, `received${UNFINISHED}`);
  }

  /** The snapshot that the log is to be reset to, if that isn't known to have happened. */
  toInstall(): SnapshotInfo | undefined {
    return this.list().find(({ id }) => readdirSync(join(this.#dir, id)).includes(INSTALL_MARKER));
  }

  clearInstall(id: string): void {
    rmSync(join(this.#dir, id, INSTALL_MARKER), { force: true });
    fsyncPath(join(this.#dir, id));
  }

  remove(id: string): void {
    rmSync(join(this.#dir, id), { recursive: true, force: true });
    fsyncPath(this.#dir);
  }

  #finish(draft: string, nowMs: number, of: Omit<Meta, "id">, keep?: string): SnapshotInfo {
    const meta: Meta = { id: `${of.term}-${of.index}-${nowMs}`, ...of };
    writeDurably(join(draft, "meta.json"), JSON.stringify(meta));
    fsyncPath(draft);
    renameSync(draft, join(this.#dir, meta.id));
    fsyncPath(this.#dir);
    for (const { id } of this.list().slice(SNAPSHOTS_KEPT)) {
      if (id !== keep) rmSync(join(this.#dir, id), { recursive: true, force: true });
    }
    return infoOf(meta);
  }

  #ids(): string[] {
    return readdirSync(this.#dir).filter((name) => /^\d+-\d+-\d+$/.test(name));
  }

  #readMeta(id: string): Meta | undefined {
    try {
      const meta: Meta = metaSchema.parse(JSON.parse(readFileSync(join(this.#dir, id, "meta.json"), "utf8")));
      return meta.id === id ? meta : undefined;
    } catch {
      return undefined;
    }
  }
}

export function draftImage(draft: string): string {
  return join(draft, IMAGE);
}

function infoOf({ id, index, term, configuration, bytes, sha256 }: Meta): SnapshotInfo {
  return { id, index, term, configuration, bytes, sha256 };
}
