import { parseArgs as parse } from "node:util";
import { THEME_NAMES, type ThemeName } from "./plan/themes.ts";

export type Command =
  | { kind: "one"; seed: number; trace: boolean; minimise: string | undefined }
  | { kind: "plan"; path: string; trace: boolean }
  | { kind: "mutations"; count: number; workers: number; only: string }
  | { kind: "many"; from: number; count: number; forMs: number; workers: number; theme: ThemeName | undefined };

export const USAGE = `bun run sim SEED [--trace] [--minimise FILE]   one run, again and again the same; FILE gets a smaller plan that fails as well
bun run sim --plan FILE [--trace]              a plan that was written so
bun run sim --seeds N [--from SEED] [--workers N] [--theme NAME]
bun run sim --hours N [--from SEED] [--workers N] [--theme NAME]   only seeds that are about ${THEME_NAMES.join(", ")}
bun run sim --mutations [--only TEXT] [--seeds N] [--workers N]   looks for a seed that notices each broken rule, and records it
`;

const MS_PER_HOUR = 3_600_000;
const SEEDS_DEFAULT = 1000;
const MUTATION_SEEDS_DEFAULT = 5000;

/** Throws an Error with a text for people. */
export function parseArgs(argv: readonly string[]): Command {
  const { values, positionals } = parse({
    args: [...argv],
    allowPositionals: true,
    options: {
      seeds: { type: "string" },
      hours: { type: "string" },
      from: { type: "string", default: "1" },
      workers: { type: "string", default: "1" },
      plan: { type: "string" },
      mutations: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      theme: { type: "string" },
      trace: { type: "boolean", default: false },
      minimise: { type: "string" },
    },
  });
  if (values.plan !== undefined) return { kind: "plan", path: values.plan, trace: values.trace };
  const workers = whole("--workers", values.workers);
  if (values.mutations) {
    const count = whole("--seeds", values.seeds ?? `${MUTATION_SEEDS_DEFAULT}`);
    return { kind: "mutations", count, workers, only: values.only };
  }
  const [seed, ...more] = positionals;
  if (more.length > 0) throw new Error("one seed at a time");
  if (seed !== undefined) {
    return { kind: "one", seed: whole("a seed", seed), trace: values.trace, minimise: values.minimise };
  }
  const forMs = values.hours === undefined ? Number.POSITIVE_INFINITY : positive("--hours", values.hours) * MS_PER_HOUR;
  const unlimited = values.hours !== undefined && values.seeds === undefined;
  const count = unlimited ? Number.POSITIVE_INFINITY : whole("--seeds", values.seeds ?? `${SEEDS_DEFAULT}`);
  return {
    kind: "many",
    from: whole("--from", values.from),
    count,
    forMs,
    workers: whole("--workers", values.workers),
    theme: values.theme === undefined ? undefined : themed(values.theme),
  };
}

function themed(name: string): ThemeName {
  const known = THEME_NAMES.find((each) => each === name);
  if (known === undefined) throw new Error(`--theme must be one of ${THEME_NAMES.join(", ")}, not ${name}`);
  return known;
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name} must be a whole number above 0, not ${text}`);
  return value;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${name} must be a number above 0, not ${text}`);
  return value;
}
