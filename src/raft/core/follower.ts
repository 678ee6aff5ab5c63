import { assert } from "../../lib/assert.ts";
import type { Context } from "./context.ts";
import type { Election } from "./election.ts";
import type { Append, Heartbeat, SnapshotChunk, SnapshotMeta } from "./messages.ts";

/** A snapshot that a leader is sending. */
interface Incoming {
  from: string;
  term: number;
  snapshot: SnapshotMeta;
  nextOffset: number;
  isWriting: boolean;
}

/** Takes the log of a leader of the current term. */
export class FollowerLog {
  readonly #context: Context;
  readonly #election: Election;
  #incoming: Incoming | undefined;

  constructor(context: Context, election: Election) {
    this.#context = context;
    this.#election = election;
  }

  onAppend({ from, prevIndex, prevTerm, entries, commit }: Append) {
    const context = this.#context;
    const { log } = context;
    if (this.#election.isHeld) return;
    if (prevIndex < context.commitIndex) return this.#accept(from, context.commitIndex);
    if (log.termAt(prevIndex) !== prevTerm) {
      const hintIndex = Math.max(log.lastNotAfter(Math.min(prevIndex, log.lastIndex), prevTerm), context.commitIndex);
      const hintTerm = log.termAt(hintIndex) ?? 0;
      context.sendDurable("hardState", {
        type: "appendReply",
        to: from,
        ok: false,
        index: prevIndex,
        hintIndex,
        hintTerm,
      });
      return;
    }
    // Only a real conflict truncates: a short or late message says nothing about what follows it (rule B6).
    const at = entries.findIndex(({ index, term }) => log.termAt(index) !== term);
    if (at >= 0) {
      const fresh = entries.slice(at);
      const first = fresh[0]?.index ?? 0;
      assert(first === prevIndex + 1 + at, `entry ${first} at ${prevIndex + 1 + at} of an append`);
      context.append(fresh, first <= log.lastIndex ? first : undefined);
    }
    // Verified by this message; what else the log holds may be of a leader that never was (rule B7).
    const verified = prevIndex + entries.length;
    context.commit(Math.min(commit, verified));
    this.#accept(from, verified);
  }

  #accept(to: string, index: number) {
    this.#context.sendDurable("log", { type: "appendReply", to, ok: true, index, hintIndex: 0, hintTerm: 0 });
  }

  onHeartbeat({ from, commit, round }: Heartbeat) {
    const context = this.#context;
    if (commit <= context.log.lastIndex) context.commit(commit);
    if (context.isDiskStalled) return;
    context.sendDurable("hardState", { type: "heartbeatReply", to: from, round });
  }

  onChunk({ from, snapshot, offset, data }: SnapshotChunk) {
    const context = this.#context;
    if (this.#election.isHeld) return;
    if (this.#isKnown(snapshot)) return this.#installed(from, snapshot.index);
    const incoming = this.#incoming;
    const isSame =
      incoming !== undefined &&
      incoming.from === from &&
      incoming.term === context.term &&
      incoming.snapshot.index === snapshot.index &&
      incoming.snapshot.sha256 === snapshot.sha256;
    if (offset > 0 && !isSame) return this.#want(from, snapshot, 0);
    if (isSame && incoming.isWriting) return;
    if (isSame && offset !== incoming.nextOffset) return this.#want(from, snapshot, incoming.nextOffset);
    this.#incoming = { from, term: context.term, snapshot, nextOffset: offset, isWriting: true };
    context.emit({ type: "writeChunk", snapshot, offset, data });
  }

  /** All up to its index is committed here, or becomes so because the log has its last entry. */
  #isKnown({ index, term }: SnapshotMeta): boolean {
    const context = this.#context;
    if (index <= context.commitIndex) return true;
    if (context.log.termAt(index) !== term) return false;
    context.commit(index);
    return true;
  }

  onChunkWritten(snapshot: SnapshotMeta, nextOffset: number, ok: boolean) {
    const incoming = this.#incoming;
    // The write of a part that is not waited for any more, or that another one has taken the place of.
    if (incoming?.snapshot !== snapshot || !incoming.isWriting) return;
    incoming.isWriting = false;
    incoming.nextOffset = nextOffset;
    if (!ok) this.#incoming = undefined;
    else if (nextOffset < snapshot.bytes) this.#want(incoming.from, snapshot, nextOffset);
    else if (this.#isKnown(snapshot)) this.#incoming = undefined;
    else {
      this.#election.isHeld = true;
      // A start must not find a log whose term is beyond the own one.
      this.#context.durability.whenDurable("hardState", () =>
        this.#context.emit({ type: "installSnapshot", snapshot }),
      );
    }
  }

  onInstalled(snapshot: SnapshotMeta, ok: boolean) {
    const context = this.#context;
    const incoming = this.#incoming;
    this.#incoming = undefined;
    this.#election.isHeld = false;
    this.#election.restart();
    if (!ok) return;
    context.log.reset(snapshot.index, snapshot.term);
    context.configurations.replace(snapshot.configuration);
    context.installed(snapshot.index);
    context.tellConfiguration();
    if (incoming !== undefined) this.#installed(incoming.from, snapshot.index);
  }

  #installed(to: string, index: number) {
    this.#context.sendDurable("log", { type: "snapshotReply", to, index, nextOffset: 0, installed: true });
  }

  #want(to: string, { index }: SnapshotMeta, nextOffset: number) {
    this.#context.sendDurable("hardState", { type: "snapshotReply", to, index, nextOffset, installed: false });
  }
}
