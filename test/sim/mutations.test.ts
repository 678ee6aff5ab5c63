import { expect, test } from "bun:test";
import { mutated, sourceOf } from "./mutate.ts";
import { huntAll } from "./mutation-hunt.ts";
import { MUTATIONS } from "./mutations.ts";
import found from "./mutations-found.json" with { type: "json" };

/** What takes more seeds than this to be noticed is looked for by hand, not by every check. */
const RARE_SEEDS = 300;
/** Tried when the recorded seed doesn't notice any more: far more than it took. */
const SEEDS_MAX = 6 * RARE_SEEDS;
const WORKERS = 2;
const HELP = "`bun run sim --mutations --workers 2` looks further and records what it finds";
const recorded: Readonly<Record<string, { seed: number; by: string }>> = found;
const noticed = MUTATIONS.filter(({ unnoticed }) => unnoticed === undefined);

test("every mutation still fits the source, and has a name of its own", () => {
  for (const mutation of MUTATIONS) expect(mutated(mutation, sourceOf(mutation))).not.toBe(sourceOf(mutation));
  expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
});

test("every mutation is recorded with a seed that notices it, or says why none does", () => {
  const names = noticed.map(({ name }) => name);
  expect(
    names.filter((name) => recorded[name] === undefined),
    HELP,
  ).toEqual([]);
  expect(Object.keys(recorded).filter((name) => !names.includes(name))).toEqual([]);
});

test("a cluster without one of the rules breaks an invariant, and the simulator notices", async () => {
  const wanted = noticed.flatMap(({ name }) => {
    const { seed } = recorded[name] ?? { seed: 1 };
    return seed <= RARE_SEEDS ? [[name, seed] as const] : [];
  });
  expect(wanted.length).toBeGreaterThan(noticed.length / 2);
  const hunted = await huntAll(wanted, SEEDS_MAX, WORKERS);
  expect(hunted.length).toBe(wanted.length);
  const missed = hunted.filter(({ finding }) => finding === undefined).map(({ name }) => name);
  expect(missed, HELP).toEqual([]);
});
