import { describe, expect, test } from "bun:test";
import { BulkWindow } from "../../../src/rpc/window.ts";

const KIB = 1024;

/** Sends until the window is full, and has all of it acknowledged after `delayMs`. */
function round(window: BulkWindow, nowMs: number, delayMs: number): number {
  let sent = 0;
  while (window.admits(32 * KIB)) {
    window.add(32 * KIB);
    sent += 32 * KIB;
  }
  const id = window.mark(nowMs);
  expect(id === undefined ? false : window.acknowledge(id, nowMs + delayMs)).toBe(true);
  return sent;
}

describe("the window of bulk", () => {
  test("admits anything when nothing is under way, and then only what fits", () => {
    const window = new BulkWindow();
    expect(window.admits(100 * KIB * KIB)).toBe(true);
    window.add(100 * KIB * KIB);
    expect(window.admits(1)).toBe(false);
    const id = window.mark(0) ?? 0;
    expect(window.acknowledge(id, 1)).toBe(true);
    expect(window.acknowledged).toBe(window.sent);
    expect(window.admits(1)).toBe(true);
  });

  test("grows while it is too small and answers come soon, up to 4 MiB", () => {
    const window = new BulkWindow();
    expect(round(window, 0, 1)).toBe(128 * KIB);
    expect(round(window, 10, 2)).toBe(256 * KIB);
    for (let at = 20; at < 200; at += 10) round(window, at, 1);
    expect(window.bytesMax).toBe(4096 * KIB);
  });

  test("shrinks when answers come late, down to 64 KiB, and a long way alone is not late", () => {
    const far = new BulkWindow();
    for (let at = 0; at < 10_000; at += 1000) round(far, at, 300);
    expect(far.bytesMax).toBe(4096 * KIB);
    const slow = new BulkWindow();
    round(slow, 0, 1);
    for (let at = 1000; at < 10_000; at += 1000) round(slow, at, 300);
    expect(slow.bytesMax).toBe(64 * KIB);
  });

  test("does not grow for those who don't fill it", () => {
    const window = new BulkWindow();
    for (let at = 0; at < 1000; at += 10) {
      window.add(1000);
      window.acknowledge(window.mark(at) ?? 0, at + 1);
    }
    expect(window.bytesMax).toBe(128 * KIB);
  });

  test("changes once for all that was under way together", () => {
    const window = new BulkWindow();
    const ids = [0, 1, 2, 3].map((at) => {
      window.add(32 * KIB);
      window.admits(64 * KIB);
      return window.mark(at) ?? 0;
    });
    for (const id of ids) window.acknowledge(id, 5);
    expect(window.bytesMax).toBe(256 * KIB);
  });

  test("wants a mark for each quarter, and knows how much is marked", () => {
    const window = new BulkWindow();
    window.add(31 * KIB);
    expect([window.wantsMark, window.marked]).toEqual([false, 0]);
    window.add(KIB);
    expect(window.wantsMark).toBe(true);
    window.mark(0);
    expect([window.wantsMark, window.marked]).toEqual([false, 32 * KIB]);
    window.unmark();
    expect(window.wantsMark).toBe(true);
  });

  test("takes a later answer for those that are missing, and none that it did not ask for", () => {
    const window = new BulkWindow();
    const ids = [10, 20, 30].map((bytes) => {
      window.add(bytes);
      return window.mark(0) ?? 0;
    });
    expect(window.acknowledge(ids[1] ?? 0, 1)).toBe(true);
    expect(window.acknowledged).toBe(30);
    expect(window.acknowledge(ids[0] ?? 0, 2)).toBe(false);
    expect(window.acknowledge(99, 2)).toBe(false);
    expect(window.acknowledge(ids[2] ?? 0, 2)).toBe(true);
  });

  test("sends no more marks when none is answered", () => {
    const window = new BulkWindow();
    for (let left = 64; left > 0; left--) expect(window.mark(0)).toBeDefined();
    expect(window.mark(0)).toBeUndefined();
  });
});
