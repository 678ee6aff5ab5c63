import { Refusal } from "../../lib/refusal.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Endpoint, PushedNode, PushPull } from "../messages.ts";
import { endpointText } from "./endpoints.ts";

/** Each exchange may bring the states of all members. */
const PARALLEL_MAX = 8;
/** Between looks whether a peer lists this member: it merges after it has answered, and a refutation takes another turn. */
const LOOKS_MS: readonly number[] = [0, 50, 100, 200, 400, 800, 1600];
const TAKEN_LOOKS = 3;

/** What joining needs of the rest of the pool. */
export interface JoinPort {
  /** Exchanges all states and merges the peer's. Rejects with a text for the operator. */
  exchange(to: Endpoint): Promise<void>;
  /** Gives the peer these states and takes its answer without merging it. */
  look(to: Endpoint, own: PushPull): Promise<PushPull>;
  /** Why this member and those of a peer can't be in one pool, if so. */
  refuse(nodes: readonly PushedNode[]): Promise<string | undefined>;
  /** This member as it is now. */
  self(): PushedNode;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Tries all addresses, some at a time. Resolves with how many took this member in; rejects with a Refusal, in the words
 * of Consul's command line, when none did. The own address counts only when there is no other: whoever joins itself alone has not
 * found the others yet.
 */
export async function joinAll(addresses: readonly Endpoint[], port: JoinPort): Promise<number> {
  const own = endpointText(port.self().at);
  const distinct = new Map(addresses.map((address) => [endpointText(address), address]));
  if (distinct.delete(own) && distinct.size === 0) return 1;
  const waiting = [...distinct.values()];
  const failures: string[] = [];
  let joined = 0;
  const worker = async () => {
    for (let to = waiting.shift(); to !== undefined; to = waiting.shift()) {
      try {
        await joinOne(to, port);
        joined++;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        port.log.debug("joining failed", { address: endpointText(to), error: why });
        failures.push(`Failed to join ${endpointText(to)}: ${why}`);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_MAX, waiting.length) }, worker));
  if (joined === 0 && failures.length > 0) throw new Refusal(asList(failures));
  return joined;
}

/**
 * Who may not be in one pool with this member must not learn of it either: it could act on that. So the peer's members are
 * looked at first. And a peer answers before it decides whether to merge, so that a refusal looks like success: who has
 * joined is listed.
 */
async function joinOne(to: Endpoint, port: JoinPort): Promise<void> {
  const there = await port.look(to, { isJoin: false, nodes: [], userState: new Uint8Array() });
  const why = await port.refuse(there.nodes);
  if (why !== undefined) throw new Error(why);
  await port.exchange(to);
  let refusal = "";
  let takenLooks = 0;
  for (const delayMs of LOOKS_MS) {
    await pause(port.clock, delayMs);
    const self = port.self();
    const { nodes } = await port.look(to, { isJoin: false, nodes: [self], userState: new Uint8Array() });
    const listed = nodes.find(({ name }) => name === self.name);
    const fault = listed === undefined ? "it does not list this member" : faultOf(listed, self);
    if (fault === undefined) return;
    refusal = fault;
    // Another one who lives has the name, and keeps it.
    if (listed?.state === "alive" && ++takenLooks >= TAKEN_LOOKS) break;
  }
  throw new Error(
    `${endpointText(to)} answered, but ${refusal}: it refuses to take it in, and its log says why (another datacenter, say, or a name or node id that is taken)`,
  );
}

function faultOf(listed: PushedNode, self: PushedNode): string | undefined {
  if (endpointText(listed.at) !== endpointText(self.at)) {
    return `it knows ${self.name} at ${endpointText(listed.at)} and not at ${endpointText(self.at)}`;
  }
  return listed.state === "dead" || listed.state === "left" ? `it lists this member as ${listed.state}` : undefined;
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

/** As Go's multierror prints, which Consul's users see. */
function asList(errors: readonly string[]): string {
  const head = errors.length === 1 ? "1 error occurred:" : `${errors.length} errors occurred:`;
  return `${head}\n${errors.map((error) => `\t* ${error}\n`).join("")}\n`;
}
