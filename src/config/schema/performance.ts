import { ACCEPTED, anyMap, bool, duration, int, optionalDuration, section, string } from "./key.ts";

const GOSSIP = (scope: string, interval: string, nodes: number, probe: string, timeout: string, suspicion: number) =>
  section(`Gossip ${scope}. Change it on all nodes alike.`, {
    gossip_interval: duration(interval, "Time between gossip messages."),
    gossip_nodes: int(nodes, "Nodes to gossip with each time."),
    probe_interval: duration(probe, "Time between probes."),
    probe_timeout: duration(timeout, "Wait for a probe's answer."),
    retransmit_mult: int(4, "Factor of how often a message is sent again."),
    suspicion_mult: int(suspicion, "Factor of how long a silent node is suspected."),
  });

/** Timing of Raft, of gossip and of the leader's work. */
export const PERFORMANCE_KEYS = {
  performance: section("Timing.", {
    raft_multiplier: int(
      5,
      "Factor of 150 ms that followers wait for a leader before they elect one, 1 to 10; at least 500 ms.",
    ),
    leave_drain_time: duration("5s", "How long a leaving server still answers.", ACCEPTED),
    rpc_hold_timeout: duration("7s", "How long a request waits for a leader."),
    grpc_keepalive_interval: duration("30s", "Without effect.", { since: "1.16", ...ACCEPTED }),
    grpc_keepalive_timeout: duration("20s", "Without effect.", { since: "1.16", ...ACCEPTED }),
  }),
  raft_protocol: int(3, "Version of the Raft protocol.", { flag: "raft-protocol", ...ACCEPTED }),
  raft_snapshot_interval: duration("30s", "Time between looks whether a snapshot is due."),
  raft_snapshot_threshold: int(16384, "Log entries that make a snapshot due."),
  raft_trailing_logs: int(10000, "Log entries kept after a snapshot for slow followers."),
  raft_boltdb: anyMap("Without effect.", { since: "1.11", ...ACCEPTED }),
  raft_logstore: anyMap("Without effect.", { since: "1.15", ...ACCEPTED }),
  gossip_lan: GOSSIP("within the datacenter", "200ms", 3, "1s", "500ms", 4),
  gossip_wan: GOSSIP("between datacenters", "500ms", 4, "5s", "3s", 6),
  reconnect_timeout: duration("72h", "When a failed node is forgotten. Consul takes no less than 8h."),
  reconnect_timeout_wan: duration("72h", "When a failed server of another datacenter is forgotten."),
  advertise_reconnect_timeout: optionalDuration(
    "When others forget this node after it has failed, in place of their `reconnect_timeout`; not for servers.",
    { since: "1.9" },
  ),
  autopilot: section("Care for the set of servers. Used when the cluster is made; later it is the operator's.", {
    cleanup_dead_servers: bool(true, "Remove dead servers when new ones come."),
    last_contact_threshold: duration("200ms", "Silence that makes a server unhealthy."),
    max_trailing_logs: int(250, "Log entries behind that make a server unhealthy."),
    min_quorum: int(0, "Fewest servers to keep."),
    server_stabilization_time: duration("10s", "How long a new server must be healthy to get its vote."),
    redundancy_zone_tag: string("", "Enterprise only.", ACCEPTED),
    disable_upgrade_migration: bool(false, "Enterprise only.", ACCEPTED),
    upgrade_version_tag: string("", "Enterprise only.", ACCEPTED),
  }),
};
