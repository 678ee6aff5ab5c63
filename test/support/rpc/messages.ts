import fc from "fast-check";
import type { Message } from "../../../src/raft/core/messages.ts";
import type { EntryType } from "../../../src/raft/types.ts";

const number = fc.oneof(fc.nat(300), fc.nat(), fc.nat({ max: 2 ** 48 }));
const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.json());

const entries = (prevIndex: number) =>
  fc
    .array(
      fc.record({
        term: fc.nat(3),
        type: fc.constantFrom<EntryType>("noop", "command", "configuration", "restore"),
        data: text,
      }),
      { maxLength: 20 },
    )
    .map((all) => all.map((entry, at) => ({ index: prevIndex + 1 + at, ...entry })));

const configuration = fc.record({
  servers: fc.array(fc.record({ id: fc.uuid(), address: fc.string({ maxLength: 60 }), voter: fc.boolean() }), {
    maxLength: 7,
  }),
});

const chunkParts = fc
  .record({
    index: number,
    term: number,
    configuration,
    data: fc.uint8Array({ maxLength: 500 }),
    offset: number,
    rest: number,
  })
  .chain((parts) =>
    fc.record({
      parts: fc.constant(parts),
      configurationIndex: fc.nat({ max: parts.index }),
      sha256: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((hash) => hash.toHex()),
    }),
  )
  .map(({ parts: { index, term, configuration: servers, data, offset, rest }, configurationIndex, sha256 }) => {
    const snapshot = {
      index,
      term,
      configuration: { index: configurationIndex, configuration: servers },
      bytes: offset + data.length + rest,
      sha256,
    };
    return { snapshot, offset, data };
  });

/** Any message that a server may send. */
export function anyMessage(from: string, to: string): fc.Arbitrary<Message> {
  const base = { from: fc.constant(from), to: fc.constant(to), term: number };
  const of = <T extends Message["type"]>(type: T) => ({ type: fc.constant(type), ...base });
  const last = { lastIndex: number, lastTerm: number };
  const flag = fc.boolean();
  return fc.oneof(
    fc.record({ ...of("preVoteRequest"), round: number, ...last }),
    fc.record({ ...of("preVoteReply"), round: number, granted: flag }),
    fc.record({ ...of("voteRequest"), ...last, isTransfer: flag }),
    fc.record({ ...of("voteReply"), granted: flag }),
    number.chain((prevIndex) =>
      fc.record({
        ...of("append"),
        prevIndex: fc.constant(prevIndex),
        prevTerm: number,
        entries: entries(prevIndex),
        commit: number,
      }),
    ),
    fc.record({ ...of("appendReply"), ok: flag, index: number, hintIndex: number, hintTerm: number }),
    fc.record({ ...of("heartbeat"), commit: number, round: number }),
    fc.record({ ...of("heartbeatReply"), round: number }),
    fc.record(of("snapshotChunk")).chain((head) => chunkParts.map((parts) => ({ ...head, ...parts }))),
    fc.record({ ...of("snapshotReply"), index: number, nextOffset: number, installed: flag }),
    fc.record({ ...of("timeoutNow"), lastIndex: number }),
    fc.record({ ...of("readIndexRequest"), id: number, isConfirmed: flag }),
    fc.record({ ...of("readIndexReply"), id: number, index: number }),
  );
}
