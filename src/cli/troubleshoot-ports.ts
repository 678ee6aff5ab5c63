import { connect } from "node:net";
import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { pause } from "../lib/pause.ts";
import type { Clock } from "../ports/clock.ts";
import { type CommandContext, CommandFailure } from "./context.ts";
import { readHttpSettings } from "./http-settings.ts";
import type { TROUBLESHOOT_PORTS_FLAGS } from "./table/local.ts";

/** What a server listens on by TCP: DNS, HTTP, HTTPS, both gossip pools, other servers. */
const SERVER_PORTS = [8600, 8500, 8501, 8301, 8302, 8300];
const PORTS_MAX = 100;
const PORT_MAX = 65_535;
const DIAL_TIMEOUT_MS = 5_000;

/** `troubleshoot ports`: which ports of a host let themselves be reached. */
export async function run(
  context: CommandContext,
  { values }: ParsedFlags<typeof TROUBLESHOOT_PORTS_FLAGS>,
): Promise<number> {
  const host = values.host || agentHost(context.env);
  const ports = values.ports === "" ? SERVER_PORTS : readPorts(values.ports);
  const results = await Promise.all(ports.map(async (Port) => ({ Port, Open: await isOpen(context, host, Port) })));
  if (values.format === "json") {
    context.out.write(encodeGoJson({ Host: host, Ports: results }, true));
    return 0;
  }
  for (const { Port, Open } of results)
    context.print(
      `TCP: Port ${Port} on ${host} is ${Open ? "open." : "closed, unreachable, or the connection timed out."}`,
    );
  return 0;
}

/** The host of the agent's HTTP API. */
function agentHost(env: CommandContext["env"]): string {
  const { host, unixPath } = readHttpSettings({}, env).address;
  return unixPath === undefined ? host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1") : "localhost";
}

function readPorts(text: string): number[] {
  const words = text.split(",").map((word) => word.trim());
  const wrong = words.find((word) => !/^\d{1,5}$/.test(word) || Number(word) > PORT_MAX || Number(word) === 0);
  if (wrong !== undefined) throw new CommandFailure(`-ports: ${JSON.stringify(wrong)} is not a port`);
  if (words.length > PORTS_MAX) throw new CommandFailure(`-ports: more than ${PORTS_MAX} ports`);
  return words.map(Number);
}

async function isOpen({ clock }: { clock: Clock }, host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  const answered = new AbortController();
  const opened = new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  });
  try {
    return await Promise.race([opened, pause(clock, DIAL_TIMEOUT_MS, answered.signal).then(() => false)]);
  } finally {
    answered.abort();
    socket.destroy();
  }
}
