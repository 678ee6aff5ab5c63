import { expect, test } from "bun:test";
import { join } from "node:path";

const SERVER = join(import.meta.dir, "../../../src/platform/http-server.ts");

/** Serves a body that breaks when its first part was read, and ends. What the runtime prints is native: only another process shows it. */
const BREAKING = `
import { listenHttp } from ${JSON.stringify(SERVER)};
const body = () => {
  let parts = 0;
  return new ReadableStream({
    async pull(controller) {
      if (parts++ === 0) return controller.enqueue(new Uint8Array(1));
      await new Promise(setImmediate);
      controller.error(new Error("the other end is gone"));
    },
  });
};
const listener = listenHttp({
  address: { hostname: "127.0.0.1", port: 0 },
  fetch: () => new Response(body()),
});
const isCut = await fetch("http://127.0.0.1:" + listener.port).then((answer) => answer.text()).then(() => false, () => true);
await listener.close(0);
console.log(isCut ? "cut" : "whole");
`;

test("a body that breaks while its next part is waited for cuts the connection, and nothing is printed past the log", async () => {
  const child = Bun.spawn([process.execPath, "-e", BREAKING], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  expect({ stdout, stderr }).toEqual({ stdout: "cut\n", stderr: "" });
});
