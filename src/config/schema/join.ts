import { ACCEPTED, bool, duration, int, RELOADABLE, string, strings } from "./key.ts";

const TARGET = "a name with all its addresses, an address, either with a port, or `provider=mdns service=NAME`";

/** How nodes find each other, and what protects their gossip. */
export const JOIN_KEYS = {
  start_join: strings(
    `Members to join at the start: ${TARGET}. Without a port that of ports.serf_lan. Failing is fatal.`,
    {
      flag: "join",
    },
  ),
  start_join_wan: strings(
    "Servers of other datacenters to join at the start. Without a port that of ports.serf_wan. Failing is fatal.",
    {
      flag: "join-wan",
    },
  ),
  retry_join: strings(`Members to join, tried until one answers: ${TARGET}. Without a port that of ports.serf_lan.`, {
    flag: "retry-join",
  }),
  retry_join_wan: strings(
    "Servers of other datacenters to join, tried until one answers. Without a port that of ports.serf_wan.",
    {
      flag: "retry-join-wan",
    },
  ),
  retry_interval: duration("30s", "Longest time between tries; the first ones come faster.", {
    flag: "retry-interval",
  }),
  retry_interval_wan: duration("30s", "The same for `retry_join_wan`.", { flag: "retry-interval-wan" }),
  retry_max: int(0, "Intervals without an answer after which the agent ends; 0 is never.", { flag: "retry-max" }),
  retry_max_wan: int(0, "The same for `retry_join_wan`.", { flag: "retry-max-wan" }),
  rejoin_after_leave: bool(false, "Join the known nodes again even after a leave.", { flag: "rejoin" }),
  join_token: string(
    "",
    "What `join-token create` printed: gives `encrypt`, `retry_join` and `datacenter` where they are not given. Anybody on " +
      "this host sees the flag in the list of processes: use `join_token_file` or MUSTER_JOIN_TOKEN instead.",
    { flag: "join-token" },
  ),
  join_token_file: string("", "File that holds the join token.", { flag: "join-token-file" }),
  primary_gateways: strings("Mesh gateways of the primary datacenter.", { flag: "primary-gateway", ...ACCEPTED }),
  primary_gateways_interval: duration("30s", "Time between tries.", ACCEPTED),
  encrypt: string("", "Key of the gossip, 16, 24 or 32 bytes in base64 (see `keygen`). Turns its encryption on.", {
    flag: "encrypt",
  }),
  encrypt_verify_incoming: bool(true, "Refuse gossip that is not encrypted.", RELOADABLE),
  encrypt_verify_outgoing: bool(true, "Send encrypted gossip only.", RELOADABLE),
  disable_keyring_file: bool(false, "Do not keep gossip keys on disk.", { flag: "disable-keyring-file" }),
};
