/**
 * `bun test/bench/waiters-client.ts PORT COUNT`: COUNT connections wait for one key, then it is written. Prints
 * `RESULT milliseconds`: from the moment the write is sent to the last answer to a waiting query.
 */

const KEY = "/v1/kv/bench/waited";
/** Open at a time while connecting, so that no queue of the server overflows. */
const CONNECTING_MAX = 200;
/** After the last query was sent: the server has read all of them. */
const SETTLE_MS = 2_000;
const ANSWER_MS_MAX = 30_000;

const [port = 0, count = 0] = process.argv.slice(2).map(Number);
const base = `http://127.0.0.1:${port}`;

async function write(value: string): Promise<void> {
  const answer = await fetch(`${base}${KEY}`, { method: "PUT", body: value });
  if ((await answer.text()).trim() !== "true") throw new Error(`PUT: ${answer.status}`);
}

await write("first");
const index = (await fetch(`${base}${KEY}`)).headers.get("X-Consul-Index");
const request = `GET ${KEY}?index=${index}&wait=5m HTTP/1.1\r\nHost: localhost\r\n\r\n`;

let open = 0;
let answered = 0;
let lastNs = 0;
let isWritten = false;
let allAnswered: () => void = () => undefined;
const all = new Promise<void>((done) => {
  allAnswered = done;
});

function fail(why: string): never {
  process.stdout.write(`${why}\n`);
  process.exit(1);
}

/**
 * The answer is small, so one read has it all; what counts is that it has come and says 200. The connection stays open, as
 * a client that asks again at once keeps it.
 */
function onData(_: Bun.Socket, data: Buffer): void {
  if (!data.subarray(0, 12).toString("latin1").startsWith("HTTP/1.1 200")) fail(data.toString("latin1"));
  if (!isWritten) fail("an answer came before the change");
  answered++;
  lastNs = Bun.nanoseconds();
  if (answered === count) allAnswered();
}

async function connect(): Promise<void> {
  while (open < count) {
    open++;
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: { data: onData, error: (_, error) => fail(`${error}`) },
    });
    socket.write(request);
  }
}

await Promise.all(Array.from({ length: CONNECTING_MAX }, connect));
await Bun.sleep(SETTLE_MS);
isWritten = true;
const writtenNs = Bun.nanoseconds();
await write("second");
setTimeout(() => fail(`${answered} of ${count} answered after ${ANSWER_MS_MAX} ms`), ANSWER_MS_MAX);
await all;
process.stdout.write(`RESULT ${((lastNs - writtenNs) / 1e6).toFixed(1)}\n`);
process.exit(0);

export {};
