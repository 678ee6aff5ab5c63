/** Whether the caller takes gzip: named, and not with a weight of 0. `*` does not count, as in Consul. */
export function acceptsGzip(headers: Headers): boolean {
  const accepted = headers.get("accept-encoding");
  if (accepted === null || !accepted.includes("gzip")) return false;
  return !accepted.includes(";") || weightOf("gzip", accepted) > 0;
}

function weightOf(coding: string, accepted: string): number {
  for (const each of accepted.toLowerCase().split(",")) {
    const [name = "", ...parameters] = each.split(";").map((part) => part.trim());
    if (name !== coding) continue;
    const weight = parameters.find((parameter) => parameter.startsWith("q="));
    return weight === undefined ? 1 : Number(weight.slice(2));
  }
  return 0;
}
