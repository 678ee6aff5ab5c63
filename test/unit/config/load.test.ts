import { describe, expect, test } from "bun:test";
import { configOf, hcl, load, MACHINE } from "./fixture.ts";

describe("sources", () => {
  test("a deprecated key is told once, whatever the number of files that have it", () => {
    const old = hcl('acl_datacenter = "main"');
    expect(load([old, old]).warnings.filter((line) => line.includes("deprecated"))).toEqual([
      "The 'acl_datacenter' field is deprecated. Use the 'primary_datacenter' field instead.",
    ]);
  });

  test("an address to bind that is none is no address, however many words it has; no recursor is any address", () => {
    expect(() => configOf('bind_addr = "not an address"')).toThrow("bind_addr cannot be empty");
    const refusal = "DNS recursor address cannot be 0.0.0.0, :: or [::]";
    for (const any of ["0.0.0.0", "::", "[::]"]) expect(() => configOf(`recursors = ["${any}"]`)).toThrow(refusal);
    expect(configOf('recursors = ["[::]:53"]').recursors).toEqual(["[::]:53"]);
  });

  test("later ones win: defaults, files, fragments, flags", () => {
    const sources = [hcl('node_name = "a" datacenter = "a" domain = "a"'), hcl('node_name = "b" datacenter = "b"')];
    const { config } = load(sources, { flags: { node_name: "c" } });
    expect([config.nodeName, config.datacenter, config.domain]).toEqual(["c", "b", "a."]);
    expect(config.ports.dns).toBe(8600);
  });

  test("lists are appended and objects are merged key by key", () => {
    const { config } = load(
      [
        hcl('retry_join = ["a"] node_meta { x = "1" y = "1" } ports { http = 1 }'),
        hcl('retry_join = ["b"] node_meta { y = "2" }'),
      ],
      { flags: { retry_join: ["c"], ports: { https: 2 } } },
    );
    expect(config.retryJoin).toEqual(["a", "b", "c"]);
    expect(config.nodeMeta).toEqual({ x: "1", y: "2" });
    expect([config.ports.http, config.ports.https]).toEqual([1, 2]);
  });

  test("-dev lies between the defaults and the files", () => {
    const config = configOf("ports { grpc = 9 }", { dev: true });
    expect([config.dev, config.server, config.bootstrap, config.ui, config.connect.enabled]).toEqual([
      true,
      true,
      true,
      true,
      true,
    ]);
    expect([config.ports.grpc, config.bindAddr, config.logLevel]).toEqual([9, "127.0.0.1", "DEBUG"]);
  });

  test("-dev needs no data directory", () => {
    const { config } = load([], { dev: true, sources: [], machine: MACHINE });
    expect(config.advertiseAddr).toBe("127.0.0.1");
  });
});

describe("values", () => {
  test("a duration is milliseconds and says so in its name", () => {
    const config = configOf('dns_config { node_ttl = "1m30s" service_ttl { "*" = "5s" } } session_ttl_min = "500ms"');
    expect(config.dnsConfig.nodeTtlMs).toBe(90_000);
    expect(config.dnsConfig.serviceTtlMs).toEqual({ "*": 5000 });
    expect(config.sessionTtlMinMs).toBe(500);
  });

  test("a port of -1 or 0 is a listener that is off", () => {
    expect(configOf("ports { http = -1 dns = 0 }").ports).toMatchObject({
      http: null,
      dns: null,
      https: null,
      serfWan: 8302,
    });
  });

  test("leaving on signals depends on the role unless it is said", () => {
    const client = configOf("");
    expect([client.leaveOnTerminate, client.skipLeaveOnInterrupt]).toEqual([true, false]);
    const server = configOf("server = true leave_on_terminate = true");
    expect([server.leaveOnTerminate, server.skipLeaveOnInterrupt]).toEqual([true, true]);
  });

  test("the datacenter is in lower case and the primary one follows it", () => {
    const config = configOf('datacenter = "DC2"');
    expect([config.datacenter, config.primaryDatacenter]).toEqual(["dc2", "dc2"]);
  });

  test("bootstrap_expect = 1 is bootstrap", () => {
    const config = configOf("server = true bootstrap_expect = 1");
    expect([config.bootstrap, config.bootstrapExpect]).toEqual([true, 0]);
  });

  test("names of the time before the acl section still count", () => {
    const { acl, primaryDatacenter } = configOf(
      'acl_datacenter = "main" acl_default_policy = "deny" acl_ttl = "5s" acl_master_token = "m"',
    );
    expect([acl.enabled, acl.defaultPolicy, acl.tokenTtlMs, acl.tokens.master]).toEqual([true, "deny", 5000, "m"]);
    expect(primaryDatacenter).toBe("main");
  });

  test("the Config is frozen to its depths", () => {
    const config = configOf('service { name = "a" tags = ["x"] }');
    expect(() => Object.assign(config.dnsConfig.soa, { refresh: 1 })).toThrow(TypeError);
    expect(() => (config.services.at(0) as { Tags: string[] }).Tags.push("y")).toThrow(TypeError);
  });

  test("keys without effect so far are named", () => {
    expect(load([hcl("protocol = 3 dns_config { use_cache = true } server = false")]).warnings).toEqual([
      "understood, but without effect so far: dns_config.use_cache, protocol",
    ]);
  });
});

describe("definitions", () => {
  test("a service comes out in the shape of the HTTP API", () => {
    const config = configOf(`
      service {
        name = "web" id = "web-1" port = 80 tags = ["a"] enable_tag_override = true
        meta { v = "1" }
        tagged_addresses { wan { address = "1.2.3.4" port = 81 } }
        weights { warning = 2 }
        check { id = "c" args = ["x"] interval = "10s" tlsskipverify = true }
        checks = [{ name = "d" http = "http://x" header { A = ["b"] } }]
        connect { sidecar_service { proxy { upstreams { destination_name = "db" local_bind_port = 9 } config { a { b = 1 } } } } }
      }`);
    expect(config.services).toEqual([
      {
        Name: "web",
        ID: "web-1",
        Port: 80,
        Tags: ["a"],
        EnableTagOverride: true,
        Meta: { v: "1" },
        TaggedAddresses: { wan: { Address: "1.2.3.4", Port: 81 } },
        Weights: { Passing: 1, Warning: 2 },
        Check: { CheckID: "c", ScriptArgs: ["x"], Interval: "10s", TLSSkipVerify: true },
        Checks: [{ Name: "d", HTTP: "http://x", Header: { A: ["b"] } }],
        Connect: {
          SidecarService: {
            Proxy: { Upstreams: [{ DestinationName: "db", LocalBindPort: 9 }], Config: { a: { b: 1 } } },
          },
        },
      },
    ]);
  });

  test("one and many of a file join, and a node's check says ID", () => {
    const config = configOf(
      'check { id = "a" ttl = "1s" } checks = [{ id = "b" alias_service = "x" }] service { name = "s" }',
    );
    expect(config.checks).toEqual([
      { ID: "b", AliasService: "x" },
      { ID: "a", TTL: "1s" },
    ]);
    expect(config.services).toEqual([{ Name: "s" }]);
  });
});
