import { describe, expect, test } from "bun:test";
import type { Endpoint } from "../../../../src/gossip/messages.ts";
import { Rejoin } from "../../../../src/gossip/pool/rejoin.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";
import { RecordingLogger } from "../../../support/recording-logger.ts";

function rig(count: number, answers: (tried: number) => boolean) {
  const clock = new ManualClock();
  const log = new RecordingLogger();
  const tried: string[] = [];
  let isAlone = true;
  const targets = Array.from({ length: count }, (_, at) => ({
    name: `n${at}`,
    at: { address: `10.0.0.${at}`, port: 7946 },
  }));
  const join = async (to: Endpoint) => {
    tried.push(to.address);
    if (!answers(tried.length)) throw new Error("refused");
  };
  const rejoin = new Rejoin({ targets, join, isAlone: () => isAlone, clock, log });
  const found = () => {
    isAlone = false;
  };
  return { rejoin, clock, log, tried, found };
}

describe("joining again after a start", () => {
  test("those that were known are tried until one takes this member in", async () => {
    const { rejoin, tried, clock } = rig(5, (count) => count === 3);
    rejoin.start();
    await settle();
    expect(tried).toEqual(["10.0.0.0", "10.0.0.1", "10.0.0.2"]);
    expect(clock.pendingMs).toEqual([]);
  });

  test("while nobody answers, rounds of sixteen follow each other with longer and longer pauses", async () => {
    const { rejoin, tried, clock, log } = rig(20, () => false);
    rejoin.start();
    await settle(100);
    expect(tried).toHaveLength(16);
    expect(clock.pendingMs).toEqual([5000]);
    clock.advance(5000);
    await settle(100);
    expect(tried.slice(16, 21)).toEqual(["10.0.0.16", "10.0.0.17", "10.0.0.18", "10.0.0.19", "10.0.0.0"]);
    expect(clock.pendingMs).toEqual([10_000]);
    expect(log.messages("warn")).toHaveLength(2);
    for (let left = 12; left > 0; left--) {
      clock.advance(300_000);
      await settle(100);
    }
    expect(clock.pendingMs).toEqual([300_000]);
    rejoin.close();
    expect(clock.pendingMs).toEqual([]);
  });

  test("a member that was found in another way ends it, and so does nobody to find", async () => {
    const { rejoin, tried, clock, found } = rig(2, () => false);
    rejoin.start();
    await settle();
    found();
    clock.advance(5000);
    await settle();
    expect(tried).toHaveLength(2);
    expect(clock.pendingMs).toEqual([]);
    const none = rig(0, () => true);
    none.rejoin.start();
    await settle();
    expect(none.tried).toEqual([]);
  });
});
