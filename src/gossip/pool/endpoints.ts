import type { Endpoint } from "../messages.ts";

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** A socket of both families says `::ffff:10.0.0.1` where all others say `10.0.0.1`. */
export function plainAddress(address: string): string {
  return MAPPED.exec(address)?.[1] ?? address;
}

/** `10.0.0.1:8301`, `[fd00::1]:8301`. */
export function endpointText({ address, port }: Endpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
