import { describe, expect, test } from "bun:test";
import { countsIn, NO_TESTS, sum } from "../../scripts/counts.ts";
import { runStep } from "../../scripts/step.ts";

const bun = process.execPath;
const print = (text: string, code: number) => [
  bun,
  "-e",
  `process.stderr.write(${JSON.stringify(text)});process.exit(${code})`,
];

describe("the check's sum", () => {
  test("reads the closing lines of bun test, with and without skipped tests", () => {
    const closing =
      " 18 pass\n 2 skip\n 1 todo\n 3 fail\nsnapshots: 1 passed\n 12 expect() calls\nRan 24 tests across 1 file. [154.00ms]\n";
    expect(countsIn(closing)).toEqual({ passed: 18, failed: 3, skipped: 3 });
    expect(countsIn(" 7 pass\n 0 fail\nRan 7 tests across 2 files. [1.00ms]\n")).toEqual({
      passed: 7,
      failed: 0,
      skipped: 0,
    });
  });

  test("takes the last such lines, so that a test's own output does not count", () => {
    expect(countsIn(" 900 pass\n 0 fail\ntotal  1/1\n 2 pass\n 1 fail\nRan 3 tests across 1 file. [1ms]\n")).toEqual({
      passed: 2,
      failed: 1,
      skipped: 0,
    });
  });

  test("reads the conformance table, where an accepted difference is neither passed nor failed", () => {
    expect(countsIn("kv      10/10\ntotal   97/100  (2 listed)\n")).toEqual({ passed: 97, failed: 1, skipped: 2 });
    expect(countsIn("total  5/5\n")).toEqual({ passed: 5, failed: 0, skipped: 0 });
  });

  test("adds up", () => {
    const runs = [NO_TESTS, { passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 20, skipped: 30 }];
    expect(sum(runs)).toEqual({ passed: 11, failed: 22, skipped: 33 });
  });
});

describe("a step", () => {
  const step = { name: "s", hasTests: true };
  const good = " 7 pass\n 0 fail\nRan 7 tests across 1 file. [1ms]\n";

  test("is fine when its tests passed and it ended well", async () => {
    expect(await runStep({ ...step, command: print(good, 0) })).toMatchObject({
      outcome: "ok",
      counts: { passed: 7, failed: 0 },
    });
  });

  test("that ends badly with no failing test counts as one failed", async () => {
    const result = await runStep({ ...step, command: print(good, 1) });
    expect(result).toMatchObject({ outcome: "failed", counts: { passed: 7, failed: 1 } });
  });

  test("of tests that ran none has failed", async () => {
    const result = await runStep({ ...step, command: print("No tests found!\n", 0) });
    expect(result).toMatchObject({ outcome: "failed", counts: { passed: 0, failed: 1 } });
  });

  test("without tests adds nothing to the sum when it is fine", async () => {
    const result = await runStep({ name: "s", command: print(" 3 pass\n", 0) });
    expect(result).toMatchObject({ outcome: "ok", counts: NO_TESTS });
  });
});
