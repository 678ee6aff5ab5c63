import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type { InterfaceAddress } from "../config/addresses.ts";
import { toBits } from "../config/sockaddr/bits.ts";
import { type DefaultRoutes, defaultRoutes } from "./default-route.ts";

/** The addresses of this machine's interfaces that are up, in the kernel's order; none when the system refuses to tell. */
export function machineInterfaces(): InterfaceAddress[] {
  const routes = defaultRoutes();
  const temporary = temporaryAddresses(readOrNothing("/proc/net/if_inet6"));
  return Object.entries(interfacesOrNone()).flatMap(([name, addresses = []]) => {
    const flags = interfaceFlags(readOrNothing(`/sys/class/net/${name}/flags`));
    return addresses.map((each) => describe(name, each, flags, routes, temporary));
  });
}

type SystemAddress = NonNullable<ReturnType<typeof networkInterfaces>[string]>[number];

function describe(
  name: string,
  { address, cidr, family }: SystemAddress,
  flags: readonly string[],
  routes: DefaultRoutes,
  temporary: ReadonlySet<string>,
): InterfaceAddress {
  const isV4 = family === "IPv4";
  const route = isV4 ? routes.ipv4 : routes.ipv6;
  return {
    interface: name,
    address,
    prefixLength: Number(cidr?.split("/")[1] ?? (isV4 ? 32 : 128)),
    up: true,
    flags,
    ...(route?.interface === name && { defaultGateway: route.gateway }),
    ...(!isV4 && temporary.has(hexOf(address)) && { isTemporary: true }),
  };
}

const FLAGS: readonly (readonly [number, string])[] = [
  [0x2, "broadcast"],
  [0x8, "loopback"],
  [0x10, "point-to-point"],
  [0x1000, "multicast"],
];

/** Names of the flags in `/sys/class/net/<name>/flags`. */
export function interfaceFlags(text: string): string[] {
  const bits = Number.parseInt(text, 16);
  return FLAGS.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name);
}

/** Flags of `/proc/net/if_inet6`: made for privacy (RFC 8981), or not to be used for new connections any more. */
const NOT_LASTING = 0x01 | 0x20;
const SCOPE_GLOBAL = "00";

/** The addresses of `/proc/net/if_inet6` that are not there to stay, as 32 hexadecimal digits. */
export function temporaryAddresses(text: string): ReadonlySet<string> {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  return new Set(
    lines
      .filter(
        ([, , , scope, flags = "0"]) => scope === SCOPE_GLOBAL && (Number.parseInt(flags, 16) & NOT_LASTING) !== 0,
      )
      .map(([address = ""]) => address),
  );
}

function hexOf(address: string): string {
  const { value, width } = toBits(address);
  return value.toString(16).padStart(width / 4, "0");
}

function interfacesOrNone(): ReturnType<typeof networkInterfaces> {
  try {
    return networkInterfaces();
  } catch {
    // Some sandboxes forbid the question. Addresses can still be given.
    return {};
  }
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
