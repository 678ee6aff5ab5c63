import { expect, test } from "bun:test";
import { blockingRead } from "../../../src/http/blocking.ts";
import { Publisher } from "../../../src/state/publisher.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

const INTEREST = { topics: ["kv/a"] } as const;

function world(minIndex = 5) {
  const [clock, publisher, abort] = [new ManualClock(), new Publisher(), new AbortController()];
  const state = { index: 5, reads: 0 };
  const read = () => {
    state.reads++;
    return { result: { interest: INTEREST }, index: state.index };
  };
  const deps = { publisher, clock, signal: abort.signal };
  const done = blockingRead(read(), read, ({ index }) => index <= minIndex, 60_000, deps);
  let answer: number | undefined;
  void done.then(({ index }) => {
    answer = index;
  });
  const answered = async () => {
    await settle();
    return answer;
  };
  return { clock, publisher, abort, state, answered };
}

test("ends with the first answer that is newer, and reads again only when what it looked at changed", async () => {
  const { publisher, state, answered } = world();
  publisher.publish(new Set(["kv/b"]), 6);
  expect([await answered(), state.reads]).toEqual([undefined, 1]);
  publisher.publish(new Set(["kv/a"]), 7);
  expect([await answered(), state.reads]).toEqual([undefined, 2]);
  state.index = 8;
  publisher.publish(new Set(["kv/a"]), 8);
  expect([await answered(), state.reads]).toEqual([8, 3]);
});

test("ends when all was replaced, with what is there now, also when that has a lower index", async () => {
  const { publisher, state, answered } = world();
  state.index = 2;
  publisher.publishAll(9);
  expect([await answered(), state.reads]).toEqual([2, 2]);
});

test("ends when the wait is over, when the caller has gone, and when the agent stops, with the answer that it had", async () => {
  const late = world();
  late.clock.advance(60_000);
  expect([await late.answered(), late.state.reads]).toEqual([5, 1]);
  const gone = world();
  gone.abort.abort();
  expect([await gone.answered(), gone.state.reads]).toEqual([5, 1]);
  const stopped = world();
  stopped.publisher.close();
  expect(await stopped.answered()).toBe(5);
});
