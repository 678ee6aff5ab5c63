import type { Entry } from "../../../src/raft/types.ts";
import { fnv } from "../random.ts";

/** A value and the index of the entry that wrote it. */
export interface Version {
  value: string;
  index: number;
}

/** What a client asks for. A write's value is its own id, so that every value is written once at most. */
export interface Operation {
  /** Unique over the run. */
  id: string;
  kind: "set" | "cas" | "restore" | "get";
  /** For `restore` all keys, with commas between. */
  key: string;
  /** For `cas`: the index of the version that is to be replaced; 0 for none. */
  expected: number;
  /** For `get`. */
  mode: "default" | "consistent" | "stale";
}

/** What an entry does, as text: the id, the verb, its key, and the expected index. */
export function commandOf({ id, kind, key, expected }: Operation): string {
  return `${id} ${kind} ${key} ${expected}`;
}

/** Keys and values, the state that a log makes. */
export class Machine {
  appliedIndex = 0;
  appliedTerm = 0;
  #rows = new Map<string, Version>();
  /** Sum of the rows' hashes, so that a write costs one row. */
  #sum = 0;

  /** Whether the entry changed anything: a `cas` may not. */
  apply(entry: Entry): boolean {
    if (entry.index !== this.appliedIndex + 1) throw new Error(`applies ${entry.index} after ${this.appliedIndex}`);
    this.appliedIndex = entry.index;
    this.appliedTerm = entry.term;
    if (entry.type !== "command" && entry.type !== "restore") return false;
    const [id = "", kind, key = "", expected] = entry.data.split(" ");
    if (kind === "cas" && (this.#rows.get(key)?.index ?? 0) !== Number(expected)) return false;
    for (const each of kind === "restore" ? key.split(",") : [key]) this.#put(each, id, entry.index);
    return true;
  }

  get(key: string): Version | undefined {
    return this.#rows.get(key);
  }

  /** Equal states at equal indexes have equal ones. */
  get hash(): number {
    return (Math.imul(this.#sum, 31) + this.appliedIndex) | 0;
  }

  clone(): Machine {
    const copy = new Machine();
    copy.appliedIndex = this.appliedIndex;
    copy.appliedTerm = this.appliedTerm;
    copy.#rows = new Map(this.#rows);
    copy.#sum = this.#sum;
    return copy;
  }

  encode(): Uint8Array {
    const rows = [...this.#rows].map(([key, { value, index }]) => `${key} ${value} ${index}`);
    return new TextEncoder().encode([`${this.appliedIndex} ${this.appliedTerm}`, ...rows].join("\n"));
  }

  static decode(bytes: Uint8Array): Machine {
    const [head = "", ...rows] = new TextDecoder().decode(bytes).split("\n");
    const machine = new Machine();
    [machine.appliedIndex = 0, machine.appliedTerm = 0] = head.split(" ").map(Number);
    for (const row of rows) {
      const [key = "", value = "", index] = row.split(" ");
      machine.#put(key, value, Number(index));
    }
    return machine;
  }

  #put(key: string, value: string, index: number): void {
    const old = this.#rows.get(key);
    if (old !== undefined) this.#sum = (this.#sum - hashOf(key, old)) | 0;
    const row = { value, index };
    this.#sum = (this.#sum + hashOf(key, row)) | 0;
    this.#rows.set(key, row);
  }
}

function hashOf(key: string, { value, index }: Version): number {
  return fnv(`${key} ${value} ${index}`);
}

/** In hex, of bytes; stands for the SHA-256 of a snapshot. */
export function digestOf(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16);
}
