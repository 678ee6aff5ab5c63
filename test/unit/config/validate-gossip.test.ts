import { describe, expect, test } from "bun:test";
import { configOf, hcl, load } from "./fixture.ts";

describe("settings of gossip", () => {
  test("are in the Config under the names of their sections", () => {
    const { gossipLan, gossipWan, reconnectTimeoutMs, advertiseReconnectTimeoutMs } = configOf(
      'gossip_lan { probe_interval = "2s" gossip_nodes = 5 } reconnect_timeout = "10h" advertise_reconnect_timeout = "90s"',
    );
    expect(gossipLan).toEqual({
      gossipIntervalMs: 200,
      gossipNodes: 5,
      probeIntervalMs: 2000,
      probeTimeoutMs: 500,
      retransmitMult: 4,
      suspicionMult: 4,
    });
    expect(gossipWan).toMatchObject({ gossipIntervalMs: 500, probeIntervalMs: 5000, suspicionMult: 6 });
    expect([reconnectTimeoutMs, advertiseReconnectTimeoutMs]).toEqual([36_000_000, 90_000]);
  });

  test("are fast with -dev, as in Consul", () => {
    const fast = { gossipIntervalMs: 100, probeIntervalMs: 100, probeTimeoutMs: 100, suspicionMult: 3 };
    expect(configOf("", { dev: true })).toMatchObject({ gossipLan: fast, gossipWan: fast, disableKeyringFile: true });
  });

  test("that would stop it or run without a pause are refused", () => {
    expect(() => configOf('gossip_lan { probe_interval = "0s" }')).toThrow("gossip_lan.probe_interval cannot be 0.");
    expect(() => configOf("gossip_wan { gossip_nodes = -1 }")).toThrow("gossip_wan.gossip_nodes cannot be -1.");
    expect(() => configOf('reconnect_timeout = "0s"')).toThrow("reconnect_timeout cannot be 0.");
    expect(() => configOf("ports { serf_lan = -1 }")).toThrow("Gossip within the datacenter can't be turned off");
    expect(configOf("ports { serf_wan = -1 }").ports.serfWan).toBeNull();
  });
});

describe("what is likely not meant is told", () => {
  test("a reconnect_timeout below Consul's least", () => {
    const { config, warnings } = load([hcl('reconnect_timeout = "45s"')]);
    expect(config.reconnectTimeoutMs).toBe(45_000);
    expect(warnings).toEqual([expect.stringMatching(/^reconnect_timeout is 45s: .*Consul takes no less than 8h/)]);
  });

  test("allowed networks without this node", () => {
    expect(load([hcl('serf_lan_allowed_cidrs = ["10.0.0.0/8"]')]).warnings).toEqual([]);
    expect(load([hcl('serf_lan_allowed_cidrs = ["192.168.0.0/16"]')]).warnings[0]).toStartWith(
      "serf_lan_allowed_cidrs leaves out this node's own address, 10.0.0.5",
    );
  });

  test("a key, and gossip without it", () => {
    const key = 'encrypt = "cg8StVXbQJ0gPvMd9o7yrg=="';
    expect(load([hcl(key)]).warnings).toEqual([]);
    expect(load([hcl(`${key} encrypt_verify_incoming = false`)]).warnings[0]).toContain("encrypt_verify_incoming");
  });
});

test("a key that is none is refused in Consul's words", () => {
  expect(() => configOf('encrypt = "abc"')).toThrow("encrypt has invalid key: illegal base64 data at input byte 0");
  expect(() => configOf('encrypt = "YWJj"')).toThrow("encrypt has invalid key: key size must be 16, 24 or 32 bytes");
});
