import { expect, test } from "bun:test";
import fc from "fast-check";
import { cutNote, outputLimit, TailBuffer } from "../../../../src/agent/checks/output.ts";

test("checks: a note longer than the limit ends in Consul's words", () => {
  expect(cutNote("a".repeat(5000), 4096)).toBe(`${"a".repeat(4096)} ... (captured 4096 of 5000 bytes)`);
  expect(cutNote("a".repeat(4096), 4096)).toBe("a".repeat(4096));
});

test("checks: a cut never leaves half a character", () => {
  expect(cutNote("ééé", 3)).toBe("é ... (captured 3 of 6 bytes)");
});

test("checks: a check can lower the agent's output limit but not raise it", () => {
  expect([outputLimit(4096, 0), outputLimit(4096, 10), outputLimit(4096, 9999)]).toEqual([4096, 10, 4096]);
});

test("checks: of a long output the end is kept, with Consul's head line", () => {
  const tail = new TailBuffer(3);
  tail.push(new TextEncoder().encode("small\n"));
  expect(tail.text()).toBe("Captured 3 of 6 bytes\n...\nll\n");
  expect(tail.bare()).toBe("ll\n");
});

test("checks: the tail of any chunks is the tail of their concatenation", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.stringMatching(/^[a-z]{0,30}$/)), (size, chunks) => {
      const tail = new TailBuffer(size);
      for (const chunk of chunks) tail.push(new TextEncoder().encode(chunk));
      const whole = chunks.join("");
      expect(tail.bare()).toBe(whole.slice(Math.max(0, whole.length - size)));
      expect(tail.total).toBe(whole.length);
    }),
  );
});
