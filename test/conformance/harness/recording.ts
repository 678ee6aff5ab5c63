import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe } from "./dsl.ts";
import type { Answer, Area, Exchange } from "./types.ts";

const DIR = join(import.meta.dir, "..", "recorded");

/** One recorded exchange: the request is kept for readers, and to notice a script that moved on. */
export interface Recorded {
  readonly request: string;
  readonly answer: Answer;
}

export type Recording = Readonly<Record<string, Recorded>>;

/** Pairs the answers of an area with their requests. */
export function recordingOf(area: Area, answers: ReadonlyMap<string, Answer>): Recording {
  const recording: Record<string, Recorded> = {};
  for (const exchange of area.exchanges) {
    const answer = answers.get(exchange.id);
    if (answer !== undefined) recording[exchange.id] = { request: describe(exchange.request), answer };
  }
  return recording;
}

/** Writes an area's recording, pretty-printed, so that a change of it can be reviewed. */
export async function saveRecording(area: Area, recording: Recording): Promise<void> {
  await writeFile(join(DIR, `${area.name}.json`), `${JSON.stringify(recording, null, 2)}\n`);
}

/** Reads an area's recording. Throws when an exchange is missing in it or asks something else than the script does. */
export async function loadRecording(area: Area): Promise<Recording> {
  const path = join(DIR, `${area.name}.json`);
  const recording = JSON.parse(await readFile(path, "utf8")) as Recording;
  const stale = area.exchanges.filter((exchange) => !matches(recording, exchange)).map((exchange) => exchange.id);
  const ids = new Set(area.exchanges.map((exchange) => exchange.id));
  stale.push(...Object.keys(recording).filter((id) => !ids.has(id)));
  if (stale.length > 0) throw new Error(`${path} does not fit the script, record again: ${stale.join(", ")}`);
  return recording;
}

function matches(recording: Recording, exchange: Exchange): boolean {
  return recording[exchange.id]?.request === describe(exchange.request);
}
