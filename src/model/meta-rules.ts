const META_PAIRS_MAX = 64;
const META_KEY_CHARS_MAX = 128;
const META_VALUE_CHARS_MAX = 512;

/**
 * Why metadata of a node or a service is refused, in Consul's words, or undefined. What asks for metadata may name the
 * keys that are reserved, too.
 */
export function metaProblem(meta: Readonly<Record<string, string>> | null, takesReserved = false): string | undefined {
  const pairs = Object.entries(meta ?? {});
  if (pairs.length > META_PAIRS_MAX) {
    return `Node metadata cannot contain more than ${META_PAIRS_MAX} key/value pairs`;
  }
  for (const [key, value] of pairs) {
    const problem = pairProblem(key, value, takesReserved);
    if (problem !== undefined) return `Couldn't load metadata pair ('${key}', '${value}'): ${problem}`;
  }
  return undefined;
}

/** The reserved key by which a mesh gateway says that datacenters reach each other through it. */
const WAN_FEDERATION_KEY = "consul-wan-federation";

/** `metaProblem` of a service of a kind: the only reserved key is one of mesh gateways. */
export function serviceMetaProblem(
  meta: Readonly<Record<string, string>> | null,
  kind: string | undefined,
): string | undefined {
  const purpose = meta?.[WAN_FEDERATION_KEY];
  if (kind !== "mesh-gateway" || purpose === undefined) return metaProblem(meta);
  const { [WAN_FEDERATION_KEY]: _own, ...others } = meta ?? {};
  return metaProblem(others) ?? metaProblem({ [WAN_FEDERATION_KEY]: purpose }, true);
}

function pairProblem(key: string, value: string, takesReserved: boolean): string | undefined {
  if (key === "") return "Key cannot be blank";
  if (!/^[a-zA-Z0-9_-]+$/.test(key)) return "Key contains invalid characters";
  if (key.length > META_KEY_CHARS_MAX) return `Key is too long (limit: ${META_KEY_CHARS_MAX} characters)`;
  if (!takesReserved && key.startsWith("consul-")) return "Key prefix 'consul-' is reserved for internal use";
  if (value.length > META_VALUE_CHARS_MAX) return `Value is too long (limit: ${META_VALUE_CHARS_MAX} characters)`;
  return undefined;
}
