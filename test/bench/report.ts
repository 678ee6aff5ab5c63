import { type Aim, median, type Result, type Unit } from "./bench.ts";
import type { Machine } from "./machine.ts";

/** A share of a core that others took, above which a figure is marked. */
const OTHERS_SHARE_MAX = 0.1;
const HEADINGS = ["measure", "Consul", "Muster", "ratio", "per CPU", "aim", "met?"];
const [BEGIN, END] = ["<!-- bench: begin -->", "<!-- bench: end -->"];

/** What was compared, and where. */
export interface Setting {
  readonly date: string;
  readonly machine: Machine;
  readonly versions: readonly string[];
  readonly runs: number;
  readonly seconds: number;
  readonly warnings: readonly string[];
}

/** What the figures of a measure say; undefined where a server was not measured. */
export interface Verdict {
  readonly consul: number | undefined;
  readonly muster: number | undefined;
  readonly ratio: number | undefined;
  readonly isMet: boolean | undefined;
}

/** Compares the medians. */
export function judge({ consul, muster, aim }: Pick<Result, "consul" | "muster" | "aim">): Verdict {
  const [theirs, ours] = [median(consul), median(muster)];
  const ratio = theirs === undefined || ours === undefined ? undefined : ours / theirs;
  const value = aim?.of === "ratio" ? ratio : ours;
  const isMet =
    aim === undefined || value === undefined
      ? undefined
      : aim.is === "at least"
        ? value >= aim.value
        : value <= aim.value;
  return { consul: theirs, muster: ours, ratio, isMet };
}

/** The table for a terminal: columns of equal width, numbers to the right. A verdict with `?` was disturbed by others. */
export function textTable(results: readonly Result[], isBusy: boolean): string {
  const rows = [HEADINGS, ...results.map((result) => cells(result, isBusy))];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))))
    .map((row) => `${row.join("  ").trimEnd()}\n`)
    .join("");
}

/** The same table for a document. */
export function markdownTable(results: readonly Result[], isBusy: boolean): string {
  const line = (row: readonly string[]) => `| ${row.join(" | ")} |\n`;
  return `${line(HEADINGS)}|---|--:|--:|--:|--:|--:|---|\n${results.map((result) => line(cells(result, isBusy))).join("")}`;
}

/** Where and how the figures came about, and what is wrong with them; a line each. */
export function settingLines({ date, machine, versions, runs, seconds, warnings }: Setting): string[] {
  const [server, load] = machine.idle.map((share) => `${Math.round(share * 100)} %`);
  return [
    `${date}, ${machine.cpu}, Linux ${machine.kernel}; ${versions.join(" and ")}.`,
    `Median of ${runs} run${runs === 1 ? "" : "s"} of ${seconds} s. Before the run: load average ${machine.loadAverage.toFixed(2)}, idle ${server} (servers' core) and ${load} (load's core).`,
    ...warnings,
  ];
}

/** What a reader must know before believing the figures. */
export function warningsOf(machine: Machine, results: readonly Result[]): string[] {
  const disturbed = results.filter(({ others = 0 }) => others > OTHERS_SHARE_MAX).map(({ title }) => title);
  return [
    ...(machine.isBusy ? ["The machine was busy with other work: these figures are not to be relied on."] : []),
    ...(disturbed.length > 0 ? [`Others took more than a tenth of a core during: ${disturbed.join("; ")}.`] : []),
  ];
}

/** A document with the text between its two marks replaced. Throws when it lacks them. */
export function withTable(document: string, text: string): string {
  const [from, to] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`no ${BEGIN} ... ${END}`);
  return `${document.slice(0, from)}${BEGIN}\n\n${text.trim()}\n\n${document.slice(to)}`;
}

/** Time is what others take away; memory and writes hardly change. Where nobody watched during the run, the look before it counts. */
function isDoubtful({ unit, others }: Result, isBusy: boolean): boolean {
  if (unit !== "/s" && unit !== "ms") return false;
  return others === undefined ? isBusy : others > OTHERS_SHARE_MAX;
}

function cells(result: Result, isBusy: boolean): string[] {
  const { consul, muster, ratio, isMet } = judge(result);
  const doubt = isDoubtful(result, isBusy) ? " ?" : "";
  const met = isMet === undefined ? "" : `${isMet ? "yes" : "no"}${doubt}`;
  return [
    result.title,
    amount(consul, result.unit),
    amount(muster, result.unit),
    ratio === undefined ? "-" : factor(ratio),
    result.cpuRatio === undefined ? "-" : factor(result.cpuRatio),
    aimText(result.aim, result.unit),
    met,
  ];
}

function aimText(aim: Aim | undefined, unit: Unit): string {
  if (aim === undefined) return "-";
  const value = aim.of === "ratio" ? factor(aim.value) : amount(aim.value, unit);
  return aim.is === "at most" ? `<= ${value}` : `>= ${value}`;
}

const factor = (ratio: number) => `${ratio.toFixed(ratio < 0.1 ? 3 : ratio < 10 ? 2 : 1)}x`;

function amount(value: number | undefined, unit: Unit): string {
  if (value === undefined) return "-";
  if (unit === "% core") return `${value.toFixed(2)} %`;
  const digits = unit === "ms" && value < 10 ? 1 : 0;
  const number = value.toLocaleString("en-US", { maximumFractionDigits: digits, minimumFractionDigits: digits });
  return unit === "/s" ? `${number}/s` : `${number} ${unit}`;
}
