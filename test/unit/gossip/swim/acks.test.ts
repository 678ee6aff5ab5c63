import { expect, test } from "bun:test";
import { Acks } from "../../../../src/gossip/swim/acks.ts";
import { SeededRandom } from "../../../support/gossip/seeded-random.ts";

const NOTHING = new Uint8Array(0);

function expected() {
  const heard: string[] = [];
  return { heard, onAck: () => heard.push("ack"), onNack: () => heard.push("nack") };
}

test("an answer goes to the ping of its number", () => {
  const acks = new Acks(new SeededRandom(1, "acks"));
  const [first, second] = [expected(), expected()];
  acks.expect(first);
  acks.onAck(acks.expect(second), NOTHING);
  expect([first.heard, second.heard]).toEqual([[], ["ack"]]);
});

test("only the first ack counts, and nothing after it", () => {
  const acks = new Acks(new SeededRandom(1, "acks"));
  const one = expected();
  const seqNo = acks.expect(one);
  for (let times = 0; times < 2; times++) acks.onNack(seqNo);
  for (let times = 0; times < 2; times++) acks.onAck(seqNo, NOTHING);
  acks.onNack(seqNo);
  expect(one.heard).toEqual(["nack", "nack", "ack"]);
});

test("what is forgotten, or was never asked, is answered in vain", () => {
  const acks = new Acks(new SeededRandom(1, "acks"));
  const one = expected();
  const seqNo = acks.expect(one);
  acks.forget(seqNo);
  acks.onAck(seqNo, NOTHING);
  acks.onNack(seqNo);
  acks.onAck(seqNo + 5, NOTHING);
  expect(one.heard).toEqual([]);
});

test("numbers have 32 bits, begin anywhere and go round", () => {
  const acks = new Acks({ float: () => 1 - 2 ** -33, uuid: () => "" });
  const numbers = [1, 2, 3].map(() => acks.expect(expected()));
  expect(numbers).toEqual([2 ** 32 - 1, 0, 1]);
  expect(new Acks(new SeededRandom(1, "a")).expect(expected())).not.toBe(
    new Acks(new SeededRandom(2, "a")).expect(expected()),
  );
});
