import type { ProbeTarget } from "../../ports/probes.ts";

/** Host and port of Go's `host:port`, `[v6]:port`. Throws an Error with Go's text. */
export function parseTarget(text: string): ProbeTarget {
  const bad = (why: string) => new Error(`dial tcp: address ${text}: ${why}`);
  const at = text.lastIndexOf(":");
  if (at === -1 || text.endsWith("]")) throw bad("missing port in address");
  let host = text.slice(0, at);
  if (host.startsWith("[")) {
    if (!host.endsWith("]")) throw bad("missing ']' in address");
    host = host.slice(1, -1);
  } else if (host.includes(":")) throw bad("too many colons in address");
  const port = text.slice(at + 1);
  if (!/^[0-9]{1,5}$/.test(port) || Number(port) > 65535) throw new Error(`dial tcp: address ${port}: invalid port`);
  return { host: host === "" ? "localhost" : host, port: Number(port) };
}
