import { expect, test } from "bun:test";
import { Refusal } from "../../../src/lib/refusal.ts";
import { measuredPropose } from "../../../src/server/measured-propose.ts";
import type { Command } from "../../../src/state/commands.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { silentMeter } from "../../support/silent.ts";

function rig(result: () => Promise<unknown>) {
  const clock = new ManualClock();
  const names: string[] = [];
  const meter = { ...silentMeter, sample: (name: string) => void names.push(name) };
  return { clock, names, propose: measuredPropose(result, { meter, clock }) };
}
const kv: Command = { type: "kv.delete", key: "a" };
const leave: Command = { type: "catalog.deregister", node: "n", serviceId: "", checkId: "" };

test("writes of keys are one name, writes of the catalog have their own, as in Consul", async () => {
  const { clock, names, propose } = rig(() => Promise.resolve(true));
  await propose(kv);
  clock.advance(1);
  await propose({ type: "kv.delete-tree", prefix: "a" });
  await propose(leave);
  expect(names).toEqual(["kvs.apply", "kvs.apply", "catalog.deregister"]);
});

test("a refused write is measured too, and its refusal goes to its caller alone", async () => {
  const { names, propose } = rig(() => Promise.reject(new Refusal("No cluster leader")));
  expect(propose(kv)).rejects.toThrow("No cluster leader");
  await propose(kv).catch(() => undefined);
  expect(names).toEqual(["kvs.apply"]);
});
