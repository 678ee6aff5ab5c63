import { hunt } from "./mutate.ts";
import { MUTATIONS } from "./mutations.ts";

// Hunts every `stride`-th mutation from `from` on, and writes a line of JSON for each.

const [scratch = "", from = "0", stride = "1", seedsMax = "1000", only = ""] = process.argv.slice(2);
for (let at = Number(from); at < MUTATIONS.length; at += Number(stride)) {
  const mutation = MUTATIONS[at];
  if (mutation === undefined || !mutation.name.includes(only)) continue;
  const startedNs = Bun.nanoseconds();
  let line: object;
  try {
    line = await hunt(mutation, scratch, 1, Number(seedsMax));
  } catch (error) {
    line = { error: String(error) };
  }
  const seconds = (Bun.nanoseconds() - startedNs) / 1e9;
  process.stdout.write(`${JSON.stringify({ name: mutation.name, seconds, ...line })}\n`);
}
