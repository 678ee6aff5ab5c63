import { connect } from "node:net";
import { z } from "zod";
import { readBody } from "../../src/http/body.ts";
import { READ_QUERY } from "../../src/http/query-schema.ts";
import { defineRoute, EMPTY } from "../../src/http/route.ts";
import { ForwardAgent } from "../support/forward-rig.ts";

// `bun test/bench/http-forward.ts`: what it costs that a client agent passes a request on to a server, next to asking the
// server itself. Prints, and asserts nothing. The two agents are processes of their own that share one core, where
// `taskset` is there; the callers have the other one. With `--agent server` or `--agent client ADDRESS` it is one of them.

const ROUND_MS = 3000;
const WARM_UP_MS = 1000;

const say = (line: string) => process.stdout.write(`${line}\n`);

const value = [
  { LockIndex: 0, Key: "bench/key", Flags: 0, Value: "dmFsdWU=".repeat(16), CreateIndex: 7, ModifyIndex: 9 },
];
const basics = { summary: "", answer: z.unknown(), acl: "none" } as const;
const routes = [
  defineRoute({
    ...{ ...basics, method: "GET", path: "/v1/kv/:key{.*}", query: z.object(READ_QUERY), blocking: "index" },
    read: () => ({ value, index: 9, interest: { topics: ["kv"] } }),
  }),
  defineRoute({
    ...{ ...basics, method: "PUT", path: "/v1/kv/:key{.*}", query: z.object({}) },
    async handle({ raw }) {
      await readBody(raw, 2 ** 30);
      return EMPTY;
    },
  }),
];

/** The agent of a child process: says where it is, and its processor time when it is asked. */
async function agent(role: string, server: string): Promise<void> {
  if (role === "server") {
    const it = await new ForwardAgent("s", "server", routes, {}, {}).serve();
    say(`${it.url} ${it.called.address}`);
  } else {
    const it = new ForwardAgent("c", "client", routes, {}, {});
    it.router.setServers("dc1", [{ nodeId: "s", name: "s", datacenter: "dc1", address: server }]);
    say(`${it.url} -`);
  }
  for await (const _ of process.stdin) {
    const { user, system } = process.cpuUsage();
    say(`${user + system} -`);
  }
}

class Child {
  readonly #process;
  readonly #reader;

  constructor(...args: string[]) {
    const pin = Bun.which("taskset") === null ? [] : ["taskset", "-c", "0"];
    this.#process = Bun.spawn([...pin, process.execPath, import.meta.path, "--agent", ...args], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    this.#reader = this.#process.stdout.getReader();
  }

  async line(): Promise<[string, string]> {
    const { value: bytes } = await this.#reader.read();
    const [a = "", b = ""] = new TextDecoder().decode(bytes).trim().split(" ");
    return [a, b];
  }

  /** Microseconds of processor time so far. */
  async cpuUs(): Promise<number> {
    this.#process.stdin.write("?");
    this.#process.stdin.flush();
    return Number((await this.line())[0]);
  }

  stop(): void {
    this.#process.kill();
  }
}

/** Asks again and again on one connection; answers are all as long as the first. */
async function caller(port: number, request: Buffer, isOver: () => boolean, delaysUs: number[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let length = 0;
  let got = 0;
  let sentNs = Bun.nanoseconds();
  const socket = connect({ host: "127.0.0.1", port }, () => socket.write(request));
  socket.setNoDelay(true);
  socket.on("error", reject);
  socket.on("data", (bytes: Buffer) => {
    got += bytes.length;
    if (length === 0) length = lengthOf(bytes);
    if (got < length) return;
    got = 0;
    delaysUs.push((Bun.nanoseconds() - sentNs) / 1000);
    if (isOver()) {
      socket.destroy();
      resolve();
      return;
    }
    sentNs = Bun.nanoseconds();
    socket.write(request);
  });
  await promise;
}

function lengthOf(bytes: Buffer): number {
  const text = bytes.toString("latin1");
  const body = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
  if (!text.startsWith("HTTP/1.1 200") || Number.isNaN(body)) throw new Error(text);
  return text.indexOf("\r\n\r\n") + 4 + body;
}

async function measure(name: string, url: string, connections: number, request: Buffer, agents: readonly Child[]) {
  const port = Number(new URL(url).port);
  const delaysUs: number[] = [];
  const startMs = performance.now();
  const over = (ms: number) => () => performance.now() - startMs > ms;
  await Promise.all(Array.from({ length: connections }, () => caller(port, request, over(WARM_UP_MS), [])));
  const before = await Promise.all(agents.map((each) => each.cpuUs()));
  const beganMs = performance.now();
  const end = over(WARM_UP_MS + ROUND_MS);
  await Promise.all(Array.from({ length: connections }, () => caller(port, request, end, delaysUs)));
  const seconds = (performance.now() - beganMs) / 1000;
  const after = await Promise.all(agents.map((each) => each.cpuUs()));
  const cpu = after.map((us, at) => ((us - (before[at] ?? 0)) / delaysUs.length).toFixed(0).padStart(5));
  delaysUs.sort((a, b) => a - b);
  const at = (part: number) => `${((delaysUs[Math.floor(delaysUs.length * part)] ?? 0) / 1000).toFixed(2)} ms`;
  say(
    `${name.padEnd(34)} ${Math.round(delaysUs.length / seconds)
      .toString()
      .padStart(
        7,
      )}/s  median ${at(0.5)}, 99 % ${at(0.99)}  CPU us: server ${cpu[0]}${cpu[1] === undefined ? "" : `, client agent ${cpu[1]}`}`,
  );
}

const get = Buffer.from("GET /v1/kv/bench/key HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n");
const put = (bytes: number) =>
  Buffer.concat([
    Buffer.from(`PUT /v1/kv/bench/key HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${bytes}\r\n\r\n`),
    Buffer.alloc(bytes, 120),
  ]);

async function run(): Promise<void> {
  const server = new Child("server");
  const [serverUrl, address] = await server.line();
  const client = new Child("client", address);
  const [clientUrl] = await client.line();
  for (const connections of [1, 64]) {
    await measure(`GET of the server, ${connections} callers`, serverUrl, connections, get, [server]);
    await measure(`GET of the client agent, ${connections} callers`, clientUrl, connections, get, [server, client]);
  }
  for (const bytes of [100, 100_000, 5_000_000]) {
    const connections = bytes < 1e6 ? 16 : 1;
    const request = put(bytes);
    await measure(`PUT of ${bytes} B, server, ${connections}`, serverUrl, connections, request, [server]);
    await measure(`PUT of ${bytes} B, client agent, ${connections}`, clientUrl, connections, request, [server, client]);
  }
  server.stop();
  client.stop();
}

const at = process.argv.indexOf("--agent");
if (at > 0) await agent(process.argv[at + 1] ?? "", process.argv[at + 2] ?? "");
else await run();
