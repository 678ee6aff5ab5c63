import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The identity of this node: what the configuration says, else what `node-id` in the data directory says, else a new one
 * that is kept there. Throws an Error for the operator when either is no UUID, or when it can't be kept.
 */
export function nodeIdIn(dataDir: string | undefined, configured: string, fresh: () => string): string {
  const path = dataDir === undefined ? undefined : join(dataDir, "node-id");
  const kept = path !== undefined && existsSync(path) ? readFileSync(path, "utf8").trim() : "";
  const id = (configured || kept || fresh()).toLowerCase();
  if (!UUID.test(id)) {
    throw new Error(
      `node id ${JSON.stringify(id)} (${configured ? "node_id" : path}) is not a UUID: set it right or remove the file`,
    );
  }
  if (path !== undefined && id !== kept) keep(path, id);
  return id;
}

/**
 * Makes another node of this one, for a server that lost what it had promised under its old id. Throws an Error for the
 * operator when the configuration says which id it must have.
 */
export function renewNodeId(dataDir: string, configured: string, fresh: () => string): string {
  if (configured !== "") {
    throw new Error(
      `node_id is ${configured} in the configuration, but this server lost its data and must come back as another node: ` +
        "set a new node_id, or none",
    );
  }
  const id = fresh().toLowerCase();
  keep(join(dataDir, "node-id"), id);
  return id;
}

/** Whole or not at all: a power cut must not make another node of this one. */
function keep(path: string, id: string): void {
  const draft = `${path}.tmp`;
  try {
    writeFileSync(draft, `${id}\n`, { mode: 0o600, flush: true });
    renameSync(draft, path);
    fsyncDir(dirname(path));
  } catch (error) {
    throw new Error(
      `data directory ${dirname(path)}: can't keep the node id there: ${error instanceof Error ? error.message : error}`,
    );
  }
}

function fsyncDir(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
