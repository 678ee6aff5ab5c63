import { expect, test } from "bun:test";
import { doubled, followIndex } from "../../../src/lib/follow-index.ts";

/** Follows answers that are given by index, or thrown, until there are none left; what was read, taken and waited for. */
async function follow(answers: readonly (number | Error)[]): Promise<string[]> {
  const left = [...answers];
  const done: string[] = [];
  const controller = new AbortController();
  await followIndex(
    {
      async read(index) {
        done.push(`read ${index}`);
        const answer = left.shift();
        if (answer === undefined) controller.abort();
        if (answer instanceof Error) throw answer;
        return { status: 200, index: answer ?? 0, body: "" };
      },
      take: ({ index }, failuresBefore) => void done.push(`take ${index} after ${failuresBefore}`),
      onFailure: (failures, error) => done.push(`failure ${failures}: ${(error as Error).message}`),
      retryMs: (failures) => 10 * failures,
      roundPauseMs: 1,
      pause: async (delayMs) => done.push(`pause ${delayMs}`),
    },
    controller.signal,
  );
  return done;
}

test("each read waits from the answer before; an index that goes back, or is none, is not waited from", async () => {
  const reads = (await follow([5, 7, 6, 0, 3])).filter((each) => each.startsWith("read"));
  expect(reads).toEqual(["read 0", "read 5", "read 7", "read 0", "read 1", "read 3"]);
});

test("after a failure it begins again, and the next answer is told how many there were", async () => {
  expect(await follow([5, new Error("lost"), new Error("still lost"), 6])).toEqual([
    ...["read 0", "take 5 after 0", "pause 1"],
    ...["read 5", "failure 1: lost", "pause 10", "read 0", "failure 2: still lost", "pause 20"],
    ...["read 0", "take 6 after 2", "pause 1", "read 6"],
  ]);
});

test("a delay is doubled up to its limit", () => {
  expect([1, 2, 3, 4, 5].map((failures) => doubled(failures, 1000, 6000))).toEqual([1000, 2000, 4000, 6000, 6000]);
});
