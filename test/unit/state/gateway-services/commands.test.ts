import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { IngressGateway, TerminatingGateway } from "../../../../src/model/config-entry/gateways.ts";
import type { GatewayKind } from "../../../../src/model/gateway-service.ts";
import type { NodeService } from "../../../../src/model/service.ts";
import { healthConnect, healthIngress } from "../../../../src/state/catalog/queries.ts";
import { configEntriesOfKind } from "../../../../src/state/config-entries/queries.ts";
import { linksAmong } from "../../../../src/state/gateway-services/links.ts";
import { gatewayServiceList } from "../../../../src/state/gateway-services/queries.ts";
import { finishGatewayServices } from "../../../../src/state/gateway-services/records.ts";
import type { QueryResult } from "../../../../src/state/query.ts";
import { connectNodes } from "../../../../src/state/services/queries.ts";
import { World } from "../catalog/world.ts";

const terminating = (Name: string, ...Services: object[]) =>
  TerminatingGateway.parse({ Kind: "terminating-gateway", Name, Services });
const ingress = (Name: string, Port: number, Protocol: string, ...services: string[]) =>
  IngressGateway.parse({
    Kind: "ingress-gateway",
    Name,
    Listeners: [{ Port, Protocol, Services: services.map((service) => ({ Name: service })) }],
  });

function shown(world: World, gateway: string) {
  return gatewayServiceList(world.db, gateway).value.map(({ Service, FromWildcard, SNI }) =>
    [Service.Name, FromWildcard ? "*" : "", SNI ?? ""].join(" ").trimEnd(),
  );
}
const set = (world: World, entry: Parameters<typeof linksAmong>[0]) => world.apply({ type: "config-entry.set", entry });
const remove = (world: World, kind: GatewayKind, name: string) =>
  world.apply({ type: "config-entry.delete", kind, name });

describe("services of a gateway", () => {
  test("are those of its entry; an entry that says the same moves nothing (observed, Consul 1.8.7)", () => {
    const world = new World();
    set(world, terminating("term", { Name: "db", SNI: "x" }, { Name: "far" }));
    const first = gatewayServiceList(world.db, "TERM");
    expect(first.value.map(({ Service, SNI }) => [Service.Name, SNI])).toEqual([
      ["db", "x"],
      ["far", undefined],
    ]);
    set(world, { ...terminating("term", { Name: "db", SNI: "x" }, { Name: "far" }), Meta: { a: "b" } });
    expect(gatewayServiceList(world.db, "term")).toMatchObject({ value: first.value, index: first.index });
    expect(world.touched.has("gateway-services/term")).toBe(false);
  });

  test("with a wildcard follow what is registered and ordinary; consul is not followed (observed, Consul 1.8.7)", () => {
    const world = new World();
    world.register("n1", { service: { Service: "consul" } });
    world.register("n1", { service: { Service: "web" } });
    world.register("n1", {
      service: { Service: "px", Kind: "connect-proxy", Proxy: { DestinationServiceName: "web" } },
    });
    set(world, terminating("term", { Name: "*" }));
    expect(shown(world, "term")).toEqual(["web *"]);
    world.register("n1", { service: { Service: "new", ID: "new1" } });
    world.register("n2", { service: { Service: "new", ID: "new2" } });
    expect(shown(world, "term")).toEqual(["new *", "web *"]);
    world.apply({ type: "catalog.deregister", node: "n1", serviceId: "new1" });
    expect(shown(world, "term")).toEqual(["new *", "web *"]);
    world.apply({ type: "catalog.deregister", node: "n2" });
    expect(shown(world, "term")).toEqual(["web *"]);
  });

  test("by name keep what the entry says of them, whoever registers or leaves", () => {
    const world = new World();
    set(world, terminating("term", { Name: "*", SNI: "all" }, { Name: "db", SNI: "own" }));
    world.register("n1", { service: { Service: "db" } });
    expect(shown(world, "term")).toEqual(["db  own"]);
    world.apply({ type: "catalog.deregister", node: "n1", serviceId: "db" });
    expect(shown(world, "term")).toEqual(["db  own"]);
  });

  test("leave with the entry", () => {
    const world = new World();
    set(world, terminating("term", { Name: "db" }));
    remove(world, "terminating-gateway", "term");
    expect(shown(world, "term")).toEqual([]);
    expect(world.touched.has("gateway-services/term")).toBe(true);
    world.register("n1", { service: { Service: "db" } });
    expect(shown(world, "term")).toEqual([]);
  });
});

describe("what hangs on gateways", () => {
  test("the mesh reaches a service through its proxies, then through gateways, by name (observed, Consul 1.8.7)", () => {
    const world = new World();
    set(world, terminating("term", { Name: "web" }));
    set(world, terminating("aterm", { Name: "web" }));
    world.register("z", {
      service: { Service: "px", Kind: "connect-proxy", Proxy: { DestinationServiceName: "web" } },
    });
    for (const node of ["b", "a"]) world.register(node, { service: { Service: "term", Kind: "terminating-gateway" } });
    world.register("c", { service: { Service: "aterm", Kind: "terminating-gateway" } });
    expect(healthConnect(world.db, "Web").value.map(({ Node }) => Node.Node)).toEqual(["z", "c", "a", "b"]);
    expect(connectNodes(world.db, "Web").value.map(({ Node }) => Node)).toEqual(["z", "c", "a", "b"]);
  });

  test("no index that a reader has seen comes again when links and gateways leave", () => {
    const world = new World();
    world.register("t", { service: { Service: "term", Kind: "terminating-gateway" } });
    set(world, terminating("term", { Name: "db" }));
    const linked = healthConnect(world.db, "db");
    remove(world, "terminating-gateway", "term");
    const unlinked = healthConnect(world.db, "db");
    expect([linked.value.length, unlinked.value.length]).toEqual([1, 0]);
    expect(unlinked.index).toBeGreaterThan(linked.index);
  });
});

const NAMES = ["web", "db", "Web", "consul"];
const name = fc.constantFrom(...NAMES);
const linkedName = fc.constantFrom("*", ...NAMES);
type Step = (world: World) => void;
const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .record({
      node: fc.constantFrom("n1", "n2"),
      id: fc.constantFrom("a", "b"),
      name,
      kind: fc.constantFrom("", "connect-proxy"),
    })
    .map(({ node, id, name: Service, kind }) => (world: World) => {
      const parts: Partial<NodeService> =
        kind === "" ? {} : { Kind: kind, Proxy: { DestinationServiceName: "web", MeshGateway: {}, Expose: {} } };
      world.register(node, { service: { ID: id, Service, ...parts } });
    }),
  fc
    .record({ node: fc.constantFrom("n1", "n2"), id: fc.constantFrom("", "a", "b") })
    .map(({ node, id }) => (world: World) => {
      world.apply({ type: "catalog.deregister", node, ...(id === "" ? {} : { serviceId: id }) });
    }),
  fc
    .record({ node: fc.constantFrom("g1", "g2"), status: fc.constantFrom("passing", "critical") })
    .map(({ node, status }) => (world: World) => {
      const checks = ["term", "ing"].map((ServiceID) => ({ CheckID: ServiceID, ServiceID, Status: status }));
      world.register(node, { service: { Service: "ing", Kind: "ingress-gateway" } });
      world.register(node, { service: { Service: "term", Kind: "terminating-gateway" }, checks });
    }),
  fc.constantFrom("g1", "g2").map((node) => (world: World) => {
    world.apply({ type: "catalog.deregister", node });
  }),
  fc.array(linkedName, { maxLength: 3 }).map((names) => (world: World) => {
    set(world, terminating("term", ...names.map((Name) => ({ Name }))));
  }),
  fc
    .record({ names: fc.array(linkedName, { maxLength: 3 }), port: fc.constantFrom(80, 81) })
    .map(({ names, port }) => (world: World) => {
      set(world, ingress("ing", port, "http", ...names));
    }),
  fc
    .constantFrom<[GatewayKind, string]>(["terminating-gateway", "term"], ["ingress-gateway", "ing"])
    .map(([kind, entry]) => (world: World) => {
      remove(world, kind, entry);
    }),
  fc.constantFrom("http", "tcp").map((Protocol) => (world: World) => {
    const Config = { protocol: Protocol };
    world.apply({
      type: "config-entry.set",
      entry: { Kind: "proxy-defaults", Name: "global", Config } as never,
    });
  }),
);

const READS: ((world: World) => QueryResult<unknown>)[] = [
  ({ db }) => gatewayServiceList(db, "term"),
  ({ db }) => gatewayServiceList(db, "ing"),
  ...["web", "db"].flatMap((service) => [
    ({ db }: World) => healthConnect(db, service),
    ({ db }: World) => connectNodes(db, service),
    ({ db }: World) => healthIngress(db, service),
  ]),
];

/** Rows without their place in the log, and without the spelling, which a restore may choose anew. */
function rows({ db }: World): string[] {
  const found = db.$client
    .query("SELECT gateway_key, kind, service_key, port, from_wildcard FROM gateway_services ORDER BY 1, 2, 3, 4")
    .all();
  return found.map((row) => JSON.stringify(Object.values(row as object)));
}

test("rows are always those that entries and registrations make, also when made anew; answers, topics and indexes move together", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const world = new World();
      for (const run of steps) {
        const before = READS.map((read) => read(world));
        let touched = new Set<string>();
        const follow = world.rig.publisher.follow((topics) => {
          touched = new Set([...touched, ...topics]);
        });
        run(world);
        follow();
        for (const [i, read] of READS.entries()) {
          const [old, now] = [before[i], read(world)];
          if (old === undefined) continue;
          const woke = old.interest.topics.some((topic) => touched.has(topic));
          if (JSON.stringify(old.value) === JSON.stringify(now.value)) continue;
          expect([woke, now.index > old.index]).toEqual([true, true]);
        }
        expect(READS.every((read, i) => read(world).index >= (before[i]?.index ?? 0))).toBe(true);
      }
      const made = rows(world);
      const all = world.db.$client
        .query("SELECT DISTINCT service_key FROM services WHERE doc ->> '$.Kind' IS NULL")
        .all();
      const registered = (all as { service_key: string }[])
        .map((row) => row.service_key)
        .filter((key) => key !== "consul");
      const entries = [
        ...configEntriesOfKind(world.db, "ingress-gateway"),
        ...configEntriesOfKind(world.db, "terminating-gateway"),
      ];
      expect(made.length).toBe(entries.flatMap((entry) => linksAmong(entry, registered)).length);
      finishGatewayServices(world.db.$client);
      expect(rows(world)).toEqual(made);
    }),
    { numRuns: 60 },
  );
});
