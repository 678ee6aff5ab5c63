import { expect, test } from "bun:test";
import { CoordinateSender } from "../../../src/agent/coordinate-sender.ts";
import { type Coordinate, ORIGIN } from "../../../src/lib/coordinate.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { silentLogger } from "../../support/silent.ts";

function world(size = 3) {
  const clock = new ManualClock();
  const sent: Coordinate[] = [];
  const state = { coordinate: ORIGIN, fails: false };
  const sender = new CoordinateSender({
    coordinate: () => state.coordinate,
    send: (coordinate) => {
      if (state.fails) return Promise.reject(new Error("No known Consul servers"));
      sent.push(coordinate);
      return Promise.resolve();
    },
    size: () => size,
    clock,
    random: { float: () => 0 },
    log: silentLogger,
  });
  sender.start();
  const pass = async (ms: number) => {
    clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { sent, state, sender, pass };
}

const moved = (s: number): Coordinate => ({ ...ORIGIN, Vec: [s, 0, 0, 0, 0, 0, 0, 0] });

test("a coordinate is sent soon, and again when it has moved", async () => {
  const { sent, state, pass } = world();
  await pass(4_999);
  expect(sent).toEqual([]);
  await pass(1);
  expect(sent.length).toBe(1);
  await pass(15_000);
  expect(sent.length).toBe(1);
  state.coordinate = moved(0.001);
  await pass(15_000);
  expect(sent.length).toBe(2);
  await pass(9 * 60_000);
  expect(sent.length).toBe(2);
});

test("one that does not move is said again after ten minutes", async () => {
  const { sent, pass } = world();
  for (let minute = 0; minute < 12; minute++) for (let quarter = 0; quarter < 4; quarter++) await pass(15_000);
  expect(sent.length).toBe(2);
});

test("a big cluster sends less often", async () => {
  const { sent, pass } = world(6400);
  await pass(99_999);
  expect(sent.length).toBe(0);
  await pass(1);
  expect(sent.length).toBe(1);
});

test("what could not be sent is tried in the next round", async () => {
  const { sent, state, sender, pass } = world();
  state.fails = true;
  await pass(15_000);
  state.fails = false;
  await pass(15_000);
  expect(sent.length).toBe(1);
  sender.stop();
  state.coordinate = moved(1);
  await pass(60_000);
  expect(sent.length).toBe(1);
});
