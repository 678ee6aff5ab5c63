import { expect, test } from "bun:test";
import { LineQueue } from "../../../../src/lib/line-queue.ts";
import { LogHub } from "../../../../src/platform/log/hub.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

function hubRig() {
  const lines: string[] = [];
  const sinks = [{ write: (line: string) => lines.push(line) }];
  const hub = new LogHub({ clock: new ManualClock(), level: "info", json: false, sinks });
  return { hub, lines, log: hub.logger("agent") };
}

test("log: the level is a limit, and can change while running", () => {
  const { hub, lines, log } = hubRig();
  log.debug("no");
  log.info("yes");
  hub.setLevel("debug");
  log.named("server").debug("now", { a: 1 });
  expect(lines.map((line) => line.slice(25))).toEqual(["[INFO]  agent: yes", "[DEBUG] agent.server: now: a=1"]);
});

test("log: a stream has its own level and form, until it ends", () => {
  const { hub, lines, log } = hubRig();
  const seen: string[] = [];
  const end = hub.subscribe("trace", true, (line) => seen.push(line));
  log.trace("deep");
  end();
  log.error("late");
  expect(seen.map((line) => JSON.parse(line)["@message"])).toEqual(["deep"]);
  expect(lines).toHaveLength(1);
});

test("log: a slow reader loses the oldest lines and is told how many", async () => {
  const queue = new LineQueue(3);
  for (const line of ["1", "2", "3", "4", "5"]) queue.push(line);
  const never = new AbortController().signal;
  expect(await queue.take(never)).toEqual({ lines: ["3", "4", "5"], dropped: 2 });
  const next = queue.take(never);
  queue.push("6");
  expect(await next).toEqual({ lines: ["6"], dropped: 0 });
});

test("log: a reader that leaves is let go", async () => {
  const queue = new LineQueue(3);
  const leave = new AbortController();
  const next = queue.take(leave.signal);
  leave.abort();
  expect(await next).toEqual({ lines: [], dropped: 0 });
});
