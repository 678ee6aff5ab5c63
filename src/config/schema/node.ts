import { ACCEPTED, bool, int, RELOADABLE, string, stringMap } from "./key.ts";

/** Who this agent is. */
export const NODE_KEYS = {
  server: bool(false, "Run as a server: hold the registry's data and vote on it.", { flag: "server" }),
  bootstrap: bool(false, "Elect this server the first leader without waiting for others. Only one server may set it.", {
    flag: "bootstrap",
  }),
  bootstrap_expect: int(0, "Number of servers to wait for before the first election.", { flag: "bootstrap-expect" }),
  data_dir: string("", "Directory for the agent's state. Required, except with -dev.", { flag: "data-dir" }),
  datacenter: string("dc1", "Name of the datacenter, of [a-z0-9-_].", { flag: "datacenter" }),
  primary_datacenter: string(
    "",
    "Datacenter where config entries are written and from which the others copy them; the authority for access control and Connect, too. Default: `datacenter`.",
  ),
  node_name: string("", "Name of this node, unique in the cluster. Default: the host's name.", { flag: "node" }),
  node_id: string("", "Id of this node for ever, a UUID. Default: made once and kept in the data directory.", {
    flag: "node-id",
  }),
  node_meta: stringMap("Facts about this node, at most 64; shown in the catalog.", {
    flag: "node-meta",
    ...RELOADABLE,
  }),
  disable_host_node_id: bool(true, "Do not derive the node's id from the host.", {
    flag: "disable-host-node-id",
    ...ACCEPTED,
  }),
  leave_on_terminate: bool(null, "Leave the cluster on SIGTERM. Default: true for clients, false for servers."),
  skip_leave_on_interrupt: bool(
    null,
    "Do not leave the cluster on SIGINT. Default: false for clients, true for servers.",
  ),
  pid_file: string("", "File to write the process id to.", { flag: "pid-file" }),
  enable_debug: bool(false, "Answer under /debug/pprof: with a text, as there are no profiles for Go's tools."),
  protocol: int(2, "Version of the agent protocol.", { flag: "protocol", ...ACCEPTED }),
  non_voting_server: bool(false, "Never vote: hold the data and answer, and count for no majority.", {
    flag: "non-voting-server",
  }),
  read_replica: bool(false, "The same as `non_voting_server`.", { since: "1.9" }),
  non_voting_member: bool(false, "The same as `non_voting_server`.", { flag: "non-voting-member" }),
  segment: string("", "Enterprise only; refused.", { flag: "segment" }),
  disable_remote_exec: bool(
    true,
    "Refuse `exec` on this node. With `false` whoever may fire events and write keys, which without access control is everybody who reaches an agent's API or the gossip port, runs any program here as the agent's user.",
  ),
  disable_update_check: bool(false, "Muster never asks for updates; the key is understood.", ACCEPTED),
  disable_anonymous_signature: bool(false, "Muster never reports its use; the key is understood.", ACCEPTED),
  disable_coordinates: bool(false, "Do not measure round-trip times between nodes."),
  translate_wan_addrs: bool(false, "Answer with WAN addresses for nodes of other datacenters."),
  auto_reload_config: bool(false, "Reload when files change.", { since: "1.11", ...ACCEPTED }),
};
