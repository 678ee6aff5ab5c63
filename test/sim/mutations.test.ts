import { expect, test } from "bun:test";
import { mutated, sourceOf } from "./mutate.ts";
import { huntAll } from "./mutation-hunt.ts";
import { MUTATIONS } from "./mutations.ts";
import found from "./mutations-found.json" with { type: "json" };

/** Tried when the recorded seed doesn't notice any more. */
const SEEDS_MAX = 500;
const WORKERS = 2;
const HELP = "`bun run sim --mutations --workers 2` looks further and records what it finds";
const recorded: Readonly<Record<string, { seed: number; by: string }>> = found;
const noticed = MUTATIONS.filter(({ unnoticed }) => unnoticed === undefined);

test("every mutation still fits the source, and has another name", () => {
  for (const mutation of MUTATIONS) expect(mutated(mutation, sourceOf(mutation))).not.toBe(sourceOf(mutation));
  expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
});

test("every mutation is recorded with a seed that notices it, or says why none does", () => {
  expect(Object.keys(recorded).sort(), HELP).toEqual(noticed.map(({ name }) => name).sort());
});

test("a cluster without one of the rules breaks an invariant, and the simulator notices", async () => {
  const wanted = noticed.map(({ name }) => [name, recorded[name]?.seed] as const);
  const hunted = await huntAll(wanted, SEEDS_MAX, WORKERS);
  expect(hunted.length).toBe(noticed.length);
  expect(
    hunted.filter(({ finding }) => finding === undefined).map(({ name }) => name),
    HELP,
  ).toEqual([]);
});
