import { expect, test } from "bun:test";
import { Complaints } from "../../../../src/gossip/pool/complaints.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { RecordingLogger } from "../../../support/recording-logger.ts";
import { silentMeter } from "../../../support/silent.ts";

function rig() {
  const clock = new ManualClock();
  const log = new RecordingLogger();
  let counted = 0;
  const meter = { ...silentMeter, count: () => void counted++ };
  return { clock, log, complaints: new Complaints({ clock, log, meter }), counted: () => counted };
}

test("one source is named once in a minute, each of its faults is counted, and a line says how many were not logged", () => {
  const { clock, log, complaints, counted } = rig();
  for (let left = 100; left > 0; left--) complaints.about("10.0.0.1", "gossip.x", "bad packet", new Error("too short"));
  expect(log.lines).toEqual([
    { level: "warn", message: "bad packet", fields: { from: "10.0.0.1", error: "too short" } },
  ]);
  clock.advance(60_000);
  complaints.about("10.0.0.1", "gossip.x", "bad packet");
  expect(log.lines[1]?.fields).toEqual({ from: "10.0.0.1", "others not logged": 99 });
  expect(counted()).toBe(101);
});

test("many made-up sources make ten lines in a minute", () => {
  const { clock, log, complaints } = rig();
  for (let at = 0; at < 100_000; at++) complaints.about(`10.0.${at >> 8}.${at & 255}`, "gossip.x", "bad packet");
  expect(log.lines).toHaveLength(10);
  clock.advance(60_000);
  complaints.about("10.9.9.9", "gossip.x", "bad packet");
  expect(log.lines).toHaveLength(11);
});
