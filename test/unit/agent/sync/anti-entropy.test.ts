import { expect, test } from "bun:test";
import { Refusal } from "../../../../src/lib/refusal.ts";
import { agentRig, FakeCatalog } from "../../../support/agent-rig.ts";

/** A rig whose first full comparison is done and whose record of calls is empty. */
async function syncedRig(catalog = new FakeCatalog()) {
  const rig = agentRig({ catalog });
  rig.syncer.start();
  await rig.synced();
  catalog.calls.length = 0;
  return rig;
}

test("sync: a full comparison re-adds what is missing, repairs what differs and removes what is foreign", async () => {
  const rig = await syncedRig();
  await rig.service({ Name: "gone", Check: { TTL: "10s" } });
  await rig.service({ Name: "changed", Port: 80 });
  await rig.synced();
  rig.catalog.services.delete("gone");
  rig.catalog.checks.delete("service:gone");
  rig.catalog.services.set("changed", { ...rig.catalog.services.get("changed")!, Port: 81 });
  rig.catalog.services.set("foreign", { ...rig.catalog.services.get("changed")!, ID: "foreign", Service: "foreign" });
  rig.syncer.fullSync();
  await rig.synced();
  expect([...rig.catalog.services.keys()].sort()).toEqual(["changed", "gone"]);
  expect(rig.catalog.services.get("changed")?.Port).toBe(80);
  expect([...rig.catalog.checks.keys()]).toEqual(["service:gone"]);
});

test("sync: the leader's own check and service are left alone", async () => {
  const catalog = new FakeCatalog();
  const rig = await syncedRig(catalog);
  await rig.service({ Name: "web", Check: { TTL: "10s" } });
  await rig.synced();
  catalog.services.set("consul", { ...catalog.services.get("web")!, ID: "consul", Service: "consul" });
  const check = catalog.checks.get("service:web")!;
  catalog.checks.set("serfHealth", { ...check, CheckID: "serfHealth", ServiceID: "" });
  rig.syncer.fullSync();
  await rig.synced();
  expect(catalog.services.has("consul")).toBe(true);
  expect(catalog.checks.has("serfHealth")).toBe(true);
});

test("sync: when nothing differs nothing is written", async () => {
  const rig = await syncedRig();
  await rig.service({ Name: "web", Tags: [], Meta: {}, Check: { TTL: "10s" } });
  await rig.synced();
  rig.catalog.calls.length = 0;
  rig.syncer.fullSync();
  await rig.synced();
  expect(rig.catalog.calls).toEqual([]);
});

test("sync: with EnableTagOverride the catalog's tags stay, the rest is repaired", async () => {
  const rig = await syncedRig();
  await rig.service({ Name: "web", Port: 80, Tags: ["own"], EnableTagOverride: true });
  await rig.synced();
  rig.catalog.services.set("web", { ...rig.catalog.services.get("web")!, Port: 1, Tags: ["theirs"] });
  rig.syncer.fullSync();
  await rig.synced();
  expect(rig.catalog.services.get("web")).toMatchObject({ Port: 80, Tags: ["theirs"] });
});

test("sync: an output alone waits for the check-update interval, a status goes at once", async () => {
  const rig = await syncedRig();
  await rig.check({ Name: "c", TTL: "24h" });
  await rig.registrar.updateTtl("c", "passing", "one");
  await rig.synced();
  await rig.registrar.updateTtl("c", "passing", "two");
  await rig.synced();
  expect(rig.catalog.checks.get("c")?.Output).toBe("one");
  rig.syncer.fullSync();
  await rig.synced();
  expect(rig.catalog.checks.get("c")?.Output).toBe("one");
  rig.clock.advance(300_000);
  await rig.synced();
  expect(rig.catalog.checks.get("c")?.Output).toBe("two");
  await rig.registrar.updateTtl("c", "warning", "three");
  await rig.synced();
  expect(rig.catalog.checks.get("c")).toMatchObject({ Status: "warning", Output: "three" });
});

test("sync: what was removed while the servers were away is removed when they are back", async () => {
  const rig = await syncedRig();
  await rig.service({ Name: "web", Check: { TTL: "10s" } });
  await rig.synced();
  rig.catalog.failure = new Error("No cluster leader");
  await rig.registrar.deregisterService("web");
  await rig.service({ Name: "new" });
  await rig.synced();
  expect(rig.catalog.services.has("web")).toBe(true);
  rig.catalog.failure = undefined;
  rig.clock.advance(15_000);
  await rig.synced();
  expect([...rig.catalog.services.keys()]).toEqual(["new"]);
  expect(rig.catalog.checks.size).toBe(0);
});

test("sync: failed writes are tried again after 1, 2, 4, ... at most 15 seconds", async () => {
  const rig = await syncedRig();
  rig.catalog.failure = new Error("No cluster leader");
  await rig.service({ Name: "web" });
  await rig.synced();
  const delays: number[] = [];
  for (let round = 0; round < 6; round++) {
    const [next = 0] = rig.clock.pendingMs;
    delays.push(next);
    rig.clock.advance(next);
    await rig.synced();
  }
  expect(delays).toEqual([750, 1_500, 3_000, 6_000, 11_250, 11_250]);
});

test("sync: what access control forbids is tried again only by the next full comparison", async () => {
  const rig = await syncedRig();
  rig.catalog.failure = new Refusal("Permission denied", 403);
  await rig.service({ Name: "web" });
  await rig.synced();
  expect(rig.log.messages("warn")).toContain("Synced service: blocked by ACLs");
  expect(rig.clock.pendingMs.every((delay) => delay >= 60_000)).toBe(true);
  rig.catalog.failure = undefined;
  rig.syncer.fullSync();
  await rig.synced();
  expect(rig.catalog.services.has("web")).toBe(true);
});

test("sync: a change during a write is written after it", async () => {
  const rig = await syncedRig();
  const { catalog } = rig;
  const register = catalog.register.bind(catalog);
  let changed = false;
  catalog.register = async (request) => {
    await register(request);
    if (changed || request.service?.ID !== "web") return;
    changed = true;
    await rig.service({ Name: "web", Port: 2 });
  };
  await rig.service({ Name: "web", Port: 1 });
  await rig.synced();
  expect(catalog.services.get("web")?.Port).toBe(2);
});

test("sync: nothing is written while paused, and all of it once resumed", async () => {
  const rig = await syncedRig();
  rig.syncer.pause();
  await rig.service({ Name: "a" });
  await rig.service({ Name: "b" });
  await rig.synced();
  expect(rig.catalog.calls).toEqual([]);
  rig.syncer.resume();
  await rig.synced();
  expect([...rig.catalog.services.keys()]).toEqual(["a", "b"]);
});

test("sync: a service that the catalog refuses for ever holds up no other", async () => {
  const rig = await syncedRig();
  const { catalog } = rig;
  const register = catalog.register.bind(catalog);
  catalog.register = async (request) => {
    if (request.service?.ID === "bad") throw new Refusal("refused");
    await register(request);
  };
  for (const Name of ["bad", "a", "b"]) await rig.service({ Name, Check: { TTL: "10s" } });
  await rig.synced();
  rig.clock.advance(2_000);
  await rig.synced();
  expect([...catalog.services.keys()]).toEqual(["a", "b"]);
});

test("sync: what was deregistered on purpose is dropped at the next comparison, and the catalog need not say it again", async () => {
  const rig = await syncedRig();
  await rig.service({ Name: "web", Check: { TTL: "10s" } });
  await rig.service({ Name: "db" });
  await rig.check({ Name: "disk", TTL: "10s" });
  await rig.synced();
  rig.catalog.removeService("web");
  rig.catalog.removeCheck("disk");
  rig.catalog.calls.length = 0;
  rig.syncer.fullSync();
  await rig.synced();
  expect(rig.state.services().map(({ service }) => service.ID)).toEqual(["db"]);
  expect([rig.catalog.calls, rig.catalog.deregistered]).toEqual([[], []]);
  expect(rig.catalog.forgotten).toEqual([
    { kind: "service", id: "web", index: 9 },
    { kind: "check", id: "disk", index: 9 },
  ]);
  expect(rig.state.checks()).toEqual([]);
});

test("sync: a write that comes too late revives nothing: it is refused, and the comparison that follows drops it", async () => {
  const rig = await syncedRig();
  await rig.service({ Name: "web", Check: { TTL: "10s" } });
  await rig.synced();
  rig.catalog.removeService("web");
  await rig.registrar.updateTtl("service:web", "passing", "fine");
  await rig.synced();
  expect([...rig.catalog.services.keys()]).toEqual([]);
  expect(rig.state.services()).toHaveLength(1);
  rig.clock.advance(1_000);
  await rig.synced();
  expect([rig.state.services(), rig.state.checks()]).toEqual([[], []]);
});

test("sync: what is registered anew after that comes back, at once", async () => {
  const rig = await syncedRig();
  await rig.service({ Name: "web", Check: { TTL: "10s" } });
  await rig.check({ Name: "disk", TTL: "10s" });
  await rig.synced();
  rig.catalog.removeService("web");
  rig.catalog.removeCheck("disk");
  await rig.service({ Name: "web", Check: { TTL: "10s" } });
  await rig.check({ Name: "disk", TTL: "10s" });
  await rig.synced();
  rig.syncer.fullSync();
  await rig.synced();
  expect([[...rig.catalog.services.keys()], rig.catalog.deregistered]).toEqual([["web"], []]);
  expect([...rig.catalog.checks.keys()].sort()).toEqual(["disk", "service:web"]);
});

test("sync: what was new once and reached the catalog is not new for ever", async () => {
  const rig = await syncedRig();
  await rig.service({ Name: "web" });
  await rig.synced();
  // Registered again as it is: written, or seen there.
  rig.syncer.pause();
  await rig.service({ Name: "web" });
  rig.syncer.fullSync();
  rig.syncer.resume();
  await rig.synced();
  rig.catalog.removeService("web");
  rig.syncer.fullSync();
  await rig.synced();
  expect(rig.state.services()).toEqual([]);
});

test("sync: a restart of the owner does not revive what was deregistered while it was away", async () => {
  const rig = await syncedRig();
  await rig.service({ Name: "web", Check: { TTL: "10s" } });
  await rig.synced();
  rig.catalog.removeService("web");
  const again = agentRig({ files: rig.files, clock: rig.clock, catalog: rig.catalog });
  await again.registrar.restore();
  again.syncer.start();
  await again.synced();
  expect([[...again.catalog.services.keys()], again.state.services()]).toEqual([[], []]);
});

test("sync: a catalog that can't take back its message says it again, and nothing else suffers", async () => {
  const rig = await syncedRig();
  await rig.service({ Name: "web" });
  await rig.synced();
  rig.catalog.removeService("web");
  const { forgetDeregistered } = rig.catalog;
  rig.catalog.forgetDeregistered = () => Promise.reject(new Error("No cluster leader"));
  rig.syncer.fullSync();
  await rig.synced();
  expect([rig.state.services(), rig.log.messages("error")]).toEqual([[], []]);
  rig.catalog.forgetDeregistered = forgetDeregistered;
  rig.syncer.fullSync();
  await rig.synced();
  expect(rig.catalog.deregistered).toEqual([]);
});

test("sync: many services are written at the same time, the first one before all others as it makes the node", async () => {
  const catalog = new FakeCatalog();
  const rig = agentRig({ catalog });
  const register = catalog.register.bind(catalog);
  let underWay = 0;
  const most: number[] = [];
  catalog.register = async (request) => {
    most.push(++underWay);
    await Promise.resolve();
    await register(request);
    underWay--;
  };
  rig.syncer.pause();
  for (let i = 0; i < 100; i++) await rig.service({ Name: `s${i}`, Check: { TTL: "10s" } });
  rig.syncer.start();
  rig.syncer.resume();
  await rig.synced();
  expect(catalog.services.size).toBe(100);
  expect(catalog.calls.filter((call) => "skipNodeUpdate" in call && !call.skipNodeUpdate)).toHaveLength(1);
  expect([most[0], most[1], Math.max(...most)]).toEqual([1, 1, 32]);
});

test("sync: a node name that a living agent has is told with both ids and addresses, and with what mends it", async () => {
  const catalog = new FakeCatalog();
  const rig = agentRig({ catalog });
  const text = "Node name n1 is reserved by node 22222222-2d84-4a47-9a3a-2d9f4a5b6c7d with name n1 (10.0.0.2)";
  catalog.failure = undefined;
  catalog.register = () => Promise.reject(new Refusal(text));
  rig.syncer.start();
  await rig.synced();
  const [line] = rig.log.lines.filter(({ level }) => level === "error");
  expect(line?.fields.error).toBe(
    `${text}, which is alive; this agent, 0b3f7d7e-2d84-4a47-9a3a-2d9f4a5b6c7d (10.0.0.1), needs another node_name, or stop \
the other one and run \`muster force-leave n1\``,
  );
});

test("sync: what was compared while another node had the name is compared again when the name is free", async () => {
  const rig = await syncedRig();
  await rig.service({ Name: "web" });
  await rig.synced();
  // A restored snapshot: the same services, on the node of that name that was there at the time.
  rig.catalog.node = { ...rig.catalog.node!, ID: "22222222-2d84-4a47-9a3a-2d9f4a5b6c7d" };
  rig.catalog.failure = new Refusal("Node name n1 is reserved by node 22222222-2d84-4a47-9a3a-2d9f4a5b6c7d");
  rig.catalog.nodeView = async () => {
    const { node, services, checks, deregistered } = rig.catalog;
    return { node, services: [...services.values()], checks: [...checks.values()], deregistered };
  };
  rig.syncer.fullSync();
  await rig.synced();
  // That node goes, with its services.
  rig.catalog.failure = undefined;
  rig.catalog.node = null;
  rig.catalog.services.clear();
  for (let round = 0; round < 2; round++) {
    rig.clock.advance(1_000);
    await rig.synced();
  }
  expect([...rig.catalog.services.keys()]).toEqual(["web"]);
});

test("sync: servers that come within reach bring a comparison soon, not later for coming again and again", async () => {
  const rig = await syncedRig();
  rig.syncer.serverUp();
  expect(rig.clock.pendingMs[0]).toBe(1_500);
  rig.clock.advance(1_000);
  rig.syncer.serverUp();
  expect(rig.clock.pendingMs[0]).toBe(500);
});
