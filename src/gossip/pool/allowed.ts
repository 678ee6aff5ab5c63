import ipaddr from "ipaddr.js";
import { Refusal } from "../../lib/refusal.ts";

/** Whether members may have an address and packets may come from it. No CIDR at all allows all. Throws a Refusal for what is no CIDR. */
export function allowedBy(cidrs: readonly string[]): (address: string) => boolean {
  if (cidrs.length === 0) return () => true;
  const ranges = cidrs.map((cidr) => {
    if (!ipaddr.isValidCIDR(cidr)) throw new Refusal(`${cidr} is no network; write it as 10.0.0.0/8`);
    return ipaddr.parseCIDR(cidr);
  });
  return (address) => {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    return ranges.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match([network, bits]));
  };
}
