import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { FakeKv } from "../../support/cli/fake-kv.ts";
import { Collector, runInProcess } from "../../support/cli/run-in-process.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const LOCK_FLAGS = 3304740253564472344n;
const SEMAPHORE_FLAGS = 16210313421097356768n;

let kv: FakeKv;
beforeEach(() => {
  kv = new FakeKv();
});
afterEach(() => kv.stop());

/** Lets the program work until the condition holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

const env = () => ({ CONSUL_HTTP_ADDR: kv.address, PATH: process.env.PATH, SHELL: "/bin/sh" });
const lock = (...words: string[]) => runInProcess(["lock", ...words], { env: env() });

describe("lock: one holder", () => {
  test("the child runs with CONSUL_LOCK_HELD while the key belongs to the session, and nothing is left behind", async () => {
    const result = await lock("-verbose", "jobs/x", `echo "$CONSUL_LOCK_HELD $0"`);
    expect(result).toEqual({
      exit: 0,
      stdout: [
        "Setting up lock at path: jobs/x/.lock",
        "Attempting lock acquisition",
        "Starting handler",
        "true /bin/sh",
        "Child terminated, releasing lock",
        "Cleanup succeeded",
        "",
      ].join("\n"),
      stderr: "",
    });
    expect([kv.pairs.size, kv.sessions.size]).toEqual([0, 0]);
    expect(kv.requests).toContain(`PUT /v1/kv/jobs/x/.lock?acquire=session-1&flags=${LOCK_FLAGS}`);
  });

  test("a failing child is told, and is exit code 2 only with -child-exit-code", async () => {
    expect(await lock("x", "exit 3")).toEqual({
      exit: 0,
      stdout: "",
      stderr: "Error running handler: exit status 3\n",
    });
    expect((await lock("-child-exit-code", "x", "exit 3")).exit).toBe(2);
  });

  test("a child that can't be started gives the lock back", async () => {
    const { exit, stderr } = await lock("-shell=false", "-child-exit-code", "x", "no-such-program");
    expect(exit).toBe(2);
    expect(stderr).toBe('Error starting handler: exec: "no-such-program": executable file not found in $PATH\n');
    expect(kv.pairs.size).toBe(0);
  });

  test("a key of another program is never taken", async () => {
    kv.put("x/.lock", "somebody's value");
    const { exit, stderr } = await lock("x", "true");
    expect([exit, stderr]).toEqual([1, "Lock acquisition failed: Existing key does not match lock use\n"]);
    expect(kv.pairs.get("x/.lock")?.ModifyIndex).toBe(2);
  });

  test("a second contender waits for the first, by long poll", async () => {
    const stopper = new AbortController();
    const first = runInProcess(["lock", "-shell=false", "x", "sleep", "30"], {
      env: env(),
      interrupted: stopper.signal,
    });
    await kv.seen("acquire=session-1");
    const second = lock("x", "echo mine");
    await kv.seen("GET /v1/kv/x/.lock?index=");
    stopper.abort();
    expect((await first).exit).toBe(0);
    expect((await second).stdout).toBe("mine\n");
  });
  test("an interrupt while waiting ends it with exit code 1 and without its session", async () => {
    kv.put("x/.lock", "", LOCK_FLAGS);
    const held = kv.pairs.get("x/.lock");
    if (held) held.Session = "another";
    const interrupt = new AbortController();
    const waiting = runInProcess(["lock", "x", "true"], { env: env(), interrupted: interrupt.signal });
    await kv.seen("index=");
    interrupt.abort();
    const { exit, stderr } = await waiting;
    expect([exit, stderr]).toEqual([1, "Shutdown triggered or timeout during lock acquisition\n"]);
    expect(kv.sessions.size).toBe(0);
  });
});

describe("lock: when it is lost", () => {
  test("the child gets TERM when its key goes", async () => {
    const out = new Collector();
    const script = "trap 'echo TERM; exit 5' TERM; echo ready; while :; do sleep 0.1; done";
    const running = runInProcess(["lock", "-verbose", "x", script], { env: env(), out });
    await until(() => out.text().includes("ready"));
    kv.delete("x/.lock");
    const { exit, stderr } = await running;
    const stdout = out.text();
    expect(exit).toBe(0);
    expect(stdout).toContain("Lock lost, killing child\nTerminating child pid ");
    expect(stdout).toContain("Child terminated\nCleanup succeeded\n");
    expect(stderr).toEndWith("Error running handler: exit status 5\n");
  });

  test("a child that ignores TERM gets KILL after five seconds, with all that it started", async () => {
    const clock = new ManualClock();
    const out = new Collector();
    const script = "trap '' TERM; echo ready; sleep 30";
    const running = runInProcess(["lock", "-verbose", "x", script], { env: env(), clock, out });
    await until(() => out.text().includes("ready"));
    await kv.seen("consistent=&index=");
    kv.delete("x/.lock");
    await until(() => clock.pendingMs.includes(5_000));
    clock.advance(5_000);
    const { stderr } = await running;
    expect(out.text()).toContain("Child did not exit after grace period of 5s\nKilling child pid ");
    expect(stderr).toBe("Error running handler: signal: killed\n");
  });
});

describe("lock: time", () => {
  test("the session is renewed at half its TTL of 15 s", async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const running = runInProcess(["lock", "-shell=false", "x", "sleep", "30"], {
      env: env(),
      clock,
      interrupted: stop.signal,
    });
    await kv.seen("consistent=");
    clock.advance(7_500);
    await kv.seen("PUT /v1/session/renew/session-1");
    await until(() => clock.pendingMs.includes(7_500));
    clock.advance(7_500);
    await kv.seen("PUT /v1/session/renew/session-1", 2);
    stop.abort();
    expect((await running).exit).toBe(0);
  });

  test.each(["-timeout", "-try"])("%s ends the waiting, and polls no longer than what is left of it", async (flag) => {
    kv.put("x/.lock", "", LOCK_FLAGS);
    const held = kv.pairs.get("x/.lock");
    if (held) held.Session = "another";
    const clock = new ManualClock();
    const waiting = runInProcess(["lock", flag, "20s", "x", "true"], { env: env(), clock });
    await kv.seen("wait=15000ms");
    await kv.seen("index=");
    clock.advance(15_000);
    kv.put("unrelated", "");
    await kv.seen("wait=5000ms");
    clock.advance(5_000);
    kv.put("unrelated", "");
    const { exit, stderr } = await waiting;
    expect([exit, stderr]).toEqual([1, "Shutdown triggered or timeout during lock acquisition\n"]);
  });

  test("a failing server is asked -monitor-retry times, a second apart, before the lock counts as lost", async () => {
    const clock = new ManualClock();
    const running = runInProcess(["lock", "-monitor-retry", "2", "-verbose", "-shell=false", "x", "sleep", "30"], {
      env: env(),
      clock,
    });
    await kv.seen("consistent=&index=");
    kv.failures.push(500, 503, 500);
    kv.put("unrelated", "");
    for (let failures = 1; failures <= 2; failures++) {
      await until(() => clock.pendingMs.includes(1_000));
      clock.advance(1_000);
    }
    expect((await running).stdout).toContain("Lock lost, killing child");
  });
});

describe("lock -n: a semaphore", () => {
  const semaphore = (...words: string[]) => lock("-n", "2", ...words);

  test("holders are listed in .lock by compare-and-set; the last one out removes it", async () => {
    const result = await semaphore("-verbose", "jobs", "true");
    expect(result.stdout.split("\n")[0]).toBe("Setting up semaphore (limit 2) at prefix: jobs");
    expect(kv.requests).toContain(`PUT /v1/kv/jobs/session-1?acquire=session-1&flags=${SEMAPHORE_FLAGS}`);
    expect(kv.requests).toContain(`PUT /v1/kv/jobs/.lock?cas=0&flags=${SEMAPHORE_FLAGS}`);
    expect([kv.pairs.size, result.exit]).toEqual([0, 0]);
  });

  test("a third contender waits until a holder leaves", async () => {
    const stops = [new AbortController(), new AbortController()];
    const holders = [];
    for (const [at, stop] of stops.entries()) {
      holders.push(
        runInProcess(["lock", "-n", "2", "-shell=false", "s", "sleep", "30"], { env: env(), interrupted: stop.signal }),
      );
      await kv.seen("consistent=&index=", at + 1);
    }
    const third = semaphore("s", "echo third");
    await kv.seen("PUT /v1/kv/s/session-3");
    stops[0]?.abort();
    expect((await third).stdout).toBe("third\n");
    stops[1]?.abort();
    expect((await Promise.all(holders)).map(({ exit }) => exit)).toEqual([0, 0]);
    expect(kv.pairs.size).toBe(0);
  });

  test("a holder whose session ended no longer counts", async () => {
    kv.put("s/.lock", '{"Limit":2,"Holders":{"dead-1":true,"dead-2":true}}', SEMAPHORE_FLAGS);
    expect(await semaphore("s", "echo in")).toEqual({ exit: 0, stdout: "in\n", stderr: "" });
  });

  test("another limit, or a key of another program, is refused", async () => {
    kv.put("s/.lock", '{"Limit":3,"Holders":{}}', SEMAPHORE_FLAGS);
    expect((await semaphore("s", "true")).stderr).toBe(
      "Lock acquisition failed: semaphore limit conflict (lock: 3, local: 2)\n",
    );
    kv.put("t/.lock", "x");
    expect((await semaphore("t", "true")).stderr).toBe(
      "Lock acquisition failed: Existing key does not match semaphore use\n",
    );
  });
});
