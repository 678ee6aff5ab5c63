import { z } from "zod";
import type { FileStore } from "../../ports/file-store.ts";
import type { Logger } from "../../ports/logger.ts";

const FOLDER = "watches";
const NAME = "delivered.json";
const FILE = `${FOLDER}/${NAME}`;
const VERSION = 1;
/** Far above what all watches that there can be take. */
const FILE_CHARS_MAX = 4 * 1024 * 1024;

/** What a handler was last given. */
const Delivered = z.object({
  /** SHA-256 of the JSON. */
  hash: z.string().max(128),
  /** CONSUL_INDEX. */
  index: z.string().max(64),
});
export type Delivered = z.infer<typeof Delivered>;

const Ledger = z.object({ version: z.literal(VERSION), delivered: z.record(z.string().max(128), Delivered) });

/** What was last delivered, by watch, kept so that a restart delivers nothing anew that has not changed. */
export class DeliveryLedger {
  readonly #files: FileStore;
  readonly #log: Logger;
  readonly #delivered: Map<string, Delivered>;

  private constructor(files: FileStore, log: Logger, delivered: Map<string, Delivered>) {
    this.#files = files;
    this.#log = log;
    this.#delivered = delivered;
  }

  /** A file that can't be read counts as none: then handlers are called once more. */
  static async open(files: FileStore, log: Logger): Promise<DeliveryLedger> {
    try {
      const names = await files.list(FOLDER);
      if (!names.includes(NAME)) return new DeliveryLedger(files, log, new Map());
      const text = await files.read(FILE);
      return new DeliveryLedger(files, log, parseLedger(text));
    } catch (error) {
      log.warn("what watches have delivered is not known, and their handlers are called once more", {
        file: FILE,
        error: error instanceof Error ? error.message : String(error),
      });
      return new DeliveryLedger(files, log, new Map());
    }
  }

  lastOf(watch: string): Delivered | undefined {
    return this.#delivered.get(watch);
  }

  /** Resolves when it is on the disk. A disk that does not take it is told in the log. */
  async delivered(watch: string, delivered: Delivered): Promise<void> {
    this.#delivered.set(watch, delivered);
    await this.#write();
  }

  /** Forgets all other watches. */
  async keepOnly(watches: ReadonlySet<string>): Promise<void> {
    const gone = [...this.#delivered.keys()].filter((watch) => !watches.has(watch));
    for (const watch of gone) this.#delivered.delete(watch);
    if (gone.length > 0) await this.#write();
  }

  async #write(): Promise<void> {
    const text = JSON.stringify({ version: VERSION, delivered: Object.fromEntries(this.#delivered) });
    try {
      await this.#files.write(FILE, text, true);
    } catch (error) {
      this.#log.warn("what a watch delivered is not kept; a restart calls its handler once more", {
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }
}

/** Throws for anything else than what was written here. */
export function parseLedger(text: string): Map<string, Delivered> {
  if (text.length > FILE_CHARS_MAX) throw new Error(`it has more than ${FILE_CHARS_MAX} characters`);
  const { delivered } = Ledger.parse(JSON.parse(text));
  return new Map(Object.entries(delivered));
}
