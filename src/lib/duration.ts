/**
 * Go's `time.ParseDuration` and `Duration.String`, in nanoseconds, because Consul's API, DNS and files use their
 * texts. A number holds every duration up to 104 days exactly, and longer ones to better than a microsecond.
 */
export const NS_PER_MS = 1e6;
export const NS_PER_S = 1e9;

const UNIT_NS: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 };
const TERM = /([0-9]*)(\.[0-9]*)?([^0-9.]*)/y;
const DURATION_NS_MAX = 2 ** 63;

/** Nanoseconds of a Go duration text such as `1h2m3.5s`; throws an Error with the text of Go 1.15 and later. */
export function parseDurationNs(text: string): number {
  const bad = () => new Error(`time: invalid duration ${JSON.stringify(text)}`);
  let rest = text;
  let sign = 1;
  if (rest[0] === "-" || rest[0] === "+") {
    sign = rest[0] === "-" ? -1 : 1;
    rest = rest.slice(1);
  }
  if (rest === "0") return 0;
  if (rest === "") throw bad();
  let total = 0;
  TERM.lastIndex = 0;
  while (TERM.lastIndex < rest.length) {
    const [, whole = "", fraction = "", unit = ""] = TERM.exec(rest) ?? [];
    if (whole === "" && fraction.length < 2) throw bad();
    if (unit === "") throw new Error(`time: missing unit in duration ${JSON.stringify(text)}`);
    const scale = UNIT_NS[unit];
    if (scale === undefined)
      throw new Error(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    total += Number(whole || "0") * scale;
    if (fraction.length > 1) total += Math.trunc(Number(fraction) * scale);
    if (total >= DURATION_NS_MAX) throw bad();
  }
  return sign * total;
}

/** Milliseconds of a Go duration text; see `parseDurationNs`. */
export function parseDurationMs(text: string): number {
  return parseDurationNs(text) / NS_PER_MS;
}

/** Go's `Duration.String()`: `15s`, `1m30s`, `1h0m0s`, `150ms`, `0s`. */
export function formatDurationNs(ns: number): string {
  if (ns === 0) return "0s";
  if (ns < 0) return `-${formatDurationNs(-ns)}`;
  if (ns < 1e3) return `${ns}ns`;
  if (ns < 1e6) return `${trim(ns / 1e3)}µs`;
  if (ns < NS_PER_S) return `${trim(ns / 1e6)}ms`;
  const totalSeconds = Math.floor(ns / NS_PER_S);
  const seconds = trim((totalSeconds % 60) + (ns % NS_PER_S) / NS_PER_S);
  const minutes = Math.floor(totalSeconds / 60);
  if (minutes === 0) return `${seconds}s`;
  if (minutes < 60) return `${minutes}m${seconds}s`;
  return `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}s`;
}

function trim(value: number): string {
  return value.toFixed(9).replace(/\.?0+$/, "");
}
