import { ACCEPTED, bool, duration, int, string, strings } from "./key.ts";

/** How nodes find each other, and what protects their gossip. */
export const JOIN_KEYS = {
  start_join: strings("Servers to join at the start: host or host:port of the server port; failing is fatal.", {
    flag: "join",
  }),
  start_join_wan: strings("Servers of other datacenters to join at the start; failing is fatal.", {
    flag: "join-wan",
    ...ACCEPTED,
  }),
  retry_join: strings("Servers to join, tried until one answers: host or host:port of the server port.", {
    flag: "retry-join",
  }),
  retry_join_wan: strings("Servers of other datacenters to join, tried until one answers.", {
    flag: "retry-join-wan",
    ...ACCEPTED,
  }),
  retry_interval: duration("30s", "Longest time between tries; the first ones come faster.", {
    flag: "retry-interval",
  }),
  retry_interval_wan: duration("30s", "Time between tries.", { flag: "retry-interval-wan", ...ACCEPTED }),
  retry_max: int(0, "Intervals without an answer after which the agent ends; 0 is never.", { flag: "retry-max" }),
  retry_max_wan: int(0, "Tries before giving up; 0 is for ever.", { flag: "retry-max-wan", ...ACCEPTED }),
  rejoin_after_leave: bool(false, "Join the known nodes again even after a leave.", { flag: "rejoin", ...ACCEPTED }),
  primary_gateways: strings("Mesh gateways of the primary datacenter.", { flag: "primary-gateway", ...ACCEPTED }),
  primary_gateways_interval: duration("30s", "Time between tries.", ACCEPTED),
  encrypt: string("", "Key of the gossip, 16, 24 or 32 bytes in base64.", { flag: "encrypt", ...ACCEPTED }),
  encrypt_verify_incoming: bool(true, "Refuse gossip that is not encrypted.", ACCEPTED),
  encrypt_verify_outgoing: bool(true, "Send encrypted gossip only.", ACCEPTED),
  disable_keyring_file: bool(false, "Do not keep gossip keys on disk.", { flag: "disable-keyring-file", ...ACCEPTED }),
};
