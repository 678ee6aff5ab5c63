import { isIPv4, isIPv6 } from "../../lib/ip-text.ts";
import type { Endpoint } from "../messages.ts";

/** What a member must know to find its pool again, and not to be told again what it was told. */
export interface Snapshot {
  /** Those that were alive, by name. */
  readonly alive: ReadonlyMap<string, Endpoint>;
  /** The last time that was seen of each clock; 0 for none. */
  readonly clock: number;
  readonly eventClock: number;
  readonly queryClock: number;
  /** It went on purpose, so that it does not come back by itself. */
  readonly hasLeft: boolean;
}

/** Members whose addresses are kept; any of them brings all others. */
const ALIVE_MAX = 65_536;
const PORT_MAX = 65_535;

/** Serf's format, so that either program finds its pool with the other's file. Serf adds lines, and the last ones count. */
export function encodeSnapshot({ alive, clock, eventClock, queryClock, hasLeft }: Snapshot): string {
  const lines: string[] = [];
  for (const [name, at] of alive) if (!/[\r\n]/.test(name)) lines.push(`alive: ${name} ${endpointText(at)}`);
  lines.push(`clock: ${clock}`, `event-clock: ${eventClock}`, `query-clock: ${queryClock}`);
  if (hasLeft) lines.push("leave");
  return `${lines.join("\n")}\n`;
}

/**
 * Reads any text: a line that is not understood is left out and told to `complain`. After `leave` nothing of what stands
 * before counts, unless the member is to come back all the same.
 */
export function decodeSnapshot(text: string, rejoinAfterLeave: boolean, complain: (line: string) => void): Snapshot {
  const alive = new Map<string, Endpoint>();
  const clocks = { clock: 0, "event-clock": 0, "query-clock": 0 };
  let hasLeft = false;
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#") || line.startsWith("coordinate: ")) continue;
    if (line === "leave") {
      hasLeft = true;
      if (rejoinAfterLeave) continue;
      alive.clear();
      Object.assign(clocks, { clock: 0, "event-clock": 0, "query-clock": 0 });
      continue;
    }
    const [, key = "", value = ""] = /^([a-z-]+): (.*)$/s.exec(line) ?? [];
    if (key === "alive") {
      const member = memberOf(value);
      if (member === undefined) complain(line);
      else if (alive.size < ALIVE_MAX || alive.has(member.name)) {
        alive.set(member.name, member.at);
        hasLeft = false;
      }
    } else if (key === "not-alive") alive.delete(value);
    else if (key === "clock" || key === "event-clock" || key === "query-clock") {
      const time = timeOf(value);
      if (time === undefined) complain(line);
      else clocks[key] = time;
    } else complain(line);
  }
  const { clock, "event-clock": eventClock, "query-clock": queryClock } = clocks;
  return { alive, clock, eventClock, queryClock, hasLeft };
}

function endpointText({ address, port }: Endpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** `NAME IP:PORT`; a name may have spaces. */
function memberOf(text: string): { name: string; at: Endpoint } | undefined {
  const [, name = "", v6, v4 = "", digits = ""] = /^(.+) (?:\[([^\]]+)\]|([^:[\] ]+)):(\d{1,5})$/s.exec(text) ?? [];
  const address = v6 ?? v4;
  const port = Number(digits);
  if (name === "" || port < 1 || port > PORT_MAX) return undefined;
  return isIPv4(address) || isIPv6(address) ? { name, at: { address, port } } : undefined;
}

/** Times that no pool reaches are damage or malice. */
function timeOf(text: string): number | undefined {
  const time = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(time) ? time : undefined;
}
