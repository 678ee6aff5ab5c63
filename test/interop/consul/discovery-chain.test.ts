/** Random config entries, written to a real Consul and to this program: what is refused, and the chains of what is not. */
import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { startConsul } from "../../support/cli/consul-agent.ts";
import { startAgent } from "../../support/e2e/agent.ts";
import { CONSUL, WHY_NOT } from "./harness/both.ts";

const TEST_MS_MAX = 180_000;
const SETS = 40;
const MESH = 'connect { enabled = true ca_config { cluster_id = "11111111-2222-3333-4444-555555555555" } }';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function theirs(): Promise<string> {
  const agent = await startConsul(CONSUL.binary, ["-hcl", MESH]);
  cleanups.push(() => agent.stop());
  return `http://${agent.address}`;
}

async function ours(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "chains-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  const agent = await startAgent(dir, ["-dev", "-hcl", MESH]);
  cleanups.push(() => agent.stop("SIGKILL"));
  return agent.url;
}

const SERVICES = ["a", "b", "c", "d", "e"];
const SUBSETS = ["v1", "v2"];
const DATACENTERS = ["dc1", "dc2", "dc3"];
const KINDS = [
  ...["service-router", "service-splitter", "service-resolver", "ingress-gateway", "terminating-gateway"],
  ...["service-defaults", "proxy-defaults"],
];

const name = fc.constantFrom(...SERVICES);
const gateway = fc.constantFrom("g", "h");
/** Some of the fields; what is left out is not sent. */
const some = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(fields, { requiredKeys: [] });
const place = { Service: name, ServiceSubset: fc.constantFrom(...SUBSETS) };
const subsets = fc
  .subarray(SUBSETS)
  .map((known) => Object.fromEntries(known.map((subset) => [subset, { Filter: `Service.Meta.v == ${subset}` }])));
const failover = fc.dictionary(
  fc.constantFrom("*", ...SUBSETS),
  some({ ...place, Datacenters: fc.subarray(DATACENTERS) }),
  { noNullPrototype: true },
);
const weights = fc.constantFrom([100], [50, 50], [33.33, 66.67], [0.5, 99.5], [33.33, 33.33, 33.34]);

const entry = fc.oneof(
  some({
    Protocol: fc.constantFrom("http", "http", "http", "tcp", "", "grpc"),
    ExternalSNI: fc.constantFrom("", "", "", "x"),
    MeshGateway: fc.record({ Mode: fc.constantFrom("none", "local", "remote") }),
  }).map((fields) => ({ Kind: "service-defaults", ...fields })),
  some({
    DefaultSubset: fc.constantFrom(...SUBSETS),
    Subsets: subsets,
    Redirect: some({ ...place, Datacenter: fc.constantFrom(...DATACENTERS) }),
    Failover: failover,
    ConnectTimeout: fc.constantFrom("1s", "1500ms", "2m"),
  }).map((fields) => ({ Kind: "service-resolver", ...fields })),
  weights
    .chain((all) => fc.tuple(...all.map((Weight) => some(place).map((to) => ({ Weight, ...to })))))
    .map((Splits) => ({ Kind: "service-splitter", Splits })),
  fc
    .array(some({ Match: fc.constant({ HTTP: { PathPrefix: "/x" } }), Destination: some(place) }), { maxLength: 3 })
    .map((Routes) => ({ Kind: "service-router", Routes })),
);
const listeners = fc
  .record({ Protocol: fc.constantFrom("http", "tcp", "grpc"), Name: name })
  .map(({ Protocol, Name }) => [{ Port: 80, Protocol, Services: [{ Name }] }]);

type Write = readonly [method: string, path: string, body?: object];

const write: fc.Arbitrary<Write> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.tuple(entry, name).map(([fields, Name]): Write => ["PUT", "/v1/config", { ...fields, Name }]),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(gateway, listeners)
      .map(([Name, Listeners]): Write => ["PUT", "/v1/config", { Kind: "ingress-gateway", Name, Listeners }]),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(gateway, name)
      .map(([Name, service]) => ({ Kind: "terminating-gateway", Name, Services: [{ Name: service }] }))
      .map((entry): Write => ["PUT", "/v1/config", entry]),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom("http", "http", "tcp"), fc.constantFrom("", "local"))
      .map(([protocol, Mode]): Write => ["PUT", "/v1/config", allProxies(protocol, Mode)]),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...KINDS.slice(0, 6)), name, gateway).map(([kind, service, gateway]): Write => {
      return ["DELETE", `/v1/config/${kind}/${kind.endsWith("gateway") ? gateway : service}`];
    }),
  },
);

function allProxies(protocol: string, Mode: string) {
  return { Kind: "proxy-defaults", Name: "global", Config: { protocol }, MeshGateway: { Mode } };
}

async function send(url: string, [method, path, body]: Write): Promise<{ status: number; text: string }> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const answer = await fetch(url + path, init);
  return { status: answer.status, text: await answer.text() };
}

/** Entries hold each other: deletes what can be deleted until there is none. */
async function clear(url: string): Promise<void> {
  for (let left = 1; left > 0; ) {
    left = 0;
    for (const kind of KINDS) {
      const entries = JSON.parse((await send(url, ["GET", `/v1/config/${kind}`])).text) as { Name: string }[];
      left += entries.length;
      for (const { Name } of entries) await send(url, ["DELETE", `/v1/config/${kind}/${Name}`]);
    }
  }
}

const ASKED: readonly Write[] = SERVICES.flatMap((service): Write[] => [
  ["GET", `/v1/discovery-chain/${service}`],
  ["GET", `/v1/discovery-chain/${service}?compile-dc=dc2`],
  ["POST", `/v1/discovery-chain/${service}?compile-dc=dc3`, { OverrideMeshGateway: { Mode: "local" } }],
  ["POST", `/v1/discovery-chain/${service}`, { OverrideProtocol: "tcp", OverrideConnectTimeout: "1s" }],
]);

test.skipIf(WHY_NOT !== "")(
  `whatever entries are written, both refuse the same and compile the same chains ${WHY_NOT}`,
  async () => {
    const [us, them] = await Promise.all([ours(), theirs()]);
    const sets = fc.sample(fc.array(write, { minLength: 12, maxLength: 20 }), { seed: 1, numRuns: SETS });
    for (const writes of sets) {
      await Promise.all([clear(us), clear(them)]);
      const done: unknown[] = [];
      for (const each of [["PUT", "/v1/config", allProxies("http", "")] as const, ...writes]) {
        const [mine, real] = await Promise.all([send(us, each), send(them, each)]);
        done.push([each, real.status]);
        // Consul goes through its maps in any order, so that of several faults it tells any.
        expect({ done, status: mine.status, text: mine.text }).toMatchObject({ done, status: real.status });
      }
      for (const each of ASKED) {
        const [mine, real] = await Promise.all([send(us, each), send(them, each)]);
        expect({ done, each, ...mine }).toEqual({ done, each, ...real });
      }
    }
  },
  TEST_MS_MAX,
);
