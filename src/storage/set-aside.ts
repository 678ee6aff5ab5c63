import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { lockDir } from "./dir-lock.ts";
import { fsyncPath, writeDurably } from "./durable-files.ts";
import { errorText } from "./failure.ts";

const ASIDE_PREFIX = "damaged-";
const MARKER = "must-join";
const STATE_FILES = ["state.db", "state.db-wal", "state.db-shm"];

const markerSchema = z.object({ reason: z.string(), sinceMs: z.number() });

/** Why a server must be taken in by others, and never begin a cluster. */
export type MustJoin = z.infer<typeof markerSchema>;

/**
 * For a server with peers whose log or state is damaged (a DamageError): sets all of it aside, so that the next start
 * begins empty, and notes that this server must join then. What it had promised to its old cluster is forgotten with it,
 * so it must come back under a new node id, **given to it before this call**: with the old one it could vote twice in a
 * term. Returns where the damaged files are; they stay for a human until the next time. Nothing may have the data
 * directory open. A crash in between leaves damage that the next start finds again.
 */
export function setAsideDamaged(dir: string, reason: string, nowMs: number): string {
  const lock = lockDir(dir);
  try {
    writeMarker(dir, { reason, sinceMs: nowMs });
    const name = `${ASIDE_PREFIX}${nowMs}`;
    const aside = join(dir, name);
    mkdirSync(aside, { recursive: true, mode: 0o700 });
    // The log last: as long as it is there, a start finds the damage.
    for (const file of [...STATE_FILES, "raft"]) {
      if (existsSync(join(dir, file))) renameSync(join(dir, file), join(aside, file));
    }
    fsyncPath(aside);
    fsyncPath(dir);
    for (const older of readdirSync(dir)) {
      if (older.startsWith(ASIDE_PREFIX) && older !== name) rmSync(join(dir, older), { recursive: true, force: true });
    }
    return aside;
  } finally {
    lock.release();
  }
}

/** Whether this server must join, and why. A note that can't be read is one too. */
export function readMustJoin(dir: string): MustJoin | undefined {
  const path = join(dir, MARKER);
  if (!existsSync(path)) return undefined;
  try {
    return markerSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    return { reason: `${path} is unreadable: ${errorText(error)}`, sinceMs: 0 };
  }
}

/** The server is in a cluster again. */
export function clearMustJoin(dir: string): void {
  rmSync(join(dir, MARKER), { force: true });
  fsyncPath(dir);
}

function writeMarker(dir: string, marker: MustJoin): void {
  const path = join(dir, MARKER);
  const draft = `${path}.tmp`;
  writeDurably(draft, JSON.stringify(marker));
  renameSync(draft, path);
  fsyncPath(dir);
}
