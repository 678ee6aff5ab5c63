/** Whether texts are IP addresses as Go's `net.ParseIP` sees them: no zone, no port, no brackets. */

const OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const IPV4 = new RegExp(`^(?:${OCTET}\\.){3}${OCTET}$`);

/** True for dotted decimals without leading zeros, and for nothing else. */
export function isIPv4(text: string): boolean {
  return IPV4.test(text);
}

/** True for IPv6 texts, `::` shortened or with a dotted tail. */
export function isIPv6(text: string): boolean {
  if (!/^[0-9a-fA-F:.]+$/.test(text) || text.includes(":::")) return false;
  const halves = text.split("::");
  if (halves.length > 2) return false;
  let groups = 0;
  for (const half of halves) {
    if (half === "") continue;
    const parts = half.split(":");
    for (const [at, part] of parts.entries()) {
      const isTail = half === halves.at(-1) && at === parts.length - 1;
      if (isTail && part.includes(".")) {
        if (!isIPv4(part)) return false;
        groups += 2;
      } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
        groups += 1;
      } else return false;
    }
  }
  return halves.length === 2 ? groups <= 7 : groups === 8;
}
