import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Cluster } from "./runner/cluster.ts";
import { runCommand } from "./runner/commands.ts";
import { parseScenario, renderScenario } from "./runner/scenario.ts";
import { forgetWireIds } from "./runner/text.ts";

// `bun run scenario [NAME...] [--rewrite]`: runs the text files of `traces` and compares what their commands print with
// what stands below them. `--rewrite` writes down what they print now: read the difference before you keep it.

const TRACES = join(import.meta.dir, "traces");
/** A command that makes no sense, or what no run may show. No text can expect it. */
const FORBIDDEN = /^\s*(error:|VIOLATION)/;
const say = (text: string) => process.stdout.write(`${text}\n`);

const args = process.argv.slice(2);
const isRewritten = args.includes("--rewrite");
const wanted = args.filter((word) => !word.startsWith("--"));
const names = readdirSync(TRACES)
  .filter((name) => name.endsWith(".txt"))
  .sort();
const chosen = names.filter((name) => wanted.length === 0 || wanted.some((word) => name.startsWith(word)));

/** True when the file says what its commands print. */
function runFile(name: string): boolean {
  const path = join(TRACES, name);
  const text = readFileSync(path, "utf8");
  const scenario = parseScenario(text);
  const cluster = new Cluster();
  forgetWireIds();
  const printed = scenario.blocks.map(({ command }) => runCommand(cluster, command));
  const broken = printed.flat().filter((line) => FORBIDDEN.test(line));
  for (const line of broken) say(`${name}: ${line}`);
  if (isRewritten) {
    const now = renderScenario(scenario, printed);
    if (now !== text) {
      writeFileSync(path, now);
      say(`rewritten ${name}`);
    }
    return broken.length === 0;
  }
  const isSame = scenario.blocks
    .map(({ command, expected, line }, at) => {
      const got = printed[at] ?? [];
      if (expected.join("\n") === got.join("\n")) return true;
      say(`\n${name}:${line}: ${command}\n${difference(expected, got)}`);
      return false;
    })
    .every(Boolean);
  return isSame && broken.length === 0;
}

/** Lines of one side that the other has not at their place are marked. */
function difference(expected: readonly string[], got: readonly string[]): string {
  const start = expected.findIndex((line, at) => line !== got[at]);
  const from = start < 0 ? expected.length : start;
  return [
    ...expected.slice(0, from).map((line) => `  ${line}`),
    ...expected.slice(from).map((line) => `- ${line}`),
    ...got.slice(from).map((line) => `+ ${line}`),
  ].join("\n");
}

if (chosen.length === 0) {
  say(`no scenario ${wanted.join(" ")}; there are ${names.join(" ")}`);
  process.exit(2);
}
const same = chosen.filter(runFile).length;
say(`total  ${same}/${chosen.length}`);
process.exitCode = same === chosen.length ? 0 : 1;
