import type { Model, Operation } from "./history.ts";

/** A key's value and ModifyIndex. */
export interface Pair {
  readonly value: string;
  readonly index: number;
}

export type KvInput =
  | { readonly f: "get" }
  | { readonly f: "put"; readonly value: string }
  /** Index 0: only when there is no such key. */
  | { readonly f: "cas"; readonly value: string; readonly index: number }
  | { readonly f: "delete" }
  | { readonly f: "delete-cas"; readonly index: number };

/** Of a read the pair, or null when there is no such key; of a write what the answer says. */
export type KvOutput = Pair | null | boolean;

export type KvOperation = Operation<KvInput, KvOutput>;

interface KvState {
  /** Null: there is no such key. */
  readonly value: string | null;
  /** Undefined until somebody sees it: a write is not answered with it. */
  readonly index: number | undefined;
  /** All indexes from here on are higher. */
  readonly floor: number;
  /** What an index that nobody has seen can't be, by swaps that failed. */
  readonly not: readonly number[];
}

/** Without an index when it is not certain. */
type Seen = ReadonlyMap<string, number | undefined>;

/** Stands for every value that nobody reads. */
const UNSEEN = "(never read)";

/**
 * One key of Consul's store: values, ModifyIndex that only grows, swaps by index. Writes of different operations must
 * have different values, or an effect that came twice can't be told from two.
 */
export function consulKv(history: readonly KvOperation[]): Model<KvInput, KvOutput, KvState> {
  const seen = seenIndexes(history);
  return {
    initial: { value: null, index: undefined, floor: 0, not: [] },
    step: (state, input, output) => step(state, input, output, seen),
    fingerprint: ({ value, index, floor, not }) =>
      `${value === null ? "absent" : JSON.stringify(value)}@${index ?? `?>${floor}${not.length > 0 ? `!${not}` : ""}`}`,
    isRead: ({ f }) => f === "get",
    twins(input) {
      if (input.f === "delete") return "delete";
      if (input.f === "delete-cas") return `delete ${input.index}`;
      if (input.f === "get" || seen.has(input.value)) return undefined;
      return input.f === "put" ? "put" : `cas ${input.index}`;
    },
    describe,
  };
}

/** The values that somebody read, each with its index where only one write can have made it. */
function seenIndexes(history: readonly KvOperation[]): Seen {
  const writes = Map.groupBy(history, ({ input }) => ("value" in input ? input.value : undefined));
  const pairs = history.flatMap(({ output }) => (typeof output === "object" && output !== null ? [output] : []));
  const seen = new Map<string, number | undefined>();
  for (const [value, ofValue] of Map.groupBy(pairs, (pair) => pair.value)) {
    const [index, ...others] = new Set(ofValue.map((pair) => pair.index));
    seen.set(value, others.length === 0 && writes.get(value)?.length === 1 ? index : undefined);
  }
  return seen;
}

function step(state: KvState, input: KvInput, output: KvOutput | undefined, seen: Seen): KvState | undefined {
  switch (input.f) {
    case "get":
      if (output === null) return state.value === null ? state : undefined;
      if (typeof output !== "object" || state.value !== output.value) return undefined;
      return withIndex(state, output.index);
    case "put":
      return written(state, input.value, seen);
    case "delete":
      return removed(state);
    case "cas": {
      const found = input.index === 0 ? (state.value === null ? state : undefined) : present(state, input.index);
      if (output !== false) return found && written(found, input.value, seen);
      return input.index === 0 ? (state.value === null ? undefined : state) : otherThan(state, input.index);
    }
    case "delete-cas":
      // Consul answers true when there is nothing to delete.
      if (output !== false) return state.value === null ? state : removed(withIndex(state, input.index));
      return state.value === null ? undefined : otherThan(state, input.index);
  }
}

function present(state: KvState, index: number): KvState | undefined {
  return state.value === null ? undefined : withIndex(state, index);
}

/** The state when its index is seen to be `index`. */
function withIndex(state: KvState, index: number): KvState | undefined {
  if (state.index !== undefined) return state.index === index ? state : undefined;
  return index > state.floor && !state.not.includes(index) ? { ...state, index, floor: index, not: [] } : undefined;
}

/** The state when its index is seen not to be `index`. */
function otherThan(state: KvState, index: number): KvState | undefined {
  if (state.value === null) return state;
  if (state.index !== undefined) return state.index === index ? undefined : state;
  return index > state.floor && !state.not.includes(index) ? { ...state, not: [...state.not, index].sort() } : state;
}

function written(state: KvState, value: string, seen: Seen): KvState | undefined {
  // The value that it has already changes nothing, not even the index.
  if (state.value === value) return state;
  const fresh = { value: seen.has(value) ? value : UNSEEN, index: undefined, floor: state.floor, not: [] };
  const index = seen.get(value);
  // What a later read shows is used at once: an order that contradicts it is not followed any further.
  return index === undefined ? fresh : withIndex(fresh, index);
}

function removed(state: KvState | undefined): KvState | undefined {
  return state && { value: null, index: undefined, floor: state.floor, not: [] };
}

function describe(input: KvInput, output: KvOutput | undefined): string {
  const short = (value: string) => JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  const result =
    output === undefined
      ? "no answer"
      : output === null
        ? "absent"
        : typeof output === "boolean"
          ? String(output)
          : `${short(output.value)}@${output.index}`;
  switch (input.f) {
    case "put":
      return `put ${short(input.value)} -> ${result}`;
    case "cas":
      return `cas ${input.index} ${short(input.value)} -> ${result}`;
    case "delete-cas":
      return `delete cas ${input.index} -> ${result}`;
    default:
      return `${input.f} -> ${result}`;
  }
}
