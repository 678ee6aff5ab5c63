import type { KvOperation, Pair } from "./consul-kv.ts";

/** A read in stale mode: it may be old, but it goes back on nothing. */
export interface StaleRead {
  /** The run of the server that answered; another after each restart, which may begin with an older state. */
  readonly server: string;
  readonly key: string;
  readonly call: number;
  readonly return: number;
  /** Null: there was no such key. */
  readonly pair: Pair | null;
  /** X-Consul-Index. */
  readonly index: number;
}

/**
 * What is wrong with stale reads beside the history of the same keys: a pair that never was, a value from the future, an
 * index in the header below the pair's, and a server that shows an older version than it showed before.
 */
export function staleComplaints(reads: readonly StaleRead[], history: readonly KvOperation[]): string[] {
  return [...foreign(reads, history), ...backwards(reads)];
}

function foreign(reads: readonly StaleRead[], history: readonly KvOperation[]): string[] {
  const calls = new Map<string, number>();
  const versions = new Map<string, string>();
  const name = (key: string, text: string | number) => `${key}\n${text}`;
  for (const { key, call, input } of history) if ("value" in input) calls.set(name(key, input.value), call);
  const wrong: string[] = [];
  const learn = (key: string, { value, index }: Pair) => {
    const known = versions.get(name(key, index)) ?? value;
    if (known !== value) wrong.push(`${key}@${index} is ${known} and ${value}`);
    versions.set(name(key, index), value);
  };
  for (const { key, output } of history) if (typeof output === "object" && output !== null) learn(key, output);
  for (const { key, pair, index, return: end } of reads) {
    if (pair === null) continue;
    learn(key, pair);
    const call = calls.get(name(key, pair.value));
    if (call === undefined) wrong.push(`${key}@${pair.index} is ${pair.value}, which nobody wrote`);
    else if (call > end) wrong.push(`${key}@${pair.index} was ${pair.value} before anybody asked to write it`);
    if (index < pair.index) wrong.push(`${key}@${pair.index} came with X-Consul-Index ${index}`);
  }
  return wrong;
}

function backwards(reads: readonly StaleRead[]): string[] {
  const wrong: string[] = [];
  for (const ofOne of Map.groupBy(reads, ({ server, key }) => `${key} on ${server}`)) {
    const [name, all] = ofOne;
    const byReturn = all.toSorted((a, b) => a.return - b.return);
    let [at, newest] = [0, 0];
    for (const read of all.toSorted((a, b) => a.call - b.call)) {
      // Only what was answered before this one was asked.
      for (let before = byReturn[at]; before !== undefined && before.return < read.call; before = byReturn[++at])
        newest = Math.max(newest, before.pair?.index ?? 0);
      if (read.pair !== null && read.pair.index < newest)
        wrong.push(`${name} went back from ${newest} to ${read.pair.index}`);
    }
  }
  return wrong;
}
