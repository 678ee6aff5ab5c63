import { readFileSync } from "node:fs";

/** Where packets to the rest of the world leave. */
export interface DefaultRoute {
  readonly interface: string;
  /** "" when there is none on the way, such as for a tunnel. */
  readonly gateway: string;
}

export interface DefaultRoutes {
  readonly ipv4?: DefaultRoute;
  readonly ipv6?: DefaultRoute;
}

const ROUTE_UP = 0x1;
const ROUTE_REJECT = 0x200;

/** The default routes of both families with the best metric; none where the system doesn't tell (other than Linux). */
export function defaultRoutes(): DefaultRoutes {
  const ipv4 = parseIpv4Routes(readOrNothing("/proc/net/route"));
  const ipv6 = parseIpv6Routes(readOrNothing("/proc/net/ipv6_route"));
  return { ...(ipv4 && { ipv4 }), ...(ipv6 && { ipv6 }) };
}

/** The default route of `/proc/net/route`. */
export function parseIpv4Routes(text: string): DefaultRoute | undefined {
  return best(
    text.split("\n").flatMap((line) => {
      const [name = "", destination, gateway = "", flags = "", , , metric = "", mask] = line.split(/\s+/);
      if (destination !== "00000000" || mask !== "00000000") return [];
      return [{ interface: name, gateway: fromLittleEndian(gateway), flags: hex(flags), metric: Number(metric) }];
    }),
  );
}

/** The default route of `/proc/net/ipv6_route`. */
export function parseIpv6Routes(text: string): DefaultRoute | undefined {
  return best(
    text.split("\n").flatMap((line) => {
      const [destination, length, , , gateway = "", metric = "", , , flags = "", name = ""] = line.trim().split(/\s+/);
      if (destination !== "0".repeat(32) || length !== "00" || name === "lo") return [];
      return [{ interface: name, gateway: fromHex(gateway), flags: hex(flags), metric: hex(metric) }];
    }),
  );
}

interface Route extends DefaultRoute {
  readonly flags: number;
  readonly metric: number;
}

function best(routes: readonly Route[]): DefaultRoute | undefined {
  const usable = routes.filter(({ flags }) => (flags & ROUTE_UP) !== 0 && (flags & ROUTE_REJECT) === 0);
  const [first] = usable.sort((a, b) => a.metric - b.metric);
  return first && { interface: first.interface, gateway: first.gateway };
}

const hex = (text: string) => Number.parseInt(text, 16);

/** The kernel prints an IPv4 address as a number of this machine, and those are little endian wherever this runs. */
function fromLittleEndian(text: string): string {
  const bytes = [6, 4, 2, 0].map((at) => hex(text.slice(at, at + 2)));
  return bytes.every((byte) => byte === 0) ? "" : bytes.join(".");
}

function fromHex(text: string): string {
  if (/^0*$/.test(text)) return "";
  return text.replace(/.{4}(?!$)/g, "$&:");
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Another system, or /proc is hidden: then nothing is known of routes.
    return "";
  }
}
