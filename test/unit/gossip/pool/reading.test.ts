import { expect, test } from "bun:test";
import { Reading } from "../../../../src/gossip/pool/reading.ts";
import { LineReader } from "../../../support/gossip/line-reader.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

function rig() {
  const clock = new ManualClock();
  const told: string[] = [];
  const reading = new Reading(new LineReader(), clock, {
    onMessage: ({ line }) => told.push(line),
    onFailure: (error) => told.push(`failed: ${error instanceof Error ? error.message : error}`),
  });
  return { clock, told, reading, push: (text: string) => reading.push(Buffer.from(text)) };
}

test("a message is told once, and what follows is nobody's", () => {
  const { told, push } = rig();
  push("hel");
  push("lo\n");
  push("more\n");
  expect(told).toEqual(["hello"]);
});

test("between the slices of a long message others have the event loop", () => {
  const { clock, told, push } = rig();
  push("a~b~\n");
  expect(told).toEqual([]);
  expect(clock.pendingMs).toHaveLength(1);
  clock.advance(1);
  expect(told).toEqual(["a~b~"]);
});

test("a peer that closes when all is said is heard to the end", () => {
  const { clock, told, reading, push } = rig();
  push("a~b~\n");
  reading.end();
  clock.advance(1);
  expect(told).toEqual(["a~b~"]);
});

test("what can't be read, or is cut off, fails once", () => {
  const bad = rig();
  bad.push("!");
  bad.push("!");
  expect(bad.told).toEqual(["failed: no line"]);
  const cut = rig();
  cut.push("hel");
  cut.reading.end();
  cut.push("lo\n");
  expect(cut.told).toEqual(["failed: the connection was closed before the message was whole"]);
});

test("after close nothing is told, whatever is under way", () => {
  const { clock, told, reading, push } = rig();
  push("a~b~\n");
  reading.close();
  reading.end();
  clock.advance(1);
  expect(told).toEqual([]);
});
