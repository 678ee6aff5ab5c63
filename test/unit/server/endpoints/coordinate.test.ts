import { describe, expect, test } from "bun:test";
import { CoordinateEndpoint } from "../../../../src/server/endpoints/coordinate.ts";
import type { Command } from "../../../../src/state/commands.ts";
import type { CoordinateUpdate } from "../../../../src/state/coordinates/commands.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { silentLogger } from "../../../support/silent.ts";

const of = (Node: string, height = 0.1): CoordinateUpdate => ({
  Node,
  Segment: "",
  Coord: { Vec: [0, 0, 0, 0, 0, 0, 0, 0], Error: 1, Adjustment: 0, Height: height },
});

function endpoint() {
  const clock = new ManualClock();
  const batches: CoordinateUpdate[][] = [];
  const propose = (command: Command) => {
    if (command.type === "coordinate.batch-update") batches.push(command.updates);
    return Promise.resolve(true);
  };
  return { clock, batches, coordinate: new CoordinateEndpoint({ propose, clock, log: silentLogger }) };
}

describe("coordinate endpoint", () => {
  test("gathers updates for five seconds; of one node the last counts", () => {
    const { clock, batches, coordinate } = endpoint();
    coordinate.update(of("a", 1));
    coordinate.update(of("b"));
    coordinate.update(of("A", 2));
    clock.advance(4999);
    expect(batches).toEqual([]);
    clock.advance(1);
    expect(batches).toEqual([[of("A", 2), of("b")]]);
    clock.advance(60_000);
    expect(batches).toHaveLength(1);
  });

  test("writes batches of 128 and drops what is more than five of them", () => {
    const { clock, batches, coordinate } = endpoint();
    for (let i = 0; i < 700; i++) coordinate.update(of(`n${i}`));
    clock.advance(5000);
    expect(batches.map((batch) => batch.length)).toEqual([128, 128, 128, 128, 128]);
  });

  test("refuses a coordinate that others can't be compared with", () => {
    const { coordinate } = endpoint();
    const bad = (Vec: number[], Height: number) => () =>
      coordinate.update({ ...of("a"), Coord: { ...of("a").Coord, Vec, Height } });
    expect(bad([1, 2], 0.1)).toThrow("incompatible coordinate");
    expect(bad([0, 0, 0, 0, 0, 0, 0, 0], Number.NaN)).toThrow("incompatible coordinate");
  });

  test("writes nothing any more once stopped", () => {
    const { clock, batches, coordinate } = endpoint();
    coordinate.update(of("a"));
    coordinate.stop();
    clock.advance(10_000);
    expect(batches).toEqual([]);
  });
});
