import type { Configuration } from "../../../src/raft/configuration.ts";
import type { Message, SnapshotMeta } from "../../../src/raft/core/messages.ts";
import type { Change, Effect } from "../../../src/raft/core/types.ts";
import type { Entry } from "../../../src/raft/types.ts";

/** `1 2 (3)`: voters, and servers without a vote in parentheses. */
export function configurationText({ servers }: Configuration): string {
  return servers.length === 0 ? "nobody" : servers.map(({ id, voter }) => (voter ? id : `(${id})`)).join(" ");
}

/** `5/2 x`: index, term and what it holds. */
export function entryText({ index, term, type, data }: Entry): string {
  const long = data.length > 16 ? `${data.length} bytes` : data;
  const what = type === "configuration" ? configurationText(JSON.parse(data) as Configuration) : long;
  return `${index}/${term} ${type === "command" ? what : `${type} ${what}`.trimEnd()}`;
}

function entriesText(entries: readonly Entry[]): string {
  return `[${entries.map(entryText).join(", ")}]`;
}

/** Ids of reads between servers are large numbers; here they are `r1`, `r2` in the order of their first use. */
const wireIds = new Map<number, string>();

export function forgetWireIds(): void {
  wireIds.clear();
}

function wireId(id: number): string {
  const known = wireIds.get(id) ?? `r${wireIds.size + 1}`;
  wireIds.set(id, known);
  return known;
}

export function messageText(message: Message): string {
  return `${message.from}->${message.to} ${message.type} term=${message.term}${detailText(message)}`;
}

function detailText(message: Message): string {
  switch (message.type) {
    case "preVoteRequest":
      return ` last=${message.lastIndex}/${message.lastTerm}`;
    case "voteRequest":
      return ` last=${message.lastIndex}/${message.lastTerm}${message.isTransfer ? " transfer" : ""}`;
    case "preVoteReply":
    case "voteReply":
      return message.granted ? " granted" : " rejected";
    case "append": {
      const { prevIndex, prevTerm, entries, commit } = message;
      return ` prev=${prevIndex}/${prevTerm} commit=${commit} ${entriesText(entries)}`;
    }
    case "appendReply": {
      const { ok, index, hintIndex, hintTerm } = message;
      return ok ? ` ok=${index}` : ` rejected=${index} hint=${hintIndex}/${hintTerm}`;
    }
    case "heartbeat":
      return ` commit=${message.commit} round=${message.round}`;
    case "heartbeatReply":
      return ` round=${message.round}`;
    case "snapshotChunk": {
      const { snapshot, offset, data } = message;
      return ` ${snapshotText(snapshot)} bytes=${offset}..${offset + data.length} of ${snapshot.bytes}`;
    }
    case "snapshotReply":
      return message.installed
        ? ` installed=${message.index}`
        : ` snapshot=${message.index} wants=${message.nextOffset}`;
    case "readIndexRequest":
      return ` ${wireId(message.id)}${message.isConfirmed ? " confirmed" : ""}`;
    case "readIndexReply":
      return ` ${wireId(message.id)} index=${message.index}`;
    case "timeoutNow":
      return ` last=${message.lastIndex}`;
  }
}

export function snapshotText({ index, term, configuration }: SnapshotMeta): string {
  return `snapshot=${index}/${term} of ${configurationText(configuration.configuration)}`;
}

/** What a server does, without its name. */
export function effectText(effect: Exclude<Effect, { type: "send" }>): string {
  switch (effect.type) {
    case "persist":
      return `writes #${effect.id}: ${persistText(effect)}`;
    case "proposed":
      return `proposed ${effect.firstIndex}/${effect.term}`;
    case "refused":
      return `refused: ${effect.reason}`;
    case "dropped":
      return `drops from ${effect.fromIndex}`;
    case "commit":
      return `commits ${effect.index}`;
    case "role": {
      const { role, term, leader } = effect;
      return `is ${role} in term ${term}${role === "follower" ? ` of ${leader ?? "nobody"}` : ""}`;
    }
    case "configuration":
      return `configuration ${effect.configuration.index}: ${configurationText(effect.configuration.configuration)}`;
    case "readReady":
      return `read ${effect.id} is ready at ${effect.index}`;
    case "readFailed":
      return `read ${effect.id} failed`;
    case "transferred":
      return effect.ok ? "transferred" : `not transferred: ${effect.reason}`;
    case "readEntries":
      return `loads entries for ${effect.to} from ${effect.from}`;
    case "readSnapshot":
      return `loads a snapshot's part for ${effect.to}: ${effect.index ?? "the newest"} from byte ${effect.offset}`;
    case "writeChunk": {
      const { snapshot, offset, data } = effect;
      return `stores ${snapshotText(snapshot)} bytes=${offset}..${offset + data.length}`;
    }
    case "installSnapshot":
      return `installs ${snapshotText(effect.snapshot)}`;
  }
}

function persistText({ hardState, append }: Extract<Effect, { type: "persist" }>): string {
  const parts: string[] = [];
  if (hardState !== undefined) parts.push(`term ${hardState.term} vote ${hardState.votedFor || "none"}`);
  if (append?.truncateFrom !== undefined) parts.push(`truncate from ${append.truncateFrom}`);
  if (append !== undefined) parts.push(entriesText(append.entries));
  return parts.join(", ");
}

/** A change from the words of a command: `add 4`, `promote 4`, `demote 4`, `remove 4`. */
export function parseChange(kind: string, id: string): Change {
  switch (kind) {
    case "add":
      return { kind, server: { id, address: addressOf(id) } };
    case "promote":
    case "demote":
    case "remove":
      return { kind, serverId: id };
    default:
      throw new Error(`a change is add, promote, demote or remove, not ${kind}`);
  }
}

export function addressOf(id: string): string {
  return `10.0.0.${id}:8300`;
}
