import { hunt } from "./mutate.ts";
import { MUTATIONS } from "./mutations.ts";

// Hunts some of the mutations, and writes a line of JSON for each: its name, and what was found.

/** Names, each with the seed that is tried first. */
const [list = "[]", seedsMax = "1"] = process.argv.slice(2);

function* seeds(first: number | null): Generator<number> {
  if (first !== null) yield first;
  for (let seed = 1; seed <= Number(seedsMax); seed++) yield seed;
}

for (const [name, first] of JSON.parse(list) as [string, number | null][]) {
  const mutation = MUTATIONS.find((each) => each.name === name);
  if (mutation === undefined) throw new Error(`no mutation "${name}"`);
  const finding = await hunt(mutation, seeds(first));
  process.stdout.write(`${JSON.stringify({ name, finding })}\n`);
}
