import { expect, test } from "bun:test";
import type { Entry } from "../../../src/raft/types.ts";
import {
  type LogRequest,
  packEntries,
  packReply,
  packRequests,
  unpackEntries,
  unpackReply,
  unpackRequests,
} from "../../../src/storage/log-protocol.ts";

const entry = (index: number, data: string): Entry => ({ index, term: 2, type: "command", data });
const append = (id: number, ...entries: Entry[]): LogRequest => ({
  id,
  kind: "append",
  generation: 3,
  batch: packEntries({ entries, truncateFrom: 0, needsRoom: true }),
});

test("calls arrive at the thread as they were made, whatever is in the entries", () => {
  const requests: LogRequest[] = [
    { id: 1, kind: "hardState", state: { term: 4, votedFor: "näme\n" } },
    append(2, entry(7, '{"key":"a\\n"}'), entry(8, "")),
    append(3, entry(9, "zwei\nZeilen \u{1f980} \ud800"), entry(10, "[]")),
    { id: 4, kind: "close" },
  ];
  const arrived = unpackRequests(packRequests(requests));
  expect(arrived).toEqual(requests);
  const [, , third] = arrived;
  expect(third?.kind === "append" && unpackEntries(third.batch)).toEqual([
    entry(9, "zwei\nZeilen \u{1f980} \ud800"),
    entry(10, "[]"),
  ]);
});

test("replies arrive as they were sent, with and without what went wrong", () => {
  const good = { doneUpTo: 9, generation: 1, failures: [], values: [] };
  const bad = { ...good, failures: [{ id: 9, text: "no space", fatal: false }], values: [{ id: 8, value: [] }] };
  for (const reply of [good, bad]) expect(unpackReply(packReply(reply))).toEqual(reply);
});
