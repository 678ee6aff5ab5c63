import type { Message } from "../../../src/raft/core/messages.ts";
import type { CoreStatus, Effect, Event } from "../../../src/raft/core/types.ts";
import type { Operation } from "../world/machine.ts";
import type { Server } from "../world/server.ts";
import { votersOf } from "./configurations.ts";

/** Rare paths that a set of runs must have gone. */
export const MARKS = [
  "entries truncated",
  "uncommitted configuration truncated",
  "entries of an earlier term committed by a new leader",
  "follower rejects and jumps back by more than one",
  "leader jumps back by more than one",
  "append of nothing releases a full window",
  "stale append completion",
  "crash between effects of a step",
  "crash loses writes under way",
  "snapshot installed",
  "snapshot sent while a change is uncommitted",
  "snapshot gone while it was sent",
  "a received snapshot is not what was sent",
  "install finished by a start: log",
  "install finished by a start: state",
  "entries gone while they were read",
  "transfer succeeds",
  "transfer aborted",
  "vote inside a lease for a transfer",
  "read confirmed on a follower",
  "read confirmed on the leader",
  "read under a lease",
  "read from a leader's state at once",
  "read after the lease that it was looked up for",
  "read failed",
  "pre-vote refused for a live leader",
  "pre-vote refused for an old log",
  "vote refused for an old log",
  "vote given without being a voter",
  "leader without a vote, as only its log is long enough",
  "leader steps down without a quorum",
  "leader steps down for a full disk",
  "leader hands over for a hanging disk",
  "lone leader drops entries",
  "append refused on a follower",
  "removed leader steps down",
  "refused: not leader",
  "refused: too many uncommitted",
  "refused: transferring",
  "refused: not committed in this term",
  "refused: change under way",
  "refused: no such server",
  "refused: already so",
  "refused: last voter",
  "new server gets its vote",
  "damaged server comes back as a new one",
  "cluster recovered by hand",
  "old leader comes back from a pause",
] as const;

export type Mark = (typeof MARKS)[number];

/** Counts how often each path was gone, from what cores take and give alone. */
export class Marks {
  readonly #counts = new Map<Mark, number>();
  /** By server and peer: `prevIndex` of the last append that was sent. */
  readonly #lastPrev = new Map<string, number>();

  hit(mark: Mark): void {
    this.#counts.set(mark, (this.#counts.get(mark) ?? 0) + 1);
  }

  get counts(): ReadonlyMap<Mark, number> {
    return this.#counts;
  }

  stopped(_server: Server, lostCalls: number): void {
    if (lostCalls > 0) this.hit("crash loses writes under way");
  }

  appending({ view }: Server, truncateFrom: number | undefined): void {
    if (truncateFrom === undefined || truncateFrom > view.lastIndex) return;
    this.hit("entries truncated");
    if (view.slice(truncateFrom, view.lastIndex).some(({ type }) => type === "configuration")) {
      this.hit("uncommitted configuration truncated");
    }
  }

  readReady({ role }: CoreStatus, mode: Operation["mode"]): void {
    if (role !== "leader") this.hit("read confirmed on a follower");
    else this.hit(mode === "default" ? "read under a lease" : "read confirmed on the leader");
  }

  stepped(server: Server, event: Event, effects: readonly Effect[], before: CoreStatus): void {
    const { status } = server;
    if (event.type === "message") this.#received(server, event.message, effects, before);
    else this.#took(server, event, before);
    if (before.role === "leader" && status.role !== "leader" && status.term === before.term) {
      this.#steppedDown(server, event, effects);
    }
    if (status.role === "leader" && status.commitIndex > before.commitIndex) {
      const first = server.view.at(before.commitIndex + 1);
      if (first?.type === "command" && first.term < status.term)
        this.hit("entries of an earlier term committed by a new leader");
    }
    if (status.role === "leader" && before.role !== "leader") this.#elected(server);
    for (const effect of effects) this.#gave(server, effect, before);
  }

  #elected({ id, status, view }: Server): void {
    const inForce = view.configurations().filter(({ index }) => index >= status.committedConfiguration.index);
    if (!inForce.some(({ configuration }) => votersOf(configuration).has(id)))
      this.hit("leader without a vote, as only its log is long enough");
  }

  #took(server: Server, event: Event, before: CoreStatus): void {
    switch (event.type) {
      case "persisted":
        if (server.disk.log.lastTerm !== server.view.termAt(server.disk.log.lastIndex))
          this.hit("stale append completion");
        return;
      case "appendRefused":
        if (before.role === "follower") this.hit("append refused on a follower");
        return;
      case "snapshotInstalled":
        if (event.ok) this.hit("snapshot installed");
        return;
      case "entriesRead":
        if (event.entries === undefined) this.hit("entries gone while they were read");
        return;
      case "snapshotRead":
        if (event.chunk === undefined && event.offset > 0) this.hit("snapshot gone while it was sent");
        return;
      default:
        return;
    }
  }

  #received({ id, status }: Server, message: Message, effects: readonly Effect[], before: CoreStatus): void {
    if (message.type !== "preVoteRequest" && message.type !== "voteRequest") return;
    const isOldLog =
      message.lastTerm < before.lastTerm ||
      (message.lastTerm === before.lastTerm && message.lastIndex < before.lastIndex);
    if (message.type === "preVoteRequest") {
      const isRefused = effects.some(
        (effect) => effect.type === "send" && effect.message.type === "preVoteReply" && !effect.message.granted,
      );
      if (isRefused && isOldLog) this.hit("pre-vote refused for an old log");
      if (isRefused && !isOldLog && message.term > before.term) this.hit("pre-vote refused for a live leader");
      return;
    }
    const isGiven = effects.some((effect) => effect.type === "persist" && effect.hardState?.votedFor === message.from);
    if (!isGiven && isOldLog && message.term === status.term) this.hit("vote refused for an old log");
    if (isGiven && message.isTransfer && before.leader !== undefined) this.hit("vote inside a lease for a transfer");
    if (isGiven && !votersOf(status.configuration.configuration).has(id)) this.hit("vote given without being a voter");
  }

  #steppedDown({ id, status }: Server, event: Event, effects: readonly Effect[]): void {
    const isHandedOver = effects.some((effect) => effect.type === "send" && effect.message.type === "timeoutNow");
    if (event.type === "appendRefused") this.hit("leader steps down for a full disk");
    else if (!votersOf(status.configuration.configuration).has(id)) this.hit("removed leader steps down");
    else if (event.type === "tick" && isHandedOver) this.hit("leader hands over for a hanging disk");
    else if (event.type === "tick") this.hit("leader steps down without a quorum");
  }

  #gave(server: Server, effect: Effect, before: CoreStatus): void {
    switch (effect.type) {
      case "send":
        this.#sent(server, effect.message);
        return;
      case "dropped":
        this.hit("lone leader drops entries");
        return;
      case "transferred":
        if (effect.ok) this.hit("transfer succeeds");
        else if (before.role === "leader" && server.status.role === "leader") this.hit("transfer aborted");
        return;
      case "readFailed":
        this.hit("read failed");
        return;
      case "refused":
        this.hit(`refused: ${effect.reason}`);
        return;
      case "configuration": {
        const was = votersOf(before.configuration.configuration);
        const now = votersOf(effect.configuration.configuration);
        if (was.size > 0 && [...now].some((id) => !was.has(id))) this.hit("new server gets its vote");
        return;
      }
      default:
        return;
    }
  }

  #sent(server: Server, message: Message): void {
    const { status, view } = server;
    switch (message.type) {
      case "append": {
        const key = `${message.from}>${message.to}`;
        const last = this.#lastPrev.get(key);
        if (last !== undefined && message.prevIndex < last - 1) this.hit("leader jumps back by more than one");
        if (message.entries.length === 0 && message.prevIndex < view.lastIndex)
          this.hit("append of nothing releases a full window");
        this.#lastPrev.set(key, message.prevIndex);
        return;
      }
      case "appendReply":
        if (!message.ok && message.hintIndex < message.index - 1 && message.index > 0)
          this.hit("follower rejects and jumps back by more than one");
        return;
      case "snapshotChunk":
        if (status.configuration.index > status.commitIndex) this.hit("snapshot sent while a change is uncommitted");
        return;
      default:
        return;
    }
  }
}
