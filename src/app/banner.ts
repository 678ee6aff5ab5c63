import type { Config } from "../config/config.ts";
import { VERSION } from "../lib/version.ts";

const LABEL_WIDTH = 14;

/** What a person sees first: who this is and where it listens. */
export function banner(config: Config, nodeId: string): string {
  const { ports, addresses } = config;
  const port = (value: number | null) => value ?? -1;
  const rows: [string, string][] = [
    ["Version", `${VERSION}`],
    ["Node ID", `'${nodeId}'`],
    ["Node name", `'${config.nodeName}'`],
    ["Datacenter", `'${config.datacenter}' (Segment: '<all>')`],
    ["Server", `${config.server} (Bootstrap: ${config.bootstrap})`],
    [
      "Client Addr",
      `[${addresses.http.join(" ")}] (HTTP: ${port(ports.http)}, HTTPS: ${port(ports.https)}, DNS: ${port(ports.dns)})`,
    ],
    ["Cluster Addr", clusterAddress(config)],
    ["Encrypt", `Gossip: ${config.encrypt !== ""}`],
    ["Data", config.dev ? "in memory: nothing is kept" : config.dataDir],
  ];
  const lines = rows.map(([label, value]) => `${label.padStart(LABEL_WIDTH)}: ${value}`);
  return `${lines.join("\n")}\n\n==> Log data will now stream in as it occurs:\n\n==> Muster agent running!\n`;
}

function clusterAddress({ server, advertiseAddr, ports }: Config): string {
  const gossip = `LAN: ${ports.serfLan}, WAN: ${(server ? ports.serfWan : undefined) ?? -1}`;
  return server ? `${advertiseAddr} (${gossip}, servers: ${ports.server})` : `${advertiseAddr} (${gossip})`;
}
