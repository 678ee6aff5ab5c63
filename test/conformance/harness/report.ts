import { difference } from "./compare.ts";
import type { Recorded } from "./recording.ts";
import type { Answer } from "./types.ts";

/** What one exchange came to. */
export interface Outcome {
  readonly id: string;
  readonly recorded: Recorded;
  readonly got: Answer;
  readonly same: boolean;
  /** The reason from the list of accepted differences. */
  readonly reason?: string;
}

export interface AreaOutcome {
  readonly name: string;
  readonly outcomes: readonly Outcome[];
  /** Why the server did not start. */
  readonly startFailure?: string;
}

/** The table `area same/total listed`, with the sum as its last line. */
export function table(areas: readonly AreaOutcome[]): string {
  const rows = areas.map((area) => row(area.name, area.outcomes));
  rows.push(
    row(
      "total",
      areas.flatMap((area) => area.outcomes),
    ),
  );
  const width = Math.max(...rows.map((columns) => columns[0].length));
  return rows
    .map(([name, score, listed]) => `${name.padEnd(width)}  ${score.padStart(9)}${listed}`)
    .map((line) => `${line}\n`)
    .join("");
}

function row(name: string, outcomes: readonly Outcome[]): [string, string, string] {
  const same = outcomes.filter((outcome) => outcome.same).length;
  const listed = outcomes.filter((outcome) => !outcome.same && outcome.reason !== undefined).length;
  return [name, `${same}/${outcomes.length}`, listed === 0 ? "" : `  (${listed} listed)`];
}

/** Everything that makes a replay fail, ready to print; empty when it passed. */
export function problems(areas: readonly AreaOutcome[], unknownListed: readonly string[]): string {
  const out: string[] = [];
  for (const area of areas) {
    if (area.startFailure !== undefined) out.push(`\n${area.name}: no server\n${indent(area.startFailure)}`);
    else for (const outcome of area.outcomes) out.push(...problem(outcome));
  }
  for (const id of unknownListed) out.push(`\n${id}: listed as a difference, but there is no such exchange`);
  return out.map((text) => `${text}\n`).join("");
}

function problem(outcome: Outcome): string[] {
  if (outcome.same && outcome.reason !== undefined) {
    return [`\n${outcome.id}: listed as a difference, but it no longer differs. Take it off the list.`];
  }
  if (outcome.same || outcome.reason !== undefined) return [];
  const lines = difference(outcome.recorded.answer, outcome.got).join("\n");
  return [`\n${outcome.id}\n${indent(outcome.recorded.request)}\n${indent(lines)}`];
}

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}
