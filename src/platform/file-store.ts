import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FileStore } from "../ports/file-store.ts";

const TEMPORARY = ".tmp";

/** Files under a directory of the disk, which is created when first needed (mode 0700). */
export class DiskFileStore implements FileStore {
  readonly #directory: string;
  /** The last write or removal of each name that is on its way, so that they happen in the order of the calls. */
  readonly #pending = new Map<string, Promise<void>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async list(folder: string): Promise<string[]> {
    try {
      const entries = await readdir(join(this.#directory, folder), { withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile() && !entry.name.endsWith(TEMPORARY))
        .map((entry) => entry.name)
        .sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  async read(name: string): Promise<string> {
    await this.#pending.get(name);
    return await readFile(join(this.#directory, name), "utf8");
  }

  write(name: string, text: string, durable: boolean): Promise<void> {
    return this.#inOrder(name, () => this.#replace(join(this.#directory, name), text, durable));
  }

  remove(name: string): Promise<void> {
    return this.#inOrder(name, () => rm(join(this.#directory, name), { force: true }));
  }

  #inOrder(name: string, act: () => Promise<void>): Promise<void> {
    const before = this.#pending.get(name) ?? Promise.resolve();
    const done = before.then(act, act);
    this.#pending.set(name, done);
    const forget = () => {
      if (this.#pending.get(name) === done) this.#pending.delete(name);
    };
    done.then(forget, forget);
    return done;
  }

  async #replace(path: string, text: string, durable: boolean): Promise<void> {
    const temporary = `${path}${TEMPORARY}`;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(text);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    // Without the directory's own fsync the new name may be lost with the power.
    if (durable) await syncDirectory(dirname(path));
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** Files that end with the process, for an agent without a data directory. */
export class MemoryFileStore implements FileStore {
  readonly #files = new Map<string, string>();

  async list(folder: string): Promise<string[]> {
    const names = [...this.#files.keys()].filter((name) => dirname(name) === folder);
    return names.map((name) => name.slice(folder.length + 1)).sort();
  }

  async read(name: string): Promise<string> {
    const text = this.#files.get(name);
    if (text === undefined) throw new Error(`no file ${name}`);
    return text;
  }

  async write(name: string, text: string): Promise<void> {
    this.#files.set(name, text);
  }

  async remove(name: string): Promise<void> {
    this.#files.delete(name);
  }
}
