import { expect, test } from "bun:test";
import { mutated, sourceOf } from "../sim/mutate.ts";
import { type Finding, hunt, upTo } from "./mutate.ts";
import { MUTATIONS } from "./mutations.ts";
import found from "./mutations-found.json" with { type: "json" };

/** Tried when the recorded seed doesn't notice any more. */
const SEEDS_MAX = 100;
const HELP = "`bun run gossip-sim --mutations` looks further and records what it finds";
const recorded: Readonly<Record<string, Finding>> = found as Record<string, Finding>;
const noticed = MUTATIONS.filter(({ unnoticed }) => unnoticed === undefined);

test("every mutation still fits the source, and has a name of its own", () => {
  for (const mutation of MUTATIONS) expect(mutated(mutation, sourceOf(mutation))).not.toBe(sourceOf(mutation));
  expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
});

test("every mutation is recorded with a seed that notices it, or says why none does", () => {
  expect(Object.keys(recorded).sort(), HELP).toEqual(noticed.map(({ name }) => name).sort());
});

test("a pool without one of the rules breaks an invariant, and the simulator notices", async () => {
  const missed: string[] = [];
  for (const mutation of noticed) {
    const finding = await hunt(mutation, upTo(SEEDS_MAX, recorded[mutation.name]?.seed));
    if (finding === undefined) missed.push(mutation.name);
  }
  expect(missed, HELP).toEqual([]);
});
