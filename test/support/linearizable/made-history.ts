import type { KvInput, KvOperation, KvOutput, Pair } from "./consul-kv.ts";

export interface MadeOptions {
  readonly operations: number;
  readonly clients: number;
  readonly keys: number;
  /** Share of operations that get no answer; half of them take effect. */
  readonly unknownShare: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** A history that a correct store gave to clients that run beside each other, one operation each at a time. */
export function madeHistory({ operations, clients, keys, unknownShare, random }: MadeOptions): KvOperation[] {
  const store = new Map<string, Pair>();
  const last = new Map<string, Pair>();
  const free = Array.from({ length: clients }, () => 0);
  const planned = Array.from({ length: operations }, () => {
    const client = Math.floor(random() * clients);
    const call = (free[client] ?? 0) + random();
    const effect = call + random() * 3;
    free[client] = effect + random() * 3;
    return { client, call, effect, return: free[client] ?? 0, key: `k${Math.floor(random() * keys)}` };
  });
  let index = 10;
  const history: KvOperation[] = [];
  for (const [seq, { client, call, effect: _, return: end, key }] of planned
    .toSorted((a, b) => a.effect - b.effect)
    .entries()) {
    const input = inputOf(random, `v${seq}`, last.get(key)?.index ?? 0);
    const isLost = random() < unknownShare;
    const output = isLost && random() < 0.5 ? undefined : answer(store, key, input, ++index);
    if (input.f === "get" && typeof output === "object" && output !== null) last.set(key, output);
    const shared = { client: `c${client}`, key, input, call };
    history.push(isLost ? { ...shared, return: "unknown", output: undefined } : { ...shared, return: end, output });
  }
  return history;
}

function inputOf(random: () => number, value: string, index: number): KvInput {
  const dice = random();
  if (dice < 0.45) return { f: "get" };
  if (dice < 0.75) return { f: "put", value };
  if (dice < 0.92) return { f: "cas", value, index };
  return dice < 0.97 ? { f: "delete" } : { f: "delete-cas", index };
}

/** What a correct store does and says; a write gets `index`. */
function answer(store: Map<string, Pair>, key: string, input: KvInput, index: number): KvOutput {
  const pair = store.get(key);
  switch (input.f) {
    case "get":
      return pair ?? null;
    case "put":
      store.set(key, { value: input.value, index });
      return true;
    case "cas":
      if ((pair?.index ?? 0) !== input.index) return false;
      store.set(key, { value: input.value, index });
      return true;
    case "delete":
      store.delete(key);
      return true;
    case "delete-cas":
      if (pair !== undefined && pair.index !== input.index) return false;
      store.delete(key);
      return true;
  }
}
