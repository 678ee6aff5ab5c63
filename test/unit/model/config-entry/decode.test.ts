import { expect, test } from "bun:test";
import { decodeConfigEntry } from "../../../../src/model/config-entry/decode.ts";
import { printConfigEntry } from "../../../../src/model/config-entry/print.ts";

// What Consul 1.8.7 knows is compared with it in test/conformance/script/config*.ts; here is what it doesn't know or can't answer.

const decoded = (body: object) => decodeConfigEntry(body);
const printed = (body: object) => {
  const { CreateIndex, ModifyIndex, ...fields } = printConfigEntry({
    ...decoded(body),
    CreateIndex: 1,
    ModifyIndex: 2,
  });
  expect([CreateIndex, ModifyIndex]).toEqual([1, 2]);
  return fields;
};

function refusal(body: unknown): string {
  try {
    decodeConfigEntry(body);
  } catch (error) {
    expect((error as { status: number }).status).toBe(400);
    return (error as Error).message;
  }
  throw new Error("it was taken");
}

const WEB = { Kind: "service-defaults", Name: "web", Protocol: "http", MeshGateway: {}, Expose: {} };

test("fields of later versions are taken in all spellings, and printed where they were said", () => {
  expect(
    printed({
      kind: "service-defaults",
      name: "web",
      protocol: "http",
      mode: "transparent",
      transparent_proxy: { outbound_listener_port: "15001" },
      mutual_tls_mode: "strict",
      upstream_config: {
        defaults: { limits: { max_connections: 0 }, passive_health_check: { enforcing_consecutive_5xx: 99 } },
        overrides: { name: "db", connect_timeout_ms: 10, passive_health_check: { interval: "10s" } },
      },
      local_connect_timeout_ms: 5,
      envoy_extensions: [{ name: "x", arguments: { a_b: [1] } }],
    }),
  ).toEqual({
    ...WEB,
    Mode: "transparent",
    TransparentProxy: { OutboundListenerPort: 15001 },
    MutualTLSMode: "strict",
    UpstreamConfig: {
      Overrides: [{ Name: "db", ConnectTimeoutMs: 10, PassiveHealthCheck: { Interval: "10s" } }],
      Defaults: { Limits: { MaxConnections: 0 }, PassiveHealthCheck: { EnforcingConsecutive5xx: 99 } },
    },
    LocalConnectTimeoutMs: 5,
    EnvoyExtensions: [{ Name: "x", Arguments: { a_b: 1 } }],
  });
});

test.each([
  [
    { Kind: "service-router", Name: "r", Routes: [{ Destination: { RequestHeaders: { Add: { x: "y" } } } }] },
    { Kind: "service-router", Name: "r", Routes: [{ Destination: { RequestHeaders: { Add: { x: "y" } } } }] },
  ],
  [
    { Kind: "service-resolver", Name: "r", request_timeout: "5s", LoadBalancer: { Policy: "random" } },
    { RequestTimeout: "5s", Kind: "service-resolver", Name: "r", LoadBalancer: { Policy: "random" } },
  ],
  [
    { Kind: "ingress-gateway", Name: "i", TLS: { sds: { cluster_name: "c" }, tls_min_version: "TLSv1_2" } },
    {
      Kind: "ingress-gateway",
      Name: "i",
      TLS: { Enabled: false, SDS: { ClusterName: "c" }, TLSMinVersion: "TLSv1_2" },
      Listeners: null,
    },
  ],
  [
    { Kind: "mesh", http: { sanitize_x_forwarded_client_cert: true } },
    {
      Kind: "mesh",
      TransparentProxy: { MeshDestinationsOnly: false },
      HTTP: { SanitizeXForwardedClientCert: true },
    },
  ],
])("%j is printed as %j", (body, expected) => {
  expect(printed(body)).toEqual(expected as never);
});

test("really unknown keys inside of fields of later versions are refused", () => {
  const body = { ...WEB, TransparentProxy: { Bogus: 1 }, Bogus: 2 };
  expect(refusal(body)).toBe(
    '2 errors occurred:\n\t* invalid config key "TransparentProxy.Bogus"\n\t* invalid config key "Bogus"\n\n',
  );
});

test.each([
  [{ ...WEB, Protocol: [null] }, "error decoding 'Protocol': null is no value of a list of one"],
  [{ Kind: "proxy-defaults", Config: { a: null } }, "error decoding 'Config[a]': null is no setting; leave it out"],
  [
    { Kind: "proxy-defaults", Config: { a: [{ b: [1, null] }] } },
    "error decoding 'Config[a][b][1]': null is no setting; leave it out",
  ],
])("%j, by which Consul itself breaks off, is refused", (body, error) => {
  expect(refusal(body)).toBe(`1 error(s) decoding:\n\n* ${error}`);
});

test("settings nest as deep as archives hold them", () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
  expect(refusal({ Kind: "proxy-defaults", Config: { a: nested(40) } })).toContain("nests too deeply");
  expect(decoded({ Kind: "proxy-defaults", Config: { a: nested(30) } })).toMatchObject({ Config: { a: nested(30) } });
});

test("keys that objects have by themselves are keys like others", () => {
  const body = JSON.parse('{"Kind":"proxy-defaults","Config":{"__proto__":{"x":1},"toString":2}}') as object;
  expect(JSON.stringify(printed(body))).toContain('"Config":{"__proto__":{"x":1},"toString":2}');
  expect(refusal(JSON.parse('{"Kind":"service-defaults","Name":"x","__proto__":{"a":1}}'))).toContain('"__proto__"');
});

test("a text keeps no half of a character", () => {
  expect(decoded({ ...WEB, Protocol: "\ud800" })).toMatchObject({ Protocol: "\ufffd" });
});

test("of more errors than anybody reads some are told, and a number as long as a book is out of range at once", () => {
  const Paths = Array.from({ length: 5000 }, () => "x");
  expect(refusal({ ...WEB, Expose: { Paths } })).toStartWith("1000 error(s) decoding:");
  const keys = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`k${at}`, 1]));
  expect(refusal({ ...WEB, ...keys })).toStartWith("1000 errors occurred:");
  const ListenerPort = "1".repeat(1_000_000);
  expect(refusal({ ...WEB, Expose: { Paths: { ListenerPort } } })).toEndWith(": value out of range");
});
