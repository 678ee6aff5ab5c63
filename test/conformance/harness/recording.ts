import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { same } from "./compare.ts";
import { describe } from "./dsl.ts";
import type { Answer, Area } from "./types.ts";

const DIR = join(import.meta.dir, "..", "recorded");
const CLIENT_DIR = join(DIR, "through-client");
const NOT_RECORDED: Answer = { kind: "none", failure: "not recorded" };

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
  await save(join(DIR, `${area.name}.json`), recording);
}

/** Keeps of what a client agent answered what its server alone answered otherwise. */
export async function saveClientRecording(area: Area, recording: Recording): Promise<void> {
  const alone = await loadRecording(area);
  const own = Object.entries(recording).filter(([id, { answer }]) => !same(answer, alone[id]?.answer ?? NOT_RECORDED));
  const path = join(CLIENT_DIR, `${area.name}.json`);
  if (own.length > 0) await save(path, Object.fromEntries(own));
  else await rm(path, { force: true });
}

async function save(path: string, recording: Recording): Promise<void> {
  await writeFile(path, `${JSON.stringify(recording, null, 2)}\n`);
}

/** Reads an area's recording. Throws when an exchange is missing in it or asks something else than the script does. */
export async function loadRecording(area: Area): Promise<Recording> {
  const path = join(DIR, `${area.name}.json`);
  const recording = await load(path, area);
  const missing = area.exchanges.filter(({ id }) => recording[id] === undefined).map(({ id }) => id);
  if (missing.length > 0) throw misfit(path, missing);
  return recording;
}

/** Reads what a client agent answers in an area: as its server alone, but for what was recorded of it. */
export async function loadClientRecording(area: Area): Promise<Recording> {
  const path = join(CLIENT_DIR, `${area.name}.json`);
  const own = existsSync(path) ? await load(path, area) : {};
  return { ...(await loadRecording(area)), ...own };
}

async function load(path: string, area: Area): Promise<Recording> {
  const recording = JSON.parse(await readFile(path, "utf8")) as Recording;
  const asked = new Map(area.exchanges.map(({ id, request }) => [id, describe(request)]));
  const stale = Object.keys(recording).filter((id) => recording[id]?.request !== asked.get(id));
  if (stale.length > 0) throw misfit(path, stale);
  return recording;
}

function misfit(path: string, ids: readonly string[]): Error {
  return new Error(`${path} does not fit the script, record again: ${ids.join(", ")}`);
}
