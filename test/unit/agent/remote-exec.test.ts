import { expect, test } from "bun:test";
import { RemoteExec } from "../../../src/agent/remote-exec.ts";
import type { ProcessRequest, ProcessResult } from "../../../src/ports/process.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { silentLogger } from "../../support/silent.ts";

const SESSION = "2fe21f17-f076-daa7-db0d-3740ed0c5e29";
const bytes = (text: string) => new TextEncoder().encode(text);
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

interface Started {
  request: ProcessRequest;
  signal: AbortSignal;
  end(result: ProcessResult): void;
  fail(error: Error): void;
}

function world(job: unknown) {
  const clock = new ManualClock();
  const keys = new Map<string, string>();
  const started: Started[] = [];
  const scripts: string[] = [];
  const state = { hasSession: true };
  const exec = new RemoteExec({
    nodeName: () => "n1",
    get: (key) => Promise.resolve(key === `_rexec/${SESSION}/job` ? bytes(JSON.stringify(job)) : undefined),
    put: (key, value, session) => {
      expect(session).toBe(SESSION);
      if (state.hasSession) keys.set(key.replace(`_rexec/${SESSION}/n1/`, ""), new TextDecoder().decode(value));
      return Promise.resolve(state.hasSession);
    },
    processes: {
      run(request, signal) {
        const { promise, resolve, reject } = Promise.withResolvers<ProcessResult>();
        started.push({ request, signal, end: resolve, fail: reject });
        signal.addEventListener("abort", () => resolve({ exitCode: null, timedOut: false }));
        return promise;
      },
    },
    keepScript: (script) => {
      scripts.push(new TextDecoder().decode(script));
      return Promise.resolve({
        path: "/tmp/script",
        remove: () => Promise.resolve(scripts.push("removed")).then(() => undefined),
      });
    },
    shell: "",
    clock,
    log: silentLogger,
  });
  const done = exec.onEvent(bytes(JSON.stringify({ Prefix: "_rexec", Session: SESSION })));
  return { clock, keys, started, scripts, state, exec, done };
}

const only = (started: readonly Started[]) => started[0] as Started;

test("a command is acknowledged, its output comes in numbered chunks, and then its exit code", async () => {
  const { clock, keys, started, done } = world({ Command: "echo hi", Wait: 2e9 });
  await turn();
  expect([...keys]).toEqual([["ack", ""]]);
  const { request, end } = only(started);
  expect(request.command).toEqual(["/bin/sh", "-c", "echo hi"]);
  request.onOutput(bytes("h"));
  request.onOutput(bytes("i\n"));
  clock.advance(200);
  await turn();
  expect(keys.get("out/00000")).toBe("hi\n");
  request.onOutput(bytes("x".repeat(5000)));
  await turn();
  expect(keys.get("out/00001")?.length).toBe(5000);
  request.onOutput(bytes("last"));
  end({ exitCode: 3, timedOut: false });
  await done;
  expect([keys.get("out/00002"), keys.get("exit")]).toEqual(["last", "3"]);
});

test("while a program says nothing an empty chunk shows that it runs", async () => {
  const { clock, keys, started, done } = world({ Args: ["sleep", "9"], Wait: 2e9 });
  await turn();
  expect(only(started).request.command).toEqual(["sleep", "9"]);
  clock.advance(2000);
  clock.advance(2000);
  await turn();
  expect([keys.get("out/00000"), keys.get("out/00001")]).toEqual(["", ""]);
  only(started).end({ exitCode: 0, timedOut: false });
  await done;
  expect(keys.get("exit")).toBe("0");
});

test("a script is kept for the time that it runs", async () => {
  const { scripts, started, done } = world({ Script: Buffer.from("#!/bin/sh\n").toString("base64"), Wait: 2e9 });
  await turn();
  expect(only(started).request.command).toEqual(["/tmp/script"]);
  only(started).end({ exitCode: 0, timedOut: false });
  await done;
  expect(scripts).toEqual(["#!/bin/sh\n", "removed"]);
});

test("when the session is gone the program is ended", async () => {
  const { clock, state, started, keys, done } = world({ Command: "sleep 9", Wait: 2e9 });
  await turn();
  state.hasSession = false;
  clock.advance(2000);
  await done;
  expect(only(started).signal.aborted).toBe(true);
  expect(keys.has("exit")).toBe(false);
});

test("a program that can't be started says why, and has the shell's code", async () => {
  const { keys, started, done } = world({ Args: ["nope"], Wait: 2e9 });
  await turn();
  only(started).fail(new Error("no such file"));
  await done;
  expect([keys.get("out/00000"), keys.get("exit")]).toEqual(["no such file\n", "127"]);
});

test("output is bounded", async () => {
  const { keys, started, done } = world({ Command: "yes", Wait: 2e9 });
  await turn();
  for (let chunk = 0; chunk < 40; chunk++) only(started).request.onOutput(new Uint8Array(100_000));
  only(started).end({ exitCode: 0, timedOut: false });
  await done;
  const total = [...keys].filter(([key]) => key.startsWith("out/")).reduce((sum, [, value]) => sum + value.length, 0);
  expect(total).toBe(1024 * 1024);
});

test("what is no order is left out", async () => {
  const { exec, started } = world(undefined);
  for (const text of ["", "{", '{"Prefix":"x","Session":"../.."}', "null"]) await exec.onEvent(bytes(text));
  await exec.onEvent(null);
  expect(started).toEqual([]);
});

test("programs end with the agent", async () => {
  const { started, exec, keys, done } = world({ Command: "sleep 9", Wait: 2e9 });
  await turn();
  exec.close();
  expect(only(started).signal.aborted).toBe(true);
  await done;
  expect(keys.get("exit")).toBe("-1");
});
