import type { Message } from "../../../src/raft/core/messages.ts";
import type { Server } from "../world/server.ts";
import type { Elections } from "./elections.ts";
import type { Logs } from "./logs.ts";
import { must } from "./violation.ts";

/** What a message says is on the sender's disk. */
export function checkSending(server: Server, message: Message, elections: Elections, logs: Logs): void {
  const { id, disk, status } = server;
  // Pre-votes are of no term. Who asks from which index on it may read promises nothing.
  if (message.type === "preVoteRequest" || message.type === "preVoteReply" || message.type === "readIndexRequest")
    return;
  must(
    message.term <= disk.hardState.term,
    "durable before said",
    () => `${id} sends ${message.type} of term ${message.term}, its disk has ${disk.hardState.term}`,
  );
  switch (message.type) {
    case "voteRequest":
      elections.voted(server, message.term, id);
      return;
    case "voteReply":
      if (message.granted) elections.voted(server, message.term, message.to);
      return;
    case "append":
      logs.sent(server, message.prevIndex, message.prevTerm, message.entries);
      mustBeCommitted(server, message.commit);
      return;
    case "heartbeat":
      mustBeCommitted(server, message.commit);
      return;
    case "appendReply":
      if (message.ok) mustBeDurable(server, message.index, status.lastIndex);
      return;
    case "snapshotReply":
      if (message.installed) mustBeDurable(server, message.index, status.lastIndex);
      return;
    default:
      return;
  }
}

function mustBeCommitted({ id, status }: Server, commit: number): void {
  must(
    commit <= status.commitIndex,
    "durable before said",
    () => `${id} tells a commit of ${commit}, it knows ${status.commitIndex}`,
  );
}

/** The disk's log reaches there with the terms that the core has. */
function mustBeDurable({ id, disk, view }: Server, index: number, lastIndex: number): void {
  const at = Math.min(index, lastIndex);
  const own = view.termAt(at);
  const isThere =
    disk.log.lastIndex >= index && (own === undefined || at < disk.log.baseIndex || disk.log.termAt(at) === own);
  must(
    isThere,
    "durable before said",
    () => `${id} says that it has ${index}, its disk has ${disk.log.lastIndex}.t${disk.log.lastTerm}`,
  );
}
