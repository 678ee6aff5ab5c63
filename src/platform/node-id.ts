import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The identity of this node: what the configuration says, else what `node-id` in the data directory says, else a new one
 * that is kept there. Throws when either is no UUID.
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
  if (path !== undefined && id !== kept) writeFileSync(path, `${id}\n`, { mode: 0o600 });
  return id;
}
