import { md5Hex } from "../../lib/md5.ts";
import type { DeregisteredItem } from "../../model/deregistered.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Persistence } from "./persist.ts";

type Kind = DeregisteredItem["Kind"];

/** `dropped`: the same that was deregistered on purpose. `new`: not what the files said before. */
export type Standing = "dropped" | "new" | "known";

/**
 * Definitions of configuration files that somebody deregistered in the catalog on purpose. Files are read again at each
 * start, so what was dropped is remembered on disk, until its definition changes or somebody registers it by a call.
 */
export class DeregisteredDefinitions {
  readonly #persistence: Persistence;
  readonly #log: Logger;
  /** Digest of the definition that was dropped, by key. */
  #dropped = new Map<string, string>();
  /** Digest of what the files define now, by key. */
  readonly #defined = new Map<string, string>();
  /** Keys of the files that are being registered. */
  #met = new Set<string>();
  /** Keys of what is remembered on disk. */
  #stored = new Set<string>();
  #isStarting = true;

  constructor(persistence: Persistence, log: Logger) {
    this.#persistence = persistence;
    this.#log = log;
  }

  async load(): Promise<void> {
    this.#dropped = await this.#persistence.loadDropped();
    this.#stored = new Set(this.#dropped.keys());
  }

  /** What a definition of a file is; to be asked once for each time that it would be registered. */
  standingOf(kind: Kind, id: string, definition: unknown): Standing {
    const key = keyOf(kind, id);
    const digest = md5Hex(JSON.stringify(definition));
    const before = this.#defined.get(key);
    this.#defined.set(key, digest);
    this.#met.add(key);
    const dropped = this.#dropped.get(key);
    if (dropped === digest) {
      this.#log.info("Not registered: this definition was deregistered on purpose", { [kind]: id, mend: MEND });
      return "dropped";
    }
    this.#dropped.delete(key);
    const isNew = dropped !== undefined || (before === undefined ? !this.#isStarting : before !== digest);
    return isNew ? "new" : "known";
  }

  /** All files are registered: what none of them defines any more is new when it comes again. */
  async endOfFiles(): Promise<void> {
    for (const key of [...this.#dropped.keys(), ...this.#defined.keys()]) {
      if (this.#met.has(key)) continue;
      this.#dropped.delete(key);
      this.#defined.delete(key);
    }
    this.#met = new Set();
    this.#isStarting = false;
    const gone = [...this.#stored].filter((key) => !this.#dropped.has(key));
    await Promise.all(gone.map((key) => this.#unstore(key)));
  }

  /** True for what a file defines. */
  isDefined(kind: Kind, id: string): boolean {
    return this.#defined.has(keyOf(kind, id));
  }

  /** True for what a file defines and is kept away. */
  isDropped(kind: Kind, id: string): boolean {
    return this.#dropped.has(keyOf(kind, id));
  }

  /** Keeps what a file defines away; resolves when that survives a power cut. */
  async drop(kind: Kind, id: string): Promise<void> {
    const key = keyOf(kind, id);
    const digest = this.#defined.get(key);
    if (digest === undefined) return;
    this.#dropped.set(key, digest);
    this.#stored.add(key);
    await this.#persistence.saveDropped(key, digest);
  }

  /** It is registered anew. */
  async forget(kind: Kind, id: string): Promise<void> {
    const key = keyOf(kind, id);
    this.#dropped.delete(key);
    if (this.#stored.has(key)) await this.#unstore(key);
  }

  async #unstore(key: string): Promise<void> {
    this.#stored.delete(key);
    await this.#persistence.removeDropped(key);
  }
}

/** How to bring back what a file defines. */
export const MEND = "change its definition in the configuration, or register it with the API";

const keyOf = (kind: Kind, id: string) => `${kind}:${id}`;
