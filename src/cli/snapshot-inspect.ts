import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { columnize } from "./columnize.ts";
import { type CommandContext, CommandFailure, errorText } from "./context.ts";
import { theFile } from "./file-argument.ts";
import type { OpenSnapshot, SnapshotMeta } from "./snapshot-file.ts";
import { openSnapshotFile } from "./snapshot-open.ts";
import { KVS, recordsOf } from "./snapshot-records.ts";
import type { SNAPSHOT_INSPECT_FLAGS } from "./table/snapshot.ts";

type Parsed = ParsedFlags<typeof SNAPSHOT_INSPECT_FLAGS>;

const GAP = "      ";

/**
 * `snapshot inspect`: verifies a file and prints its metadata, as Consul 1.8 does; what takes how much of it only on demand and
 * as JSON, as later versions print it.
 */
export async function run(context: CommandContext, { values, args }: Parsed): Promise<number> {
  const snapshot = openSnapshotFile(theFile(args));
  if (values.kvdepth < 1) throw new CommandFailure("-kvdepth must be at least 1");
  if (values.format !== "json" && !values.kvdetails) {
    context.print(`${columnize(metaRows(snapshot.meta), GAP)}\n`);
    return 0;
  }
  const { types, keys } = weigh(snapshot, values);
  const { meta } = snapshot;
  if (values.format === "json") {
    const ofKeys = values.kvdetails ? { StatsKV: listed(keys), TotalSizeKV: total(keys) } : {};
    context.out.write(encodeGoJson({ Meta: meta, Stats: listed(types), TotalSize: total(types), ...ofKeys }, true));
    return 0;
  }
  const metaTable = columnize(metaRows(meta), GAP);
  for (const text of [metaTable, weightTable("Type", types), weightTable("Key Name", keys)])
    context.print(`${text.replace(/^/gm, " ")}\n`);
  return 0;
}

function metaRows(meta: SnapshotMeta): string[][] {
  return (["ID", "Size", "Index", "Term", "Version"] as const).map((name) => [name, String(meta[name])]);
}

interface Weight {
  count: number;
  bytes: number;
}
type Weights = Map<string, Weight>;

/** What each type of record takes, and, if that is wanted, the keys below each prefix. */
function weigh({ state }: OpenSnapshot, values: Parsed["values"]): { types: Weights; keys: Weights } {
  const types: Weights = new Map();
  const keys: Weights = new Map();
  try {
    for (const { type, name, bytes, data } of recordsOf(state)) {
      add(types, name, bytes);
      if (!values.kvdetails || type !== KVS) continue;
      const key = String((data() as { Key?: unknown } | null)?.Key ?? "");
      if (key.startsWith(values.kvfilter)) add(keys, key.split("/").slice(0, values.kvdepth).join("/"), bytes);
    }
  } catch (error) {
    throw new CommandFailure(`Error extracting snapshot data: ${errorText(error)}`);
  }
  return { types, keys };
}

function add(weights: Weights, name: string, bytes: number): void {
  const weight = weights.get(name) ?? { count: 0, bytes: 0 };
  weights.set(name, { count: weight.count + 1, bytes: weight.bytes + bytes });
}

const total = (weights: Weights) => [...weights.values()].reduce((sum, { bytes }) => sum + bytes, 0);

/** The heaviest first. */
function listed(weights: Weights): { Name: string; Sum: number; Count: number }[] {
  return [...weights]
    .map(([Name, { count, bytes }]) => ({ Name, Sum: bytes, Count: count }))
    .sort((a, b) => b.Sum - a.Sum || (a.Name < b.Name ? -1 : 1));
}

function weightTable(title: string, weights: Weights): string {
  const line = ["----", "----", "----"];
  const rows = listed(weights).map(({ Name, Sum, Count }) => [Name, String(Count), bytesText(Sum)]);
  return columnize([[title, "Count", "Size"], line, ...rows, line, ["Total", "", bytesText(total(weights))]], GAP);
}

const UNITS = ["B", "KB", "MB", "GB"];

function bytesText(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1);
  return `${Number((bytes / 1024 ** power).toFixed(1))}${UNITS[power]}`;
}
