import { parseArgs as parse } from "node:util";

export type Command =
  | { kind: "one"; seed: number; trace: boolean }
  | { kind: "many"; from: number; count: number }
  | { kind: "table"; sizeMax: number; only: string }
  | { kind: "mutations"; count: number; only: string };

export const USAGE = `bun run gossip-sim SEED [--trace]          one pool, again and again the same
bun run gossip-sim --seeds N [--from SEED]
bun run gossip-sim --table [--size N] [--only TEXT]   the tables of docs/gossip-simulation.md, with pools of up to N members (10000)
bun run gossip-sim --mutations [--only TEXT] [--seeds N]   looks for a seed that notices each broken rule, and records it
`;

const SEEDS_DEFAULT = 500;
const SIZE_DEFAULT = 10_000;

/** Throws an Error with a text for people. */
export function parseArgs(argv: readonly string[]): Command {
  const { values, positionals } = parse({
    args: [...argv],
    allowPositionals: true,
    options: {
      seeds: { type: "string", default: `${SEEDS_DEFAULT}` },
      from: { type: "string", default: "1" },
      size: { type: "string", default: `${SIZE_DEFAULT}` },
      table: { type: "boolean", default: false },
      mutations: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      trace: { type: "boolean", default: false },
    },
  });
  const count = whole("--seeds", values.seeds);
  if (values.table) return { kind: "table", sizeMax: whole("--size", values.size), only: values.only };
  if (values.mutations) return { kind: "mutations", count, only: values.only };
  const [seed, ...more] = positionals;
  if (more.length > 0) throw new Error("one seed at a time");
  if (seed !== undefined) return { kind: "one", seed: whole("a seed", seed), trace: values.trace };
  return { kind: "many", from: whole("--from", values.from), count };
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name} must be a whole number above 0, not ${text}`);
  return value;
}
