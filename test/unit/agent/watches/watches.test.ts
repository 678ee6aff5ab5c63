import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Watches } from "../../../../src/agent/watches/watches.ts";
import type { WatchAnswer } from "../../../../src/model/watch/answering.ts";
import { readWatches, type WatchDefinition } from "../../../../src/model/watch/definition.ts";
import { MemoryFileStore } from "../../../../src/platform/file-store.ts";
import type { HttpProbeRequest, HttpProber } from "../../../../src/ports/probes.ts";
import type { ProcessRequest, ProcessResult, ProcessRunner } from "../../../../src/ports/process.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { RecordingLogger } from "../../../support/recording-logger.ts";

/** An API with one answer for all; who asks with its index waits for the next one. */
class FakeApi {
  #answer: WatchAnswer = { cursor: "1", body: undefined };
  readonly #waiting = new Set<() => void>();
  readonly failures: string[] = [];
  asked = 0;

  set(index: number | string, body: unknown): void {
    this.#answer = { cursor: String(index), body };
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  ask = async (_: WatchDefinition, cursor: string, signal: AbortSignal): Promise<WatchAnswer> => {
    this.asked++;
    const failure = this.failures.shift();
    if (failure !== undefined) throw new Error(failure);
    if (cursor === this.#answer.cursor) {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.add(resolve);
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    }
    return this.#answer;
  };
}

/** Programs that run until they are told how to end. */
class FakeProcesses implements ProcessRunner {
  readonly started: { request: ProcessRequest; end: (result: ProcessResult) => void }[] = [];
  endsAtOnce = true;
  exitCode = 0;
  killed = 0;

  run(request: ProcessRequest, signal: AbortSignal): Promise<ProcessResult> {
    const { promise, resolve } = Promise.withResolvers<ProcessResult>();
    this.started.push({ request, end: resolve });
    signal.addEventListener("abort", () => {
      this.killed++;
      resolve({ exitCode: null, timedOut: false });
    });
    if (this.endsAtOnce) resolve({ exitCode: this.exitCode, timedOut: false });
    return promise;
  }

  /** What the programs were given. */
  get inputs(): string[] {
    return this.started.map(({ request }) => `${request.env?.CONSUL_INDEX} ${new TextDecoder().decode(request.input)}`);
  }
}

class FakeHttp implements HttpProber {
  readonly requests: HttpProbeRequest[] = [];
  status = 200;
  async request(request: HttpProbeRequest) {
    this.requests.push(request);
    return { status: this.status, reason: "" };
  }
}

const pair = (value: string, index: number) => [
  { Key: "a", CreateIndex: 1, ModifyIndex: index, LockIndex: 0, Flags: 0, Value: btoa(value) },
];
const shown = (value: string, index: number) =>
  `{"Key":"a","CreateIndex":1,"ModifyIndex":${index},"LockIndex":0,"Flags":0,"Value":"${btoa(value)}","Session":""}\n`;

const SCRIPT = { type: "key", key: "a", args: ["run", "it"] };
const WEBHOOK = { type: "key", key: "a", handler_type: "http", http_handler_config: { path: "http://hook/x?k=1" } };

let files: MemoryFileStore;
let clock: ManualClock;
let log: RecordingLogger;
let api: FakeApi;
let processes: FakeProcesses;
let http: FakeHttp;
let watches: Watches;

const made = () => new Watches({ files, clock, log, processes, http, shell: "/bin/zsh", ask: api.ask });
/** Hashing is done by threads of the platform, so only conditions tell when it is over. */
const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
};
/** Long enough for everything that can go on without time to have gone on. */
const quiet = async () => {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const run = (...written: Record<string, unknown>[]) => watches.run(readWatches(written));
const ran = (count: number) => until(() => processes.started.length === count);

beforeEach(() => {
  files = new MemoryFileStore();
  clock = new ManualClock();
  log = new RecordingLogger();
  api = new FakeApi();
  processes = new FakeProcesses();
  http = new FakeHttp();
  watches = made();
});
afterEach(() => watches.stop());

describe("a script", () => {
  test("runs for what is there and for each change, with JSON and a newline on its input", async () => {
    await run(SCRIPT);
    await ran(1);
    api.set(5, pair("x", 5));
    await ran(2);
    expect(processes.inputs).toEqual(["1 null\n", `5 ${shown("x", 5)}`]);
    expect(processes.started[0]?.request.command).toEqual(["run", "it"]);
    expect(processes.started[0]?.request.timeoutMs).toBeUndefined();
  });

  test("a line runs in the shell, and a time limit is one that was configured", async () => {
    await run({ type: "key", key: "a", handler: "a | b", timeout: "2s" });
    await ran(1);
    expect(processes.started[0]?.request).toMatchObject({ command: ["/bin/zsh", "-c", "a | b"], timeoutMs: 2000 });
  });

  test("does not run when only the index moved", async () => {
    await run(SCRIPT);
    await ran(1);
    api.set(9, undefined);
    await until(() => api.asked === 3);
    await quiet();
    expect(processes.inputs).toEqual(["1 null\n"]);
  });

  test("never runs twice at once: what changes meanwhile is one more run, with the newest", async () => {
    processes.endsAtOnce = false;
    await run(SCRIPT);
    await ran(1);
    for (const index of [2, 3, 4]) {
      api.set(index, pair(`v${index}`, index));
      await quiet();
    }
    expect(processes.started).toHaveLength(1);
    processes.started[0]?.end({ exitCode: 0, timedOut: false });
    await ran(2);
    processes.started[1]?.end({ exitCode: 0, timedOut: false });
    await quiet();
    expect(processes.inputs).toEqual(["1 null\n", `4 ${shown("v4", 4)}`]);
  });

  test("that fails is told and not tried again, but counts as not delivered after a restart", async () => {
    processes.exitCode = 3;
    await run(SCRIPT);
    await ran(1);
    await quiet();
    expect(log.messages("error")).toEqual(["Failed to run watch handler"]);
    expect(clock.pendingMs).toEqual([]);
    await watches.stop();
    watches = made();
    await run(SCRIPT);
    await ran(2);
  });

  test("that runs at the stop is killed, and counts as not delivered", async () => {
    processes.endsAtOnce = false;
    await run(SCRIPT);
    await ran(1);
    await watches.stop();
    expect(processes.killed).toBe(1);
    watches = made();
    await run(SCRIPT);
    await ran(2);
  });
});

describe("nothing fires that has not changed", () => {
  test("at a reload: a watch that is there already goes on", async () => {
    await run(SCRIPT);
    await ran(1);
    const asked = api.asked;
    await run({ ...SCRIPT }, { type: "key", key: "b", args: ["other"] });
    await ran(2);
    await quiet();
    expect(processes.started.map(({ request }) => request.command[0])).toEqual(["run", "other"]);
    // One question of the new watch, which goes on waiting, and the answer to its first.
    expect(api.asked).toBe(asked + 2);
  });

  test("at a reload that changes the token alone", async () => {
    await run(SCRIPT);
    await ran(1);
    await quiet();
    await run({ ...SCRIPT, token: "new" });
    await until(() => api.asked === 4);
    await quiet();
    expect(processes.started).toHaveLength(1);
  });

  test("but a changed handler is called at once", async () => {
    await run(SCRIPT);
    await ran(1);
    await run({ ...SCRIPT, args: ["another"] });
    await ran(2);
  });

  test("at a restart, unless something changed meanwhile", async () => {
    await run(SCRIPT);
    await ran(1);
    await quiet();
    await watches.stop();
    watches = made();
    await run(SCRIPT);
    await quiet();
    expect(processes.started).toHaveLength(1);
    await watches.stop();
    api.set(6, pair("y", 6));
    watches = made();
    await run(SCRIPT);
    await ran(2);
  });

  test("two equal watches are two", async () => {
    await run(SCRIPT, SCRIPT);
    await ran(2);
    await quiet();
    await watches.stop();
    watches = made();
    await run(SCRIPT, SCRIPT);
    await quiet();
    expect(processes.started).toHaveLength(2);
  });
});

describe("events", () => {
  const EVENTS = { type: "event", name: "deploy", args: ["run"] };
  const event = (number: number) => ({ ID: `00000000-0000-0000-0000-00000000000${number}`, Name: "deploy" });
  const ids = () => processes.inputs.map((input) => input.match(/\d(?=")/g)?.join("") ?? "");

  test("each is told once, also those that came while the handler ran", async () => {
    processes.endsAtOnce = false;
    await run(EVENTS);
    await ran(1);
    for (const newest of [1, 2, 3]) {
      api.set(
        newest + 10,
        Array.from({ length: newest }, (_, at) => event(at + 5)),
      );
      await quiet();
    }
    processes.endsAtOnce = true;
    processes.started[0]?.end({ exitCode: 0, timedOut: false });
    await ran(2);
    await quiet();
    expect(ids()).toEqual(["", "567"]);
  });

  test("an agent that was just started and knows none tells nothing", async () => {
    api.set("1", [event(1)]);
    await run(EVENTS);
    await ran(1);
    await quiet();
    await watches.stop();
    api.set("1", []);
    watches = made();
    await run(EVENTS);
    await until(() => api.asked === 4);
    await quiet();
    api.set("2", [event(2)]);
    await ran(2);
    expect(ids()).toEqual(["1", "2"]);
  });
});

describe("a URL", () => {
  test("gets the JSON with its index", async () => {
    await run(WEBHOOK);
    await until(() => http.requests.length === 1);
    expect(http.requests[0]).toMatchObject({
      method: "POST",
      url: "http://hook/x?k=1",
      body: "null\n",
      timeoutMs: 10_000,
    });
    expect(Object.fromEntries(http.requests[0]?.headers ?? [])).toMatchObject({
      "Content-Type": ["application/json"],
      "X-Consul-Index": ["1"],
    });
  });

  test("that fails is asked again after 1 s, 2 s and so on, with the newest state", async () => {
    http.status = 503;
    await run(WEBHOOK);
    await until(() => clock.pendingMs.includes(1000));
    clock.advance(1000);
    await until(() => clock.pendingMs.includes(2000));
    api.set(5, pair("x", 5));
    await quiet();
    expect(http.requests).toHaveLength(2);
    http.status = 204;
    clock.advance(2000);
    await until(() => http.requests.length === 3);
    expect(http.requests.map(({ body }) => body)).toEqual(["null\n", "null\n", shown("x", 5)]);
  });

  test("what it failed to hear and is no longer so is not told", async () => {
    await run(WEBHOOK);
    await until(() => http.requests.length === 1);
    http.status = 500;
    api.set(5, pair("x", 5));
    await until(() => clock.pendingMs.includes(1000));
    api.set(7, undefined);
    await quiet();
    clock.advance(1000);
    await quiet();
    expect(http.requests).toHaveLength(2);
  });

  test("its path and query are in no log", async () => {
    http.status = 500;
    await run(WEBHOOK);
    await until(() => clock.pendingMs.includes(1000));
    expect(JSON.stringify(log.lines)).toContain("http://hook");
    expect(JSON.stringify(log.lines)).not.toContain("k=1");
  });
});

describe("questions that fail", () => {
  test("are told and asked again after 5 s, 20 s and so on", async () => {
    api.failures.push("Unexpected response code: 500 (No cluster leader)", "again");
    await run(SCRIPT);
    await until(() => clock.pendingMs.includes(5_000));
    clock.advance(5_000);
    await until(() => clock.pendingMs.includes(20_000));
    clock.advance(20_000);
    await ran(1);
    expect(log.messages("error")).toEqual(["Watch errored", "Watch errored"]);
  });

  test("an index that went back begins anew", async () => {
    await run(SCRIPT);
    await ran(1);
    api.set(100, pair("x", 100));
    await ran(2);
    api.set(3, pair("y", 3));
    await ran(3);
    api.set(4, pair("z", 4));
    await ran(4);
    expect(processes.inputs.at(-1)).toBe(`4 ${shown("z", 4)}`);
  });
});
