import { NODE_NAME } from "./agents.ts";
import { OTHER_NODE } from "./other-node.ts";
import type { Answer, Area } from "./types.ts";

/** Areas that ask about the agent, or where its name is in what it writes: sessions, events. */
const OF_THE_AGENT = new Set([
  "session",
  "agent-services",
  "central-config",
  "agent-checks",
  "agent-maintenance",
  "agent-self",
  "cli",
  "blocking",
  "event",
  "watches",
]);

/** Areas that show nothing more through a client: one asks no agent, one what `kv` asks, and one what a real client can't. */
const LEFT_OUT = new Set(["cli-offline", "cli-kv", "config-all"]);

export function makesSenseThroughClient(area: Area): boolean {
  return !LEFT_OUT.has(area.name);
}

/**
 * What the client agent of an area is called: `n1`, the recorded node, where that is the agent that was asked. Elsewhere
 * the recorded node is the server, and the client a node more.
 */
export function clientName(area: Area): string {
  return OF_THE_AGENT.has(area.name) ? NODE_NAME : OTHER_NODE;
}

/**
 * An answer of Consul's client without what it puts before every refusal of a server: ours hands texts on as they are,
 * see `docs/consistency.md`.
 */
export function withoutCallPrefix(answer: Answer): Answer {
  return JSON.parse(JSON.stringify(answer).replaceAll("rpc error making call: ", "")) as Answer;
}
