import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { planWatch, type WatchFlags } from "../../../src/cli/watch-plan.ts";
import { eventIndex } from "../../../src/model/watch/answers.ts";
import { FakeKv } from "../../support/cli/fake-kv.ts";
import { Collector, runInProcess } from "../../support/cli/run-in-process.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const nothing: WatchFlags = {
  type: "",
  key: "",
  prefix: "",
  service: "",
  state: "",
  name: "",
  passingonly: "",
  filter: "",
  tag: undefined,
};

describe("watch: what is asked", () => {
  test.each([
    [{ type: "key", key: "a/b" }, "/v1/kv/a/b", {}],
    [{ type: "keyprefix", prefix: "a/" }, "/v1/kv/a/", { recurse: "" }],
    [{ type: "services" }, "/v1/catalog/services", {}],
    [{ type: "nodes", filter: "Node==a" }, "/v1/catalog/nodes", { filter: "Node==a" }],
    [
      { type: "service", service: "web", tag: ["a", "b"], passingonly: "true" },
      "/v1/health/service/web",
      { tag: ["a", "b"], passing: "1" },
    ],
    [{ type: "checks" }, "/v1/health/state/any", {}],
    [{ type: "checks", service: "web" }, "/v1/health/checks/web", {}],
    [{ type: "checks", state: "critical" }, "/v1/health/state/critical", {}],
    [{ type: "event", name: "deploy" }, "/v1/event/list", { name: "deploy" }],
  ])("%p", (parameters, path, query) => {
    const plan = planWatch({ ...nothing, ...parameters });
    expect(plan.path).toBe(path);
    expect(JSON.parse(JSON.stringify(plan.query))).toEqual(query);
  });

  test("parameters of another type are refused by name", () => {
    expect(() => planWatch({ ...nothing, type: "key", key: "a", tag: ["t"], state: "any" })).toThrow(
      "Invalid parameters: [state tag]",
    );
  });

  test("only events behind the last one seen are new", () => {
    const [first, second] = ["b54fe110-7af5-cafc-d1fb-afc8ba432b1c", "15d2a8c1-3f6b-4e02-9d9a-7a2e8c5b4f10"];
    const { shape } = planWatch({ ...nothing, type: "event" });
    const events = [{ ID: first }, { ID: second }];
    expect(shape(events, "")).toEqual(events);
    expect(shape(events, eventIndex(first))).toEqual([{ ID: second }]);
    expect(shape(events, "12345")).toEqual(events);
  });

  test("the index of an event is the XOR of its ID's halves", () => {
    expect(eventIndex("00000000-0000-0001-0000-000000000003")).toBe("2");
    expect(eventIndex("no uuid")).toBe("");
  });
});

describe("watch: the loop", () => {
  let kv: FakeKv;
  let stop: AbortController;
  let out: Collector;
  beforeEach(() => {
    kv = new FakeKv();
    stop = new AbortController();
    out = new Collector();
  });
  afterEach(() => kv.stop());

  const watch = (script: string, clock = new ManualClock()) =>
    runInProcess(["watch", "-type", "key", "-key", "a", script], {
      env: { CONSUL_HTTP_ADDR: kv.address, SHELL: "/bin/sh", PATH: process.env.PATH },
      interrupted: stop.signal,
      clock,
      out,
    });
  const lines = () =>
    out
      .text()
      .split("\n")
      .filter((line) => line !== "");
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise((resolve) => setImmediate(resolve));
  };

  test("the child runs for what is there and for every change, with the index in CONSUL_INDEX", async () => {
    const running = watch("echo $CONSUL_INDEX $(cat)");
    await until(() => lines().length === 1);
    kv.put("a", "x");
    await until(() => lines().length === 2);
    stop.abort();
    expect((await running).exit).toBe(0);
    expect(lines()[0]).toBe("1 null");
    expect(lines()[1]).toBe(
      '2 {"Key":"a","CreateIndex":2,"ModifyIndex":2,"LockIndex":0,"Flags":0,"Value":"eA==","Session":""}',
    );
  });

  test("an index that moved for another key does not run the child", async () => {
    const running = watch("echo ran");
    await until(() => lines().length === 1);
    kv.put("unrelated", "x");
    await kv.seen("index=2");
    kv.put("a", "x");
    await until(() => lines().length === 2);
    stop.abort();
    await running;
    expect(lines()).toEqual(["ran", "ran"]);
  });

  test("a child that fails ends the watch", async () => {
    const { exit, stderr } = await watch("exit 3");
    expect([exit, stderr]).toEqual([1, "Error executing handler: exit status 3\n"]);
  });

  test("a child that is not there is told in Go's words", async () => {
    const told = async (program: string) => {
      const flags = ["-type", "key", "-key", "a", "-shell=false", program];
      const env = { CONSUL_HTTP_ADDR: kv.address, PATH: process.env.PATH };
      return (await runInProcess(["watch", ...flags], { env })).stderr;
    };
    expect(await told("/no/such")).toBe("Error starting handler: fork/exec /no/such: no such file or directory\n");
    expect(await told("nosuch")).toBe('Error starting handler: exec: "nosuch": executable file not found in $PATH\n');
  });

  test("a failing server is told and asked again after 5 s, then 20 s", async () => {
    kv.failures.push(500, 500);
    const clock = new ManualClock();
    const err = new Collector();
    const running = runInProcess(["watch", "-type", "key", "-key", "a"], {
      env: { CONSUL_HTTP_ADDR: kv.address },
      clock,
      out,
      err,
    });
    await until(() => clock.pendingMs.includes(5_000));
    clock.advance(5_000);
    await until(() => clock.pendingMs.includes(20_000));
    clock.advance(20_000);
    expect((await running).exit).toBe(0);
    expect(out.text()).toBe("null\n");
    expect(err.text()).toMatch(
      /^\S+ \[ERROR\] watch\.watch: Watch errored: type=key error="Unexpected response code: 500 \(failing\)" retry=5s\n/,
    );
  });

  test("an interrupt ends a running child and the watch, with exit code 0", async () => {
    const running = watch("trap 'echo TERM; exit 1' TERM; echo ready; while :; do sleep 0.1; done");
    await until(() => lines().includes("ready"));
    stop.abort();
    expect((await running).exit).toBe(0);
    expect(lines()).toEqual(["ready", "TERM"]);
  });
});
