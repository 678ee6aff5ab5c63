import { expect, test } from "bun:test";
import { getPriority } from "node:os";

test("the thread of long jobs gives way to the others, and they stay as they were", async () => {
  const before = getPriority(0);
  const code = `
    import { readlinkSync } from "node:fs";
    import { getPriority } from "node:os";
    import { stepBack } from ${JSON.stringify(`${import.meta.dir}/../../../src/storage/step-back.ts`)};
    stepBack();
    postMessage(getPriority(Number(readlinkSync("/proc/thread-self").split("/")[2])));
  `;
  const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "application/typescript" })));
  const { data } = await new Promise<MessageEvent<number>>((resolve) => {
    worker.onmessage = resolve;
  });
  worker.terminate();
  expect(data).toBe(Math.max(before, 5));
  expect(getPriority(0)).toBe(before);
});
