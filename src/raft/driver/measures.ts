import type { Meter } from "../../ports/meter.ts";
import type { Message } from "../core/messages.ts";
import type { Progress, Role } from "../core/types.ts";

const CONTACT_INTERVAL_MS = 500;

/** The metrics of consensus, under Consul's names. */
export class Measures {
  readonly #meter: Meter;
  readonly #monotonicMs: () => number;
  #contactDueMs = 0;
  /** The append to each follower that is being timed. */
  readonly #appends = new Map<string, { lastIndex: number; entries: number; startMs: number }>();
  readonly #heartbeats = new Map<string, { round: number; startMs: number }>();
  /** When the append came that is being written. */
  #appendMs: number | undefined;

  constructor(meter: Meter, monotonicMs: () => number) {
    this.#meter = meter;
    this.#monotonicMs = monotonicMs;
  }

  onRole(before: Role, now: Role): void {
    this.#appends.clear();
    this.#heartbeats.clear();
    if (before === "follower" && now === "preCandidate") this.#meter.count("raft.transition.heartbeat_timeout");
    const state = stateOf(now);
    if (stateOf(before) !== state) this.#meter.count(`raft.state.${state.toLowerCase()}`);
  }

  onSend(message: Message): void {
    if (message.type === "append" && message.entries.length > 0 && !this.#appends.has(message.to)) {
      const { to, prevIndex, entries } = message;
      const lastIndex = prevIndex + entries.length;
      this.#appends.set(to, { lastIndex, entries: entries.length, startMs: this.#monotonicMs() });
    } else if (message.type === "heartbeat" && !this.#heartbeats.has(message.to)) {
      this.#heartbeats.set(message.to, { round: message.round, startMs: this.#monotonicMs() });
    } else if (message.type === "appendReply" && this.#appendMs !== undefined) {
      this.#meter.sample("raft.rpc.appendEntries", this.#monotonicMs() - this.#appendMs);
      this.#appendMs = undefined;
    }
  }

  onReceive(message: Message): void {
    const labels = { peer_id: message.from };
    if (message.type === "append") this.#appendMs ??= this.#monotonicMs();
    else if (message.type === "appendReply") {
      const timed = this.#appends.get(message.from);
      if (timed === undefined || (message.ok && message.index < timed.lastIndex)) return;
      this.#appends.delete(message.from);
      if (!message.ok) return;
      this.#meter.sample("raft.replication.appendEntries.rpc", this.#monotonicMs() - timed.startMs, labels);
      this.#meter.count("raft.replication.appendEntries.logs", timed.entries, labels);
    } else if (message.type === "heartbeatReply") {
      const timed = this.#heartbeats.get(message.from);
      if (timed === undefined || message.round < timed.round) return;
      this.#heartbeats.delete(message.from);
      this.#meter.sample("raft.replication.heartbeat", this.#monotonicMs() - timed.startMs, labels);
    }
  }

  /** The disk took a write. */
  onWritten(elapsedMs: number, isLeader: boolean): void {
    this.#meter.sample(isLeader ? "raft.leader.dispatchLog" : "raft.rpc.appendEntries.storeLogs", elapsedMs);
  }

  /** How long ago the leader heard each follower, twice a second. */
  onTick(progress: () => readonly Progress[]): void {
    const nowMs = this.#monotonicMs();
    if (nowMs < this.#contactDueMs) return;
    this.#contactDueMs = nowMs + CONTACT_INTERVAL_MS;
    for (const { contactMs } of progress()) {
      if (contactMs !== undefined) this.#meter.sample("raft.leader.lastContact", nowMs - contactMs);
    }
  }
}

/** What people call it: who asks whether an election makes sense is a candidate. */
export function stateOf(role: Role): "Leader" | "Follower" | "Candidate" {
  if (role === "leader") return "Leader";
  return role === "follower" ? "Follower" : "Candidate";
}
