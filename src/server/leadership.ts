import { parseServer } from "../model/member-tags.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { RaftNode } from "../raft/node.ts";
import type { Autopilot } from "./autopilot/autopilot.ts";
import type { Caretaker } from "./caretaker.ts";
import type { NodeKeeper } from "./node-keeper.ts";
import type { Server } from "./server.ts";

const ROUND_MS = 1000;
/** A leader that can't take up its duties (a slow disk, no quorum yet) tries again. */
const RETRY_MS = 250;
/**
 * A round that comes so late says that this process stood still: nobody is held for failed before what the others said
 * meanwhile is read.
 */
const STALLED_MS = 1000;

export interface LeadershipDeps {
  raft: Pick<RaftNode, "barrier">;
  server: Pick<Server, "lead" | "stop">;
  autopilot: Pick<Autopilot, "lead" | "ensureConfiguration" | "round">;
  caretaker: Pick<Caretaker, "round">;
  nodes: Pick<NodeKeeper, "lead" | "stop" | "onMember">;
  clock: Clock;
  log: Logger;
}

/**
 * What a server does while it leads, and only then: clocks of sessions and keys, the servers in the catalog and in the
 * configuration, the other members in the catalog, autopilot. All of it stops at once when the leadership is lost.
 */
export class Leadership {
  readonly #deps: LeadershipDeps;
  /** The term that is led now. */
  #term: number | undefined;
  #sinceMs = 0;
  #isReady = false;
  #isRoundRunning = false;
  #timer: Timer | undefined;
  readonly #settled = Promise.withResolvers<void>();

  constructor(deps: LeadershipDeps) {
    this.#deps = deps;
  }

  /** All duties of this term are taken up: whatever earlier leaders answered is applied here. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Resolves when this server leads for the first time and its first round of duties is over. */
  settled(): Promise<void> {
    return this.#settled.promise;
  }

  onRole({ isLeader, term }: { isLeader: boolean; term: number }): void {
    if (isLeader && this.#term === term) return;
    this.stop();
    if (!isLeader) return;
    this.#term = term;
    this.#sinceMs = this.#deps.clock.monotonicMs();
    void this.#begin(term);
  }

  /** All state is another one: clocks begin anew. */
  onReloaded(): void {
    if (!this.#isReady) return;
    this.#deps.server.lead();
    this.#deps.nodes.lead();
  }

  /** Somebody came to the gossip pool of this datacenter, changed, or went; to be told on every server. */
  onMember(event: Parameters<NodeKeeper["onMember"]>[0]): void {
    this.#deps.nodes.onMember(event);
    const term = this.#term;
    const isServer = parseServer(event.member.tags) !== undefined;
    if (!isServer || term === undefined || !this.#isReady || this.#isRoundRunning) return;
    this.#after(0, (late) => this.#round(term, late));
  }

  stop(): void {
    if (this.#term !== undefined) this.#deps.log.info("gives up the leader's duties", { term: this.#term });
    this.#term = undefined;
    this.#isReady = false;
    this.#timer?.cancel();
    this.#deps.server.stop();
    this.#deps.nodes.stop();
  }

  async #begin(term: number): Promise<void> {
    const { raft, server, autopilot, nodes, log } = this.#deps;
    try {
      await raft.barrier();
    } catch (error) {
      if (this.#term !== term) return;
      log.debug("waits to take up the leader's duties", { error: String(error) });
      this.#after(RETRY_MS, () => this.#begin(term));
      return;
    }
    if (this.#term !== term) return;
    server.lead();
    autopilot.lead();
    nodes.lead();
    this.#isReady = true;
    log.info("took up the leader's duties", { term });
    await this.#round(term);
    this.#settled.resolve();
  }

  async #round(term: number, lateMs = 0): Promise<void> {
    const { autopilot, caretaker, clock, log } = this.#deps;
    if (lateMs > STALLED_MS) {
      this.#after(ROUND_MS, (late) => this.#round(term, late));
      return;
    }
    this.#isRoundRunning = true;
    try {
      await autopilot.ensureConfiguration();
      const hasChanged = await caretaker.round(clock.monotonicMs() - this.#sinceMs);
      if (this.#term === term) await autopilot.round(!hasChanged);
    } catch (error) {
      if (this.#term === term) log.warn("a duty of the leader failed, will try again", { error: String(error) });
    }
    this.#isRoundRunning = false;
    if (this.#term === term) this.#after(ROUND_MS, (late) => this.#round(term, late));
  }

  /** `run` hears how late it is. */
  #after(delayMs: number, run: (lateMs: number) => Promise<void>): void {
    const { clock } = this.#deps;
    const dueMs = clock.monotonicMs() + delayMs;
    this.#timer?.cancel();
    this.#timer = clock.after(delayMs, () => void run(clock.monotonicMs() - dueMs));
  }
}
