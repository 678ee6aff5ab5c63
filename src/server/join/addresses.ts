const SERVER_PORT_DEFAULT = 8300;
const GOSSIP_PORT_DEFAULT = 8301;
const PORT_MAX = 65_535;

/** Where a server to join is asked: a name or an IP without brackets, and its server port. */
export interface JoinTarget {
  host: string;
  port: number;
  /** What was given had the port of gossip, as Consul's users write it; this version asks the server port. */
  hadGossipPort: boolean;
}

/**
 * Reads an entry of `retry_join` or `-join`: `host`, `host:port`, `ip`, `[ipv6]`, `[ipv6]:port` or a bare IPv6. Throws
 * an Error that tells what is wrong, also for the cloud providers' texts (`provider=...`), which this version can't ask.
 */
export function parseJoinAddress(text: string): JoinTarget {
  const trimmed = text.trim();
  if (trimmed.startsWith("provider=")) {
    throw new Error(`${JSON.stringify(text)}: this version asks no cloud provider for servers; name their addresses`);
  }
  const isBareV6 = trimmed.split(":").length > 2 && !trimmed.startsWith("[");
  const [, v6, name, digits] = isBareV6
    ? [trimmed, trimmed]
    : (/^(?:\[([^\]]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(trimmed) ?? []);
  const host = v6 ?? name;
  if (host === undefined || host === "")
    throw new Error(`${JSON.stringify(text)} is not an address: write host or host:port`);
  const port = digits === undefined ? SERVER_PORT_DEFAULT : Number(digits);
  if (port < 1 || port > PORT_MAX) throw new Error(`${JSON.stringify(text)}: a port is between 1 and ${PORT_MAX}`);
  const hadGossipPort = port === GOSSIP_PORT_DEFAULT;
  return { host, port: hadGossipPort ? SERVER_PORT_DEFAULT : port, hadGossipPort };
}
