import { expect, test } from "bun:test";
import { type Signals, whyStopped } from "../../../src/app/signals.ts";

type Name = Parameters<Signals["on"]>[0];

function rig() {
  const listeners = new Map<Name, () => void>();
  const calls: string[] = [];
  const stopping = whyStopped(
    { on: (name, listener) => void listeners.set(name, listener) },
    { onReload: () => calls.push("reload"), onSecond: () => calls.push("second") },
  );
  return { stopping, calls, send: (name: Name) => listeners.get(name)?.() };
}

test("HUP reloads and does not stop, however often", async () => {
  const { stopping, calls, send } = rig();
  send("SIGHUP");
  send("SIGHUP");
  send("SIGTERM");
  expect(await stopping.reason).toBe("SIGTERM");
  expect(calls).toEqual(["reload", "reload"]);
});

test("the first signal is the reason, and the second ends at once", async () => {
  const { stopping, calls, send } = rig();
  send("SIGINT");
  expect(calls).toEqual([]);
  send("SIGTERM");
  expect(calls).toEqual(["second"]);
  expect(await stopping.reason).toBe("SIGINT");
});

test("a signal while the API's leave is under way ends at once", async () => {
  const { stopping, calls, send } = rig();
  stopping.leave();
  send("SIGINT");
  expect(await stopping.reason).toBe("leave");
  expect(calls).toEqual(["second"]);
});
