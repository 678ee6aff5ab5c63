import { expect, test } from "bun:test";
import { serviceManager } from "../../../src/app/service-manager.ts";
import { ManualClock } from "../../support/manual-clock.ts";

function rig(env: Record<string, string>) {
  const told: string[] = [];
  const clock = new ManualClock();
  return { told, clock, manager: serviceManager({ env, pid: 7, clock, notify: (state) => told.push(state) }) };
}

test("the watchdog is told at half its time from readiness until the stop", () => {
  const { told, clock, manager } = rig({ NOTIFY_SOCKET: "/run/s", WATCHDOG_USEC: "10000000", WATCHDOG_PID: "7" });
  clock.advance(60_000);
  expect(told).toEqual([]);
  manager.ready();
  clock.advance(4_999);
  expect(told).toEqual(["READY=1"]);
  clock.advance(1);
  clock.advance(5_000);
  manager.stopping();
  clock.advance(60_000);
  expect(told).toEqual(["READY=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"]);
});

test("a watchdog that is meant for another process is not told", () => {
  const { told, clock, manager } = rig({ NOTIFY_SOCKET: "/run/s", WATCHDOG_USEC: "10000000", WATCHDOG_PID: "8" });
  manager.ready();
  clock.advance(60_000);
  expect(told).toEqual(["READY=1"]);
});

test("a reload is told from its begin to its end", () => {
  const { told, manager } = rig({ NOTIFY_SOCKET: "/run/s" });
  manager.reloading();
  manager.reloaded();
  expect(told).toEqual(["RELOADING=1", "READY=1"]);
});

test("without systemd nobody is told and no timer runs", () => {
  const { told, clock, manager } = rig({ WATCHDOG_USEC: "10000000" });
  manager.ready();
  manager.stopping();
  expect(told).toEqual([]);
  expect(clock.pendingMs).toEqual([]);
});
