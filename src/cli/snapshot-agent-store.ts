import { randomUUID } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { openErrorText } from "./http-settings.ts";

/** Where snapshots are kept, by id: nanoseconds since 1970, so that the greatest is the newest. */
export interface SnapshotStore {
  /** What an id is stored under, for people. */
  nameOf(id: bigint): string;
  /** Ids of what is kept, in any order. Only names that `save` gives count. */
  list(): Promise<bigint[]>;
  /** Durable, or not there at all. Aborting `signal` gives up waiting. */
  save(id: bigint, archive: Uint8Array, signal: AbortSignal): Promise<void>;
  remove(id: bigint): Promise<void>;
}

/** Consul's name for a snapshot. */
export function fileName(id: bigint): string {
  return `consul-${id}.snap`;
}

/** The id of a file that `fileName` names; undefined for any other, which is none of ours. */
export function idOf(name: string): bigint | undefined {
  const digits = /^consul-([1-9]\d{0,19})\.snap$/.exec(name)?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}

/** Snapshots hold tokens and keys. */
const FILE_MODE = 0o600;
/** Nobody writes a file for a day. */
const UNFINISHED_NS_MAX = 86_400_000_000_000n;

/** A directory that exists. Throws an Error when it does not, or can't be written to. */
export class LocalStore implements SnapshotStore {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    try {
      if (!statSync(path).isDirectory()) throw new Error(`${path} is not a directory`);
      accessSync(path, constants.W_OK | constants.X_OK);
    } catch (error) {
      throw new Error(
        `can't keep snapshots: ${openErrorText(path, error)}; make the directory and give it to this user`,
      );
    }
  }

  nameOf(id: bigint): string {
    return join(this.#path, fileName(id));
  }

  async list(): Promise<bigint[]> {
    return readdirSync(this.#path).flatMap((name) => idOf(name) ?? []);
  }

  async save(id: bigint, archive: Uint8Array): Promise<void> {
    this.#sweep(id);
    const name = this.nameOf(id);
    const unfinished = `${name}.tmp${randomUUID()}`;
    try {
      writeFileSync(unfinished, archive, { mode: FILE_MODE, flag: "wx", flush: true });
      renameSync(unfinished, name);
    } catch (error) {
      rmSync(unfinished, { force: true });
      throw error;
    }
    this.#sync();
  }

  async remove(id: bigint): Promise<void> {
    rmSync(this.nameOf(id), { force: true });
  }

  /** Removes what a crash left behind. A younger file may be another agent's that runs at this moment. */
  #sweep(id: bigint): void {
    for (const name of readdirSync(this.#path)) {
      const [, of, rest = ""] = /^(.*)\.tmp([0-9a-f-]{36})$/.exec(name) ?? [];
      const unfinished = of === undefined ? undefined : idOf(of);
      if (rest !== "" && unfinished !== undefined && unfinished < id - UNFINISHED_NS_MAX)
        rmSync(join(this.#path, name), { force: true });
    }
  }

  /** A name is durable when its directory is. */
  #sync(): void {
    const directory = openSync(this.#path, "r");
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  }
}
