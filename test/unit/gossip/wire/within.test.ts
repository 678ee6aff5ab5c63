import { expect, test } from "bun:test";
import { CutOff, WireError } from "../../../../src/codec/wire-error.ts";
import { within } from "../../../../src/gossip/wire/within.ts";

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

test("what is cut off may still come as long as 4 KiB are not there; then it is refused", () => {
  const cut = () => {
    throw new CutOff("cut");
  };
  expect(thrownBy(() => within(4096, "a node", cut))).toBeInstanceOf(CutOff);
  const error = thrownBy(() => within(4097, "a node", cut));
  expect(error).toBeInstanceOf(WireError);
  expect(error).not.toBeInstanceOf(CutOff);
  expect(String(error)).toContain("a node has more than 4096 bytes");
});

test("everything else goes through", () => {
  expect(within(10_000, "a node", () => 7)).toBe(7);
  const other = new Error("other");
  expect(
    thrownBy(() =>
      within(10_000, "a node", () => {
        throw other;
      }),
    ),
  ).toBe(other);
});
