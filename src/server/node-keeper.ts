import type { PoolEvent, PoolMember } from "../gossip/types.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Command } from "../state/commands.ts";
import type { StateDb } from "../state/db.ts";
import { oldestDeregistrationMs } from "../state/deregistrations/queries.ts";
import { nodeByName, nodesWithCheck } from "../state/nodes/queries.ts";
import { type NodeDuty, nameKeyOf, nodeDuties } from "./node-duties.ts";
import type { Propose } from "./propose.ts";
import { membershipOf, SERF_HEALTH_ID } from "./self.ts";

/** Everything is looked at so often, whatever happened or was missed (Consul's figure). */
const FULL_ROUND_MS = 60_000;
/** Between rounds that members' changes ask for: what happens meanwhile is one round's work. */
const ROUND_GAP_MS = 100;
const RETRY_MS = 1000;
/** Duties written together: one entry of the log, applied in a few milliseconds. */
const BATCH_DUTIES = 32;
/** Names of reaped members that are remembered; who is forgotten counts as never seen. */
const REAPED_MAX = 16_384;
/** An agent that was away for so long, and comes back, brings back what was deregistered meanwhile. */
const DEREGISTRATIONS_KEPT_MS = 72 * 3600 * 1000;

type MemberEvent = Extract<PoolEvent, { member: PoolMember }>;

export interface NodeKeeperDeps {
  selfId: string;
  datacenter: string;
  db: StateDb;
  propose: Propose;
  /** All of the gossip pool of this datacenter, sorted by name; empty before it is open. */
  pool: () => readonly PoolMember[];
  /** Ids of the servers of the configuration, which `Caretaker` looks after. */
  servers: () => readonly string[];
  reconnectTimeoutMs: () => number;
  clock: Clock;
  log: Logger;
}

/** Keeps the catalog's nodes in line with the members of the gossip pool; writes only while this server leads. */
export class NodeKeeper {
  readonly #deps: NodeKeeperDeps;
  readonly #upSinceMs: number;
  readonly #reaped = new Set<string>();
  /** Conflicts and strangers of the last round, so that each is told once. */
  #told = new Set<string>();
  /** While this server leads: when that began. Another object means another time of leading. */
  #term: { sinceMs: number } | undefined;
  #timer: Timer | undefined;
  #isRunning = false;
  /** Something happened since the round that runs began. */
  #isStale = false;

  constructor(deps: NodeKeeperDeps) {
    this.#deps = deps;
    this.#upSinceMs = deps.clock.monotonicMs();
  }

  lead(): void {
    this.#term = { sinceMs: this.#deps.clock.monotonicMs() };
    this.#told = new Set();
    this.#isStale = true;
    this.#after(0);
  }

  stop(): void {
    this.#term = undefined;
    this.#timer?.cancel();
  }

  /** To be told on every server, leading or not: who leads later knows then who is gone for good. */
  onMember({ kind, member }: MemberEvent): void {
    const key = nameKeyOf(member);
    this.#reaped.delete(key);
    if (kind === "reap") this.#reaped.add(key);
    const [oldest] = this.#reaped;
    if (this.#reaped.size > REAPED_MAX && oldest !== undefined) this.#reaped.delete(oldest);
    if (this.#term === undefined || this.#isStale) return;
    this.#isStale = true;
    if (!this.#isRunning) this.#after(0);
  }

  #after(delayMs: number): void {
    const term = this.#term;
    this.#timer?.cancel();
    this.#timer = this.#deps.clock.after(delayMs, () => {
      if (term !== undefined && term === this.#term && !this.#isRunning) void this.#run(term);
    });
  }

  async #run(term: { sinceMs: number }): Promise<void> {
    this.#isRunning = true;
    let delayMs = FULL_ROUND_MS;
    try {
      const isDone = await this.#round(term);
      if (this.#isStale) delayMs = isDone ? ROUND_GAP_MS : 0;
    } catch (error) {
      delayMs = RETRY_MS;
      if (this.#term === term)
        this.#deps.log.warn("could not write of a node, will try again", { error: String(error) });
    }
    this.#isRunning = false;
    // A new time of leading that began meanwhile has waited for this round.
    if (this.#term !== undefined) this.#after(this.#term === term ? delayMs : 0);
  }

  /** Ends early, with false, when members changed: what is left to do may be something else by now. */
  async #round(term: { sinceMs: number }): Promise<boolean> {
    this.#isStale = false;
    const duties = this.#duties(term);
    this.#tell(duties);
    const writing = duties.filter(({ kind }) => kind !== "conflict" && kind !== "stranger");
    for (let at = 0; at < writing.length; at += BATCH_DUTIES) {
      if (this.#isStale || this.#term !== term) return false;
      await this.#write(writing.slice(at, at + BATCH_DUTIES));
    }
    if (this.#term === term) await this.#expireDeregistrations();
    return true;
  }

  async #write(duties: readonly NodeDuty[]): Promise<void> {
    for (const duty of duties) this.#log(duty);
    const commands = duties.flatMap((duty) => this.#commandsOf(duty));
    const results = await Promise.allSettled(commands.map((command) => this.#deps.propose(command)));
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  #duties({ sinceMs }: { sinceMs: number }): NodeDuty[] {
    const { selfId, datacenter, db, pool, servers, reconnectTimeoutMs, clock } = this.#deps;
    const nowMs = clock.monotonicMs();
    return nodeDuties({
      ...{ selfId, datacenter, reaped: this.#reaped },
      members: pool(),
      catalog: nodesWithCheck(db, SERF_HEALTH_ID),
      servers: new Set([selfId, ...servers()].map((id) => id.toLowerCase())),
      leadingMs: nowMs - sinceMs,
      upMs: nowMs - this.#upSinceMs,
      reconnectTimeoutMs: reconnectTimeoutMs(),
    });
  }

  /** What belongs together is proposed in one turn, so it is applied in this order with nothing of others between. */
  #commandsOf(duty: NodeDuty): Command[] {
    const { datacenter: Datacenter, db } = this.#deps;
    switch (duty.kind) {
      case "register": {
        const { member, isKnown, replaces } = duty;
        const { name: Node, at, tags } = member;
        const node = { ID: tags.id ?? "", Node, Address: at.address, Datacenter, TaggedAddresses: null, Meta: null };
        const register = membershipOf(node, true, isKnown);
        return replaces ? [{ type: "catalog.deregister", node: Node }, register] : [register];
      }
      case "fail": {
        const node = nodeByName(db, duty.nameKey);
        return node === undefined ? [] : [membershipOf(node, false, true)];
      }
      case "deregister":
        return [{ type: "catalog.deregister", node: duty.nameKey }];
      default:
        return [];
    }
  }

  #log(duty: NodeDuty): void {
    const { log } = this.#deps;
    if (duty.kind === "register") log.info("node is alive", { node: duty.member.name, id: duty.member.tags.id ?? "" });
    if (duty.kind === "fail") log.warn("node failed", { node: duty.nameKey });
    if (duty.kind === "deregister") log.info("deregisters a node", { node: duty.nameKey, why: duty.why });
  }

  #tell(duties: readonly NodeDuty[]): void {
    const { log } = this.#deps;
    const told = new Set<string>();
    for (const duty of duties) {
      if (duty.kind !== "conflict" && duty.kind !== "stranger") continue;
      const key = duty.kind === "conflict" ? duty.text : duty.name;
      told.add(key);
      if (this.#told.has(key)) continue;
      if (duty.kind === "conflict") log.error(duty.text);
      else log.warn("member is no agent, the catalog does not show it", { member: duty.name, role: duty.role });
    }
    this.#told = told;
  }

  async #expireDeregistrations(): Promise<void> {
    const { db, propose, clock } = this.#deps;
    const beforeMs = clock.nowMs() - DEREGISTRATIONS_KEPT_MS;
    const oldestMs = oldestDeregistrationMs(db);
    if (oldestMs !== undefined && oldestMs < beforeMs) await propose({ type: "deregistration.expire", beforeMs });
  }
}
