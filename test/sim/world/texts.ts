import type { Message } from "../../../src/raft/core/messages.ts";
import type { Effect, Event } from "../../../src/raft/core/types.ts";
import type { Entry } from "../../../src/raft/types.ts";

/** A line of the trace for what happens to a core. */
export function eventText(event: Event): string {
  switch (event.type) {
    case "message":
      return `${event.message.from}: ${messageText(event.message)}`;
    case "entriesRead":
      return `entriesRead for ${event.to} ${entriesText(event.entries ?? [])}`;
    case "snapshotRead":
      return `snapshotRead for ${event.to} at ${event.offset} ${event.chunk === undefined ? "gone" : `of ${event.chunk.snapshot.index}`}`;
    case "chunkWritten":
      return `chunkWritten of ${event.snapshot.index} up to ${event.nextOffset} ${event.ok ? "" : "failed"}`;
    case "snapshotInstalled":
      return `snapshotInstalled ${event.snapshot.index} ${event.ok ? "" : "failed"}`;
    case "propose":
      return `propose #${event.id} ${event.drafts.map(({ data }) => data).join("; ")}`;
    default:
      return rest(event);
  }
}

/** A line of the trace for what a core wants done. */
export function effectText(effect: Effect): string {
  switch (effect.type) {
    case "send":
      return `to ${effect.message.to}: ${messageText(effect.message)}`;
    case "persist": {
      const { id, hardState, append } = effect;
      const vote = hardState === undefined ? "" : ` term ${hardState.term} vote ${hardState.votedFor || "none"}`;
      const cut = append?.truncateFrom === undefined ? "" : ` truncate from ${append.truncateFrom}`;
      return `persist #${id}${vote}${cut} ${entriesText(append?.entries ?? [])}`;
    }
    case "writeChunk":
      return `writeChunk of ${effect.snapshot.index} at ${effect.offset} (${effect.data.length} bytes)`;
    case "installSnapshot":
      return `installSnapshot ${effect.snapshot.index}`;
    default:
      return rest(effect);
  }
}

function messageText(message: Message): string {
  switch (message.type) {
    case "append":
      return `append t${message.term} after ${message.prevIndex}.t${message.prevTerm} ${entriesText(message.entries)} commit ${message.commit}`;
    case "snapshotChunk":
      return `snapshotChunk t${message.term} of ${message.snapshot.index} at ${message.offset} (${message.data.length} of ${message.snapshot.bytes} bytes)`;
    default: {
      const { from: _from, to: _to, ...body } = message;
      return rest(body);
    }
  }
}

function rest<T extends { type: string }>(value: T): string {
  const { type, ...fields } = value;
  const words = Object.entries(fields).map(([name, field]) =>
    typeof field === "object" ? `${name} ${JSON.stringify(field)}` : `${name} ${String(field)}`,
  );
  return [type, ...words].join(" ");
}

function entriesText(entries: readonly Entry[]): string {
  return `[${entries.map(({ index, term, type, data }) => `${index}.t${term} ${type === "command" ? data : type}`).join(", ")}]`;
}
