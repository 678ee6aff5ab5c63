import { expect, test } from "bun:test";
import { connect } from "node:net";
import type { Dice } from "./harness/dice.ts";
import { ANSWER_MS_MAX, dice, runs, SEED, target } from "./harness/target.ts";

const under = target();
const GET = "GET /v1/kv/key HTTP/1.1\r\nHost: x\r\n\r\n";
const CLOSE = "GET /v1/status/leader HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const put = (headers: string, body: string) => `PUT /v1/kv/key HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;

/** All that comes back for bytes on a connection of their own, until it is closed or half-closing it changes nothing. */
function exchange(bytes: Buffer | string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect({ port: under.agent.httpPort, host: "127.0.0.1", allowHalfOpen: true }, () =>
      socket.end(bytes),
    );
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no end of the answer to ${JSON.stringify(bytes.toString().slice(0, 300))}`));
    }, ANSWER_MS_MAX);
    socket.on("data", (data) => {
      text += data.toString("latin1");
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
}

const ODD: Readonly<Record<string, string | Buffer>> = {
  "no Host": "GET /v1/kv/key HTTP/1.1\r\n\r\n",
  "HTTP/1.0": "GET /v1/kv/key HTTP/1.0\r\n\r\n",
  "HTTP/9.9": "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
  "a NUL in the target": "GET /v1/kv/\0 HTTP/1.1\r\nHost: x\r\n\r\n",
  "a NUL in a header": "GET /v1/kv/key HTTP/1.1\r\nHost: x\r\nX-A: \0\r\n\r\n",
  "an absolute target": "GET http://y/v1/kv/key HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "no target": "GET  HTTP/1.1\r\nHost: x\r\n\r\n",
  "target *": "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  CONNECT: "CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  TRACE: "TRACE /v1/kv/key HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "a method that is none": "\x01\x02 /v1/kv/key HTTP/1.1\r\nHost: x\r\n\r\n",
  "huge headers": `GET /v1/kv/key HTTP/1.1\r\nHost: x\r\nX-A: ${"a".repeat(200_000)}\r\n\r\n`,
  "many headers": `GET /v1/kv/key HTTP/1.1\r\nHost: x\r\n${"X-A: a\r\n".repeat(5000)}\r\n`,
  "a huge target": `GET /v1/kv/${"a".repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  "a bad chunk size": put("Transfer-Encoding: chunked\r\n", "zz\r\nabc\r\n0\r\n\r\n"),
  "a chunk that is longer than it says": put("Transfer-Encoding: chunked\r\n", "1\r\nabc\r\n0\r\n\r\n"),
  "a chunk size beyond all": put("Transfer-Encoding: chunked\r\n", "ffffffffffffffffff\r\nabc"),
  "a chunk that never ends": put("Transfer-Encoding: chunked\r\n", "5\r\nab"),
  "both lengths": put("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nGET / HTTP/1.1\r\n"),
  "two lengths": put("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"),
  "a negative length": put("Content-Length: -1\r\n", "abc"),
  "a length beyond all": put("Content-Length: 99999999999999999999\r\n", "abc"),
  "a length that does not come": put("Content-Length: 1000\r\n", "abc"),
  "an upgrade": `GET /v1/kv/key HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
  "the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "a TLS hello": Buffer.from("16030100c8010000c40303", "hex"),
  nothing: "",
};

test(`what is no HTTP, or odd HTTP, ends with its connection (FUZZ_SEED=${SEED})`, async () => {
  for (const [what, bytes] of Object.entries(ODD)) {
    const answer = await exchange(bytes);
    expect({ what, answer: /internal error/.test(answer) }).toEqual({ what, answer: false });
  }
  await under.isWell();
});

test("pipelined requests are answered all, in their order", async () => {
  const count = 200;
  const answer = await exchange(GET.repeat(count) + CLOSE);
  expect(answer.split("HTTP/1.1 200").length - 1).toBe(count + 1);
  expect(answer.lastIndexOf('"Key"')).toBeLessThan(answer.lastIndexOf(":"));
  await under.isWell();
});

test(`mutated requests do no harm (FUZZ_SEED=${SEED})`, async () => {
  const random: Dice = dice(10);
  const seeds = [
    GET + CLOSE,
    put("Content-Length: 3\r\n", "abc") + CLOSE,
    put("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"),
    `${GET}${GET}`,
  ];
  for (let round = runs(300); round > 0; round--) {
    const answer = await exchange(random.mutate(Buffer.from(random.of(seeds))));
    expect(answer).not.toContain("internal error");
  }
  await under.isWell();
});

test("connections that send nothing, or half a request, keep nobody from an answer", async () => {
  const silent = Array.from({ length: 100 }, (_, at) => {
    const socket = connect(under.agent.httpPort, "127.0.0.1");
    socket.on("error", () => undefined);
    if (at % 2 === 0) socket.write("GET /v1/kv/key HTTP/1.1\r\nHo");
    return socket;
  });
  await under.isWell();
  for (const socket of silent) socket.destroy();
});
