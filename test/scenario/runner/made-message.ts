import type { Message } from "../../../src/raft/core/messages.ts";
import type { Entry } from "../../../src/raft/types.ts";
import { addressOf } from "./text.ts";
import type { Words } from "./words.ts";

/** `5/2` as index and term. */
function place(words: Words, key: string): [number, number] {
  const [index = "", term = ""] = (words.text(key) ?? "").split("/");
  if (index === "" || term === "") throw new Error(`${words.name}: ${key}= must be index/term`);
  return [Number(index), Number(term)];
}

/** `(4/2 5/2)`: commands of these indexes and terms, as `add-node` makes them. */
function entriesOf(words: Words): Entry[] {
  return words.list("entries").map((item) => {
    const [index = "", term = ""] = item.split("/");
    return { index: Number(index), term: Number(term), type: "command", data: `${index}.${term}` };
  });
}

/** A message that a scenario writes down: a late, a duplicated or a short one, without the run that would send it. */
export function makeMessage(words: Words): Message {
  const base = { from: words.text("from") ?? "", to: words.text("to") ?? "", term: words.number("term") };
  const type = words.word(0);
  switch (type) {
    case "append": {
      const [prevIndex, prevTerm] = place(words, "prev");
      return { ...base, type, prevIndex, prevTerm, entries: entriesOf(words), commit: words.number("commit", 0) };
    }
    case "appendReply": {
      if (words.has("ok")) return { ...base, type, ok: true, index: words.number("ok"), hintIndex: 0, hintTerm: 0 };
      const [hintIndex, hintTerm] = place(words, "hint");
      return { ...base, type, ok: false, index: words.number("rejected"), hintIndex, hintTerm };
    }
    case "voteRequest":
    case "preVoteRequest": {
      const [lastIndex, lastTerm] = place(words, "last");
      if (type === "preVoteRequest") return { ...base, type, round: words.number("round", 0), lastIndex, lastTerm };
      return { ...base, type, lastIndex, lastTerm, isTransfer: words.text("transfer") === "yes" };
    }
    case "voteReply":
      return { ...base, type, granted: words.text("granted") === "yes" };
    case "preVoteReply":
      return { ...base, type, round: words.number("round", 0), granted: words.text("granted") === "yes" };
    case "heartbeat":
      return { ...base, type, commit: words.number("commit", 0), round: words.number("round") };
    case "heartbeatReply":
      return { ...base, type, round: words.number("round") };
    case "timeoutNow":
      return { ...base, type, lastIndex: words.number("last") };
    case "snapshotChunk": {
      const [index, indexTerm] = place(words, "snapshot");
      const servers = words.list("voters").map((id) => ({ id, address: addressOf(id), voter: true }));
      const configuration = { index: 1, configuration: { servers } };
      const snapshot = { index, term: indexTerm, configuration, bytes: words.number("of"), sha256: "" };
      return { ...base, type, snapshot, offset: words.number("offset"), data: new Uint8Array(words.number("bytes")) };
    }
    default:
      throw new Error(`${words.name}: no message of type ${type} can be made`);
  }
}
