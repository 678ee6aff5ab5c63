import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseDurationNs } from "../../../../src/lib/duration.ts";
import { encodeGoJson } from "../../../../src/lib/go-json.ts";
import { Refusal } from "../../../../src/lib/refusal.ts";
import type { ConfigEntry, ConfigEntryKind, ConfigEntryOf } from "../../../../src/model/config-entry/config-entry.ts";
import { decodeConfigEntry } from "../../../../src/model/config-entry/decode.ts";
import { ProxyDefaults, ServiceDefaults } from "../../../../src/model/config-entry/defaults.ts";
import { ServiceResolver, ServiceRouter, ServiceSplitter } from "../../../../src/model/config-entry/routing.ts";
import {
  type ChainOverrides,
  type CompiledDiscoveryChain,
  NO_OVERRIDES,
} from "../../../../src/model/discovery-chain.ts";
import { compileChain } from "../../../../src/state/discovery-chain/compile.ts";
import {
  type ChainKind,
  type EntryReader,
  remembering,
  SERVICES_MAX,
} from "../../../../src/state/discovery-chain/entries.ts";
import { discoveryChain } from "../../../../src/state/discovery-chain/queries.ts";
import recorded from "../../../fixtures/discovery-chain/recorded.json";
import type { Ask, Overrides } from "../../../fixtures/discovery-chain/sets.ts";
import { stateRig } from "../../../support/state-rig.ts";

const TRUST_DOMAIN = "11111111-2222-3333-4444-555555555555.consul";

type Write = { put?: object; delete?: string };

function overridesOf(said: Overrides | undefined): ChainOverrides {
  if (said === undefined) return NO_OVERRIDES;
  return {
    connectTimeoutNs: parseDurationNs(said.OverrideConnectTimeout ?? "0"),
    protocol: said.OverrideProtocol ?? "",
    meshGatewayMode: said.OverrideMeshGateway?.Mode ?? "",
  };
}

function write({ apply }: ReturnType<typeof stateRig>, what: Write): unknown {
  if (what.put !== undefined) return apply({ type: "config-entry.set", entry: decodeConfigEntry(what.put) });
  const [kind = "", name = ""] = what.delete?.split("/") ?? [];
  return apply({ type: "config-entry.delete", kind: kind as ConfigEntryKind, name });
}

describe("chains are those of Consul 1.8.7, to the byte, and so is what it refuses", () => {
  for (const { title, writes, asks, answers } of recorded) {
    test(title, () => {
      const rig = stateRig();
      for (const [at, what] of writes.entries()) {
        const done = write(rig, what);
        const { status, texts = [] } = answers[at] ?? {};
        expect(status).toBe(done instanceof Error ? 500 : 200);
        if (done instanceof Error) expect(texts).toContain(done.message);
      }
      for (const [at, { service, datacenter = "dc1", overrides }] of (asks as Ask[]).entries()) {
        const { value } = discoveryChain(rig.db, {
          ...{ service, datacenter, callerDatacenter: "dc1", trustDomain: TRUST_DOMAIN },
          overrides: overridesOf(overrides),
        });
        expect(encodeGoJson({ Chain: value })).toBe(answers[writes.length + at]?.texts[0] ?? "");
      }
    });
  }
});

const NAMES = ["a", "b", "c", "d", "e"];
const SUBSETS = ["v1", "v2"];
const name = fc.constantFrom(...NAMES);
const orNothing = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const Subsets = fc.subarray(SUBSETS).map((some) => Object.fromEntries(some.map((subset) => [subset, {}])));
const place = fc.record({ Service: orNothing(name), ServiceSubset: orNothing(fc.constantFrom(...SUBSETS)) });
const Datacenters = orNothing(fc.subarray(["dc1", "dc2", "dc3"]));
const Failover = fc.dictionary(
  fc.constantFrom("*", ...SUBSETS),
  fc.tuple(place, Datacenters).map(([to, Datacenters]) => ({ ...to, Datacenters })),
);
const resolver = fc
  .record({
    Name: name,
    DefaultSubset: orNothing(fc.constantFrom(...SUBSETS)),
    Subsets,
    Redirect: orNothing(fc.tuple(place, orNothing(fc.constantFrom("dc1", "dc2")))),
    Failover,
  })
  .map(({ Redirect, ...said }) => {
    const redirect = Redirect && { Redirect: { ...Redirect[0], Datacenter: Redirect[1] } };
    return ServiceResolver.parse({ Kind: "service-resolver", ...said, ...redirect });
  });
const splitter = fc
  .record({ Name: name, Splits: fc.array(place, { minLength: 1, maxLength: 4 }) })
  .map(({ Name, Splits }) => {
    const Weight = 100 / Splits.length;
    return ServiceSplitter.parse({ Kind: "service-splitter", Name, Splits: Splits.map((to) => ({ Weight, ...to })) });
  });
const router = fc
  .record({ Name: name, Routes: fc.array(orNothing(place), { maxLength: 4 }) })
  .map(({ Name, Routes }) =>
    ServiceRouter.parse({ Kind: "service-router", Name, Routes: Routes.map((Destination) => ({ Destination })) }),
  );
const defaults = fc
  .record({ Name: name, Protocol: fc.constantFrom("http", "tcp", "http"), ExternalSNI: fc.constantFrom("", "", "x") })
  .map((said) => ServiceDefaults.parse({ Kind: "service-defaults", ...said }));
const all = ProxyDefaults.parse({ Kind: "proxy-defaults", Name: "global", Config: { protocol: "http" } });
const entries = fc.array(fc.oneof(resolver, splitter, router, defaults, fc.constant(all)), { maxLength: 12 });
const overrides = fc.record({
  connectTimeoutNs: fc.constantFrom(0, 5e9, 7e9),
  protocol: fc.constantFrom("", "http", "tcp", "x"),
  meshGatewayMode: fc.constantFrom("", "local"),
});

function nodesNextTo(node: CompiledDiscoveryChain["Nodes"][string]): string[] {
  if (node.Type === "router") return node.Routes.map(({ NextNode }) => NextNode);
  return node.Type === "splitter" ? node.Splits.map(({ NextNode }) => NextNode) : [];
}

test("whatever entries there are, compiling ends: in a refusal, or in a graph where nothing is missing and nothing too much", () => {
  fc.assert(
    fc.property(entries, overrides, (some, overrides) => {
      const byKey = new Map<string, ConfigEntry>(some.map((entry) => [`${entry.Kind}/${entry.Name}`, entry]));
      const read: EntryReader = <K extends ChainKind>(kind: K, service: string) =>
        byKey.get(`${kind}/${service}`) as ConfigEntryOf<K> | undefined;
      const request = { service: "a", datacenter: "dc1", callerDatacenter: "dc1", trustDomain: "t", overrides };
      let chain: CompiledDiscoveryChain;
      try {
        chain = compileChain(request, read);
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
        return;
      }
      const nodes = new Set([chain.StartNode]);
      for (const key of nodes) for (const next of nodesNextTo(chain.Nodes[key]!)) nodes.add(next);
      expect(Object.keys(chain.Nodes)).toEqual([...nodes].sort());
      const resolvers = Object.values(chain.Nodes).filter((node) => node.Type === "resolver");
      const targets = resolvers.flatMap(({ Resolver }) => [Resolver.Target, ...(Resolver.Failover?.Targets ?? [])]);
      expect(Object.keys(chain.Targets)).toEqual([...new Set(targets)].sort());
      for (const node of Object.values(chain.Nodes)) {
        if (node.Type !== "splitter") continue;
        expect(node.Splits.every(({ NextNode }) => NextNode.startsWith("resolver:"))).toBe(true);
        expect(node.Splits.reduce((sum, { Weight = 0 }) => sum + Weight, 0)).toBeCloseTo(100, 0);
      }
    }),
    { numRuns: 3000 },
  );
});

const request = (service: string) => ({
  ...{ service, datacenter: "dc1", callerDatacenter: "dc1", trustDomain: "t" },
  overrides: { ...NO_OVERRIDES, protocol: "http" },
});

/** Each service splits its requests into `parts`, all to the next, `levels` deep. */
function nested(levels: number, parts: number): EntryReader {
  return <K extends ChainKind>(kind: K, service: string) => {
    const level = Number(service);
    if (kind === "service-defaults") {
      return ServiceDefaults.parse({ Kind: "service-defaults", Name: service, Protocol: "http" }) as ConfigEntryOf<K>;
    }
    if (kind !== "service-splitter" || level >= levels) return undefined;
    const Splits = Array.from({ length: parts }, () => ({ Weight: 100 / parts, Service: String(level + 1) }));
    return ServiceSplitter.parse({ Kind: "service-splitter", Name: service, Splits }) as ConfigEntryOf<K>;
  };
}

test("splits of splits that would multiply without end are refused, and so are chains through too many services", () => {
  expect(compileChain(request("0"), nested(12, 2)).Nodes["splitter:0.default"]).toMatchObject({
    Splits: { length: 2 ** 12 },
  });
  expect(() => compileChain(request("0"), nested(60, 2))).toThrow('discovery chain "0" has more than 10000 splits');
  expect(compileChain(request("0"), nested(SERVICES_MAX - 1, 1)).StartNode).toBe("splitter:0.default");
  expect(() => compileChain(request("0"), nested(SERVICES_MAX, 1))).toThrow(
    `discovery chain "0" leads to more than ${SERVICES_MAX} services`,
  );
});

test("a long way of redirects that many routes go is gone once", () => {
  const redirects = 900;
  const routes = 20_000;
  let reads = 0;
  const read: EntryReader = <K extends ChainKind>(kind: K, service: string) => {
    reads++;
    const at = Number(service);
    if (kind === "service-resolver" && at < redirects) {
      const Redirect = { Service: String(at + 1) };
      return ServiceResolver.parse({ Kind: kind, Name: service, Redirect }) as ConfigEntryOf<K>;
    }
    if (kind === "service-defaults") {
      return ServiceDefaults.parse({ Kind: kind, Name: service, Protocol: "http" }) as ConfigEntryOf<K>;
    }
    if (kind !== "service-router") return undefined;
    const Routes = Array.from({ length: routes }, (_, route) => ({
      Destination: { Service: String(route % redirects) },
    }));
    return ServiceRouter.parse({ Kind: kind, Name: service, Routes }) as ConfigEntryOf<K>;
  };
  const { Nodes, Targets } = compileChain(request("0"), remembering(read));
  expect(Object.keys(Nodes)).toEqual([`resolver:${redirects}.default.dc1`, "router:0.default"]);
  expect(Object.keys(Targets)).toEqual([`${redirects}.default.dc1`]);
  expect(reads).toBeLessThan(4 * redirects);
});
