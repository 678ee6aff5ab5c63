import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Refusal } from "../lib/refusal.ts";
import type { FileStore } from "../ports/file-store.ts";

const TEMPORARY = ".tmp";

/** What a file shall become: a text, or gone. */
interface Change {
  text: string | undefined;
  durable: boolean;
}

/** One file's change on its way to the disk, and the newest one that waits behind it. */
interface Slot {
  running: Promise<void>;
  next: { change: Change; done: PromiseWithResolvers<void> } | undefined;
}

/** Files under a directory of the disk, which is created when first needed (mode 0700). */
export class DiskFileStore implements FileStore {
  readonly #directory: string;
  /** By name, while there is something to do. Changes that overtake each other are one: only the newest is written. */
  readonly #slots = new Map<string, Slot>();

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
    return await readFile(join(this.#directory, name), "utf8");
  }

  write(name: string, text: string, durable: boolean): Promise<void> {
    return this.#change(name, { text, durable });
  }

  remove(name: string): Promise<void> {
    return this.#change(name, { text: undefined, durable: false });
  }

  #change(name: string, change: Change): Promise<void> {
    const slot = this.#slots.get(name);
    if (slot === undefined) {
      const running = this.#apply(name, change);
      const fresh: Slot = { running, next: undefined };
      this.#slots.set(name, fresh);
      const onward = () => this.#onward(name, fresh);
      running.then(onward, onward);
      return running;
    }
    if (slot.next === undefined) slot.next = { change, done: Promise.withResolvers<void>() };
    else slot.next.change = { text: change.text, durable: change.durable || slot.next.change.durable };
    return slot.next.done.promise;
  }

  #onward(name: string, slot: Slot): void {
    const { next } = slot;
    if (next === undefined) {
      this.#slots.delete(name);
      return;
    }
    slot.next = undefined;
    slot.running = this.#apply(name, next.change);
    slot.running.then(next.done.resolve, next.done.reject);
    const onward = () => this.#onward(name, slot);
    slot.running.then(onward, onward);
  }

  async #apply(name: string, { text, durable }: Change): Promise<void> {
    const path = join(this.#directory, name);
    try {
      await (text === undefined ? rm(path, { force: true }) : this.#replace(path, text, durable));
    } catch (error) {
      // Nobody's mistake: the disk is full, say, and whoever asked for the change must hear it in words.
      throw new Refusal(`can't keep ${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #replace(path: string, text: string, durable: boolean): Promise<void> {
    const temporary = `${path}${TEMPORARY}`;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    try {
      const file = await open(temporary, "w", 0o600);
      try {
        await file.writeFile(text);
        if (durable) await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
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
