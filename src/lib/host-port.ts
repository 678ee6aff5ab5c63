const PORT_MAX = 65535;

/** The parts of `host:port` or `[v6]:port`; undefined when it is neither. */
export function splitHostPort(address: string): { host: string; port: number } | undefined {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address);
  if (parts === null) return undefined;
  const port = Number(parts[3]);
  return port >= 1 && port <= PORT_MAX ? { host: parts[1] ?? parts[2] ?? "", port } : undefined;
}

/** The text for a host and a port, with brackets around an IPv6 address. */
export function formatHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
