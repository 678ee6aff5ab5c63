/** A folder of `src`, and the folders whose files it may import. `ARCHITECTURE.md` shows the same table. */
export interface Folder {
  readonly name: string;
  readonly layer: number;
  readonly mayImport: readonly string[];
}

const WORDS = ["lib", "ports", "codec", "lang"];
const NOUNS = ["model", "acl", "config"];
const CORES = ["raft", "gossip", "state"];
const REAL = ["platform", "storage", "rpc"];
const ROLES = ["server", "agent"];
const EDGES = ["http", "dns", "cli", "ui", "template", "registrator", "connect"];

const folders = (layer: number, mayImport: readonly string[], ...names: string[]): Folder[] =>
  names.map((name) => ({ name, layer, mayImport: mayImport.filter((other) => other !== name) }));

/** Arrows only point down, so no folder of a layer imports another of the same one, except where a line says so. */
export const FOLDERS: readonly Folder[] = [
  ...folders(0, [], "lib"),
  ...folders(0, ["lib"], "ports", "codec", "lang"),
  ...folders(1, WORDS, "model"),
  ...folders(1, [...WORDS, "model"], "acl", "config"),
  // Consensus and membership know neither services nor keys.
  ...folders(2, ["lib", "ports", "codec"], "raft", "gossip"),
  // A change is a log entry: the state machine takes the entry's type from raft.
  ...folders(2, [...WORDS, ...NOUNS, "raft"], "state"),
  ...folders(3, [...WORDS, ...NOUNS], "platform"),
  ...folders(3, [...WORDS, ...NOUNS, ...CORES], "storage"),
  ...folders(3, [...WORDS, ...NOUNS, ...CORES], "rpc"),
  // The server role uses no real port: what it needs is handed in.
  ...folders(4, [...WORDS, ...NOUNS, ...CORES, "rpc"], "server"),
  ...folders(4, [...WORDS, ...NOUNS, ...CORES, "rpc"], "agent"),
  // The edges take what they need through small interfaces of their own and never import each other.
  ...folders(5, [...WORDS, ...NOUNS, ...CORES, ...ROLES], "http", "dns", "ui", "template", "registrator", "connect"),
  ...folders(5, [...WORDS, ...NOUNS], "cli"),
  ...folders(6, [...WORDS, ...NOUNS, ...CORES, ...REAL, ...ROLES, ...EDGES], "app"),
  ...folders(6, [...WORDS, ...NOUNS, ...CORES, ...REAL, ...ROLES, ...EDGES, "app"], "main"),
];

/** Folders that may use `bun:*`, `node:*` and `Bun.*`: the real ports, the disk, the command line and the composition. */
export const IO_FOLDERS: readonly string[] = ["platform", "storage", "cli", "app", "main"];

/** Functions of Bun that compute on bytes and texts and touch nothing else: fine in every layer. */
export const PURE_BUN_FUNCTIONS: readonly string[] = [
  "concatArrayBuffers",
  "hash",
  "gzipSync",
  "gunzipSync",
  "stringWidth",
];
