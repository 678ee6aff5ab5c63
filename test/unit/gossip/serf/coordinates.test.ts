import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Coordinates } from "../../../../src/gossip/serf/coordinates.ts";
import { ORIGIN } from "../../../../src/lib/coordinate.ts";
import { SeededRandom } from "../../../support/gossip/seeded-random.ts";
import { silentLogger, silentMeter } from "../../../support/silent.ts";

const places = (name: string) =>
  new Coordinates({ name, random: new SeededRandom(1, name), log: silentLogger, meter: silentMeter });

describe("places of members", () => {
  test("what goes with an answer is the version 1 and the coordinate, as Serf writes it", () => {
    const payload = places("a").payload();
    const float = (hex: string) => `cb${hex}`;
    const zero = float("0000000000000000");
    const text = (word: string) => (0xa0 | word.length).toString(16) + Buffer.from(word).toString("hex");
    expect(Buffer.from(payload).toString("hex")).toBe(
      [
        "0184",
        `${text("Adjustment")}${zero}`,
        `${text("Error")}${float("3ff8000000000000")}`,
        `${text("Height")}${float("3ee4f8b588e368f1")}`,
        `${text("Vec")}98${zero.repeat(8)}`,
      ].join(""),
    );
  });

  test("a ping moves the own place and keeps that of the other", () => {
    const [a, b] = [places("a"), places("b")];
    a.observe("b", 20, b.payload());
    expect(a.own).not.toEqual(ORIGIN);
    expect(a.of("b")).toEqual(ORIGIN);
    expect(a.of("a")).toBe(a.own);
    b.observe("a", 20, a.payload());
    expect(b.of("a")).toEqual(a.own);
  });

  test("who is forgotten has no place", () => {
    const [a, b] = [places("a"), places("b")];
    a.observe("b", 20, b.payload());
    a.forget("b");
    expect(a.of("b")).toBeUndefined();
  });

  test("a payload that is none changes nothing", () => {
    const a = places("a");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (payload) => {
        a.observe("b", 20, payload);
        expect(a.own).toEqual(ORIGIN);
      }),
    );
    const good = places("b").payload();
    for (let cut = 0; cut < good.length; cut++) a.observe("b", 20, good.subarray(0, cut));
    a.observe("b", 20, Uint8Array.of(2, ...good.subarray(1)));
    a.observe("b", -1, good);
    expect(a.own).toEqual(ORIGIN);
    expect(a.of("b")).toBeUndefined();
  });

  test("a vector of any length that is claimed costs nothing", () => {
    const a = places("a");
    a.observe("b", 20, Uint8Array.from([1, 0x81, 0xa3, 0x56, 0x65, 0x63, 0xdd, 0xff, 0xff, 0xff, 0xff]));
    const long = [1, 0x81, 0xa3, 0x56, 0x65, 0x63, 0xdc, 0x01, 0x00, ...new Array<number>(256).fill(0)];
    a.observe("b", 20, Uint8Array.from(long));
    expect(a.of("b")).toBeUndefined();
  });
});
