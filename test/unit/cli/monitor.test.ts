import { expect, test } from "bun:test";
import { Collector, runInProcess } from "../../support/cli/run-in-process.ts";

test("monitor prints the log as it comes, uncompressed, and an interrupt is its usual end", async () => {
  let asked = "";
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      asked = `${new URL(request.url).search} ${request.headers.get("accept-encoding")}`;
      return new Response(new ReadableStream({ start: (stream) => stream.enqueue(Buffer.from("a line\n")) }));
    },
  });
  const stop = new AbortController();
  const out = new Collector();
  try {
    const env = { CONSUL_HTTP_ADDR: `127.0.0.1:${server.port}` };
    const running = runInProcess(["monitor", "-log-level=debug", "-log-json"], { env, interrupted: stop.signal, out });
    while (out.text() === "") await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    expect((await running).exit).toBe(0);
    expect([out.text(), asked]).toEqual(["a line\n", "?logjson=true&loglevel=debug identity"]);
  } finally {
    await server.stop(true);
  }
});
