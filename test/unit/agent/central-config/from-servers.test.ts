import { expect, test } from "bun:test";
import { ServiceConfigsOfServers } from "../../../../src/agent/central-config/from-servers.ts";
import type { ServiceConfig } from "../../../../src/model/service-config.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";

const bodyOf = (protocol: string) =>
  JSON.stringify({
    ...{ ProxyConfig: { protocol }, UpstreamConfigs: {}, MeshGateway: { Mode: "" } },
    Expose: { Checks: false, Paths: null },
  });

/** Servers whose answers the test gives, one by one. */
function servers() {
  const clock = new ManualClock();
  const asked: {
    path: string;
    signal: AbortSignal;
    answer(index: number, body: string, status?: number): void;
    fail(): void;
  }[] = [];
  const heard: unknown[] = [];
  const failures: string[] = [];
  const source = new ServiceConfigsOfServers({
    clock,
    random: { float: () => 1 },
    get: (path, signal) =>
      new Promise((resolve, reject) => {
        asked.push({
          ...{ path, signal },
          answer: (index, body, status = 200) => resolve({ status, index, body }),
          fail: () => reject(new Error("No known Consul servers")),
        });
        signal.addEventListener("abort", () => reject(new Error("aborted")));
      }),
  });
  const watch = (name = "web", upstreams: string[] = []) =>
    source.watch(
      { name, upstreams },
      ({ ProxyConfig }: ServiceConfig) => heard.push(ProxyConfig?.protocol),
      (error) => failures.push(String(error)),
    );
  const next = async (advanceMs = 100) => {
    await settle();
    clock.advance(advanceMs);
    await settle();
    const last = asked.at(-1);
    if (last === undefined) throw new Error("nothing was asked");
    return last;
  };
  return { clock, asked, heard, failures, source, watch, next };
}

test("the first read does not wait, the next ones do, and what changed is told", async () => {
  const { heard, watch, next, asked } = servers();
  watch("a b", ["db", "x&y"]);
  const first = await next(0);
  expect(first.path).toBe("/v1/internal/service-config/a%20b?stale&upstream=db&upstream=x%26y");
  first.answer(7, bodyOf("http"));
  const second = await next();
  expect(second.path).toBe(`${first.path}&index=7&wait=300s`);
  second.answer(7, bodyOf("http"));
  const third = await next();
  third.answer(9, bodyOf("grpc"));
  expect((await next()).path).toContain("&index=9&");
  expect(heard).toEqual(["http", "grpc"]);
  expect(asked).toHaveLength(4);
});

test("an index that goes back is not waited for, and none is 1", async () => {
  const { watch, next } = servers();
  watch();
  (await next(0)).answer(0, bodyOf("http"));
  const second = await next();
  expect(second.path).toContain("&index=1&");
  second.answer(9, bodyOf("http"));
  (await next()).answer(3, bodyOf("http"));
  expect((await next()).path).not.toContain("index");
});

test("who is not reached is asked again, later each time, or at once when somebody is there again", async () => {
  const { watch, next, failures, heard, source, asked } = servers();
  watch();
  (await next(0)).fail();
  (await next(999)).fail();
  expect(asked).toHaveLength(1);
  (await next(1)).fail();
  await next(1999);
  expect(asked).toHaveLength(2);
  source.retry();
  (await next(0)).answer(0, "no such route", 404);
  (await next(4000)).answer(3, bodyOf("http"));
  await next();
  expect(heard).toEqual(["http"]);
  expect(failures).toHaveLength(3);
});

test("an answer that makes no sense is a failure", async () => {
  const { watch, next, failures, heard } = servers();
  watch();
  (await next(0)).answer(3, JSON.stringify({ ProxyConfig: 5 }));
  (await next(1000)).answer(3, "{");
  await next(2000);
  expect(heard).toEqual([]);
  expect(failures).toHaveLength(2);
});

test("who no longer watches asks no more and hears no more", async () => {
  const { watch, next, heard, asked, clock, source } = servers();
  const stop = watch();
  const first = await next(0);
  stop();
  expect(first.signal.aborted).toBe(true);
  first.answer(3, bodyOf("http"));
  watch("other");
  (await next()).answer(3, bodyOf("http"));
  await next();
  source.close();
  await settle();
  expect(clock.pendingMs).toEqual([]);
  expect(heard).toEqual(["http"]);
  expect(asked).toHaveLength(3);
});

test("at most 512 reads wait at a time; the others take their places when these are over", async () => {
  const { watch, next, asked, clock } = servers();
  for (let at = 0; at < 513; at++) watch(`s${at}`);
  await settle();
  for (const each of asked.slice()) each.answer(3, bodyOf("http"));
  await settle();
  clock.advance(100);
  await settle();
  const waiting = asked.filter(({ path }) => path.includes("index="));
  expect(waiting).toHaveLength(512);
  waiting[0]?.answer(3, bodyOf("http"));
  expect((await next(0)).path).toContain("/s512?");
});
