import { describe, expect, test } from "bun:test";
import { AGENT_FLAGS, parseAgentArguments } from "../../../src/config/flags.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { MACHINE } from "./fixture.ts";

/** Names that `consul agent -h` of 1.8.7 lists. */
const CONSUL_FLAGS =
  `advertise advertise-wan allow-write-http-from alt-domain bind bootstrap bootstrap-expect check_output_max_size client
config-dir config-file config-format data-dir datacenter default-query-time dev disable-host-node-id disable-keyring-file dns-port domain
enable-local-script-checks enable-script-checks encrypt grpc-port hcl http-port https-port join join-wan log-file log-json log-level
log-rotate-bytes log-rotate-duration log-rotate-max-files max-query-time node node-id node-meta non-voting-server pid-file primary-gateway
protocol raft-protocol recursor rejoin retry-interval retry-interval-wan retry-join retry-join-wan retry-max retry-max-wan segment
serf-lan-allowed-cidrs serf-lan-bind serf-lan-port serf-wan-allowed-cidrs serf-wan-bind serf-wan-port server server-port syslog ui
ui-content-path ui-dir`.split(/\s+/);

/** `non-voting-member` is said better than Consul's `non-voting-server`, which works as well. */
const OWN_FLAGS = ["non-voting-member", "join-token", "join-token-file"];

test("the agent has Consul's flags, and few of its own", () => {
  expect(AGENT_FLAGS.map((flag) => flag.name)).toEqual([...CONSUL_FLAGS, ...OWN_FLAGS].sort());
});

describe("the command line", () => {
  const load = (argv: string[]) => {
    const { dev, flags, fragments } = parseAgentArguments(argv);
    return loadConfig({ dev, flags, sources: fragments, machine: MACHINE }).config;
  };

  test("sets keys of every kind", () => {
    const config = load([
      "-data-dir=/tmp/x",
      "-server",
      "-bootstrap-expect",
      "3",
      "-http-port=18500",
      "-node-meta",
      "rack:r1",
      "-node-meta=os:linux",
      "-retry-join=a",
      "-retry-join",
      "b",
      "-log-rotate-duration",
      "1h",
      "-disable-host-node-id=false",
      "-serf-lan-bind",
      "10.0.0.5",
    ]);
    expect(config).toMatchObject({
      dataDir: "/tmp/x",
      server: true,
      bootstrapExpect: 3,
      nodeMeta: { rack: "r1", os: "linux" },
      retryJoin: ["a", "b"],
      logRotateDurationMs: 3_600_000,
      disableHostNodeId: false,
      serfLan: "10.0.0.5",
    });
    expect(config.ports.http).toBe(18500);
  });

  test("wins over -hcl fragments, which come in their order", () => {
    const config = load(["-dev", "-hcl", 'node_name = "a" domain = "a"', "-hcl", 'node_name = "b"', "-node", "c"]);
    expect([config.nodeName, config.domain]).toEqual(["c", "a."]);
  });

  test("names files and directories in one order", () => {
    const argv = [
      "-config-file=a",
      "-server",
      "-config-dir",
      "b",
      "--config-file",
      "c",
      "-node",
      "-config-dir=x",
      "-config-format",
      "hcl",
    ];
    expect(parseAgentArguments(argv)).toMatchObject({ paths: ["a", "b", "c"], format: "hcl" });
  });

  test("has no other words", () => {
    expect(() => parseAgentArguments(["-dev", "foo", "bar"])).toThrow("Unexpected extra arguments: [foo bar]");
    expect(() => parseAgentArguments(["-http-port=x"])).toThrow("invalid value");
    expect(() => load(["-dev", "-hcl", "zz = 1"])).toThrow(
      "failed to parse flags-0.hcl: 1 error occurred:\n\t* invalid config key zz",
    );
  });
});
