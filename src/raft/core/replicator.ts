import type { Entry } from "../types.ts";
import type { Context } from "./context.ts";
import type { FollowerProgress } from "./follower-progress.ts";
import type { AppendReply, SnapshotMeta, SnapshotReply } from "./messages.ts";

/** Brings one follower after the other to the end of the leader's log, by entries or by a snapshot. */
export class Replicator {
  readonly #context: Context;
  /** Others may have entries up to here that this leader has appended. */
  sentIndex = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Sends what may be sent now. */
  replicate(follower: FollowerProgress) {
    const { log, limits } = this.#context;
    if (follower.state === "snapshot" || follower.isReading) return;
    if (log.termAt(follower.next - 1) === undefined) return this.#beginSnapshot(follower);
    if (follower.state === "probe") {
      if (follower.probeSentMs === undefined) this.#sendNext(follower);
      return;
    }
    while (follower.next <= log.lastIndex && !follower.isFull(limits)) {
      if (!this.#sendNext(follower)) return;
    }
  }

  /** False when the entries have to be read first. */
  #sendNext(follower: FollowerProgress): boolean {
    const { log, limits } = this.#context;
    const { next } = follower;
    const entries =
      next > log.lastIndex ? [] : log.cached(next, Math.min(log.lastIndex, next + limits.appendEntriesMax - 1));
    if (entries === undefined) {
      follower.isReading = true;
      const { appendEntriesMax: entriesMax, appendBytesMax: bytesMax } = limits;
      this.#context.emit({ type: "readEntries", to: follower.id, from: next, entriesMax, bytesMax });
      return false;
    }
    this.#sendAppend(follower, this.#cut(entries));
    return true;
  }

  /** As many as one message may hold, but at least one. */
  #cut(entries: readonly Entry[]): readonly Entry[] {
    let bytes = 0;
    const end = entries.findIndex(({ data }, at) => {
      bytes += data.length;
      return at > 0 && bytes > this.#context.limits.appendBytesMax;
    });
    return end < 0 ? entries : entries.slice(0, end);
  }

  #sendAppend(follower: FollowerProgress, entries: readonly Entry[]) {
    const { log, commitIndex: commit, nowMs } = this.#context;
    const prevIndex = follower.next - 1;
    const prevTerm = log.termAt(prevIndex) ?? 0;
    this.#context.send({ type: "append", to: follower.id, prevIndex, prevTerm, entries, commit });
    const last = entries.at(-1);
    this.sentIndex = Math.max(this.sentIndex, last?.index ?? 0);
    follower.toldCommit = Math.max(follower.toldCommit, Math.min(commit, last?.index ?? prevIndex));
    if (follower.state === "probe") follower.probeSentMs = nowMs;
    else if (last !== undefined) {
      const bytes = entries.reduce((sum, { data }) => sum + data.length, 0);
      follower.sent(last.index, bytes, nowMs);
    }
  }

  onAppendReply(follower: FollowerProgress, { ok, index, hintIndex, hintTerm }: AppendReply) {
    const { log } = this.#context;
    if (ok) {
      if (index > log.lastIndex) return;
      const isFed = follower.state === "snapshot" && Math.max(index, follower.match) >= log.firstIndex - 1;
      if (isFed) follower.probe(index + 1);
      follower.matched(index);
    } else if (follower.state === "replicate") {
      if (index <= follower.match) return;
      follower.probe(follower.match + 1);
    } else if (follower.state === "probe") {
      // Late answers to earlier probes say nothing new.
      if (index !== follower.next - 1) return;
      follower.probe(log.lastNotAfter(hintIndex, hintTerm) + 1);
    }
    this.replicate(follower);
  }

  /** It is there: what was sent and not answered in time was lost, and is found out about. */
  onContact(follower: FollowerProgress) {
    const { log, nowMs, timing } = this.#context;
    const isOld = (sentMs: number | undefined) => sentMs !== undefined && nowMs - sentMs >= timing.resendMs;
    if (follower.state === "snapshot") {
      if (follower.transfer?.isReading === false && isOld(follower.transfer.sentMs)) this.#readChunk(follower);
      return;
    }
    if (follower.state === "probe") {
      if (isOld(follower.probeSentMs)) follower.probeSentMs = undefined;
      if (follower.match < log.lastIndex) this.replicate(follower);
      return;
    }
    if (!isOld(follower.oldestSentMs)) return this.replicate(follower);
    follower.askedAgain(nowMs);
    if (log.termAt(follower.next - 1) === undefined) follower.probe(follower.match + 1);
    else return this.#sendAppend(follower, []);
    this.replicate(follower);
  }

  onEntriesRead(follower: FollowerProgress, from: number, entries: readonly Entry[] | undefined) {
    const { log } = this.#context;
    if (!follower.isReading) return;
    follower.isReading = false;
    const isOurs = entries?.every(({ index, term }) => log.termAt(index) === term) ?? false;
    const isWanted = from === follower.next && follower.state !== "snapshot" && follower.probeSentMs === undefined;
    const isKnown = log.termAt(from - 1) !== undefined;
    if (entries !== undefined && isOurs && isWanted && isKnown) this.#sendAppend(follower, this.#cut(entries));
    this.replicate(follower);
  }

  #beginSnapshot(follower: FollowerProgress) {
    follower.sendSnapshot();
    this.#readChunk(follower);
  }

  #readChunk(follower: FollowerProgress) {
    const { transfer } = follower;
    if (transfer === undefined) return;
    transfer.isReading = true;
    const { snapshotChunkBytes: bytesMax } = this.#context.limits;
    const { offset, snapshot } = transfer;
    this.#context.emit({ type: "readSnapshot", to: follower.id, index: snapshot?.index, offset, bytesMax });
  }

  onSnapshotRead(
    follower: FollowerProgress,
    offset: number,
    chunk: { snapshot: SnapshotMeta; data: Uint8Array } | undefined,
  ) {
    const { transfer } = follower;
    if (transfer === undefined || !transfer.isReading || transfer.offset !== offset) return;
    transfer.isReading = false;
    transfer.sentMs = this.#context.nowMs;
    if (chunk === undefined) {
      // A newer one took its place: from its beginning. When there is none at all, that is tried again later.
      if (transfer.snapshot === undefined) return;
      follower.sendSnapshot();
      return this.#readChunk(follower);
    }
    transfer.snapshot = chunk.snapshot;
    this.#context.send({ type: "snapshotChunk", to: follower.id, snapshot: chunk.snapshot, offset, data: chunk.data });
  }

  onSnapshotReply(follower: FollowerProgress, { index, nextOffset, installed }: SnapshotReply) {
    const { transfer } = follower;
    if (installed) {
      if (index > this.#context.log.lastIndex) return;
      if (follower.state === "snapshot") follower.probe(index + 1);
      follower.matched(index);
      return this.replicate(follower);
    }
    if (transfer?.snapshot?.index !== index || transfer.isReading || nextOffset === transfer.offset) return;
    transfer.offset = nextOffset;
    transfer.sentMs = this.#context.nowMs;
    if (nextOffset < transfer.snapshot.bytes) this.#readChunk(follower);
  }
}
