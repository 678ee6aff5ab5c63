import { ACL_KEYS } from "./acl.ts";
import { CHECK_KEYS } from "./checks.ts";
import { CONNECT_KEYS } from "./connect.ts";
import { DNS_KEYS } from "./dns.ts";
import { JOIN_KEYS } from "./join.ts";
import { LIMIT_KEYS } from "./limits.ts";
import { LOG_KEYS } from "./log.ts";
import { NETWORK_KEYS } from "./network.ts";
import { NODE_KEYS } from "./node.ts";
import { OLD_KEYS, UNUSED_KEYS } from "./old-names.ts";
import { PERFORMANCE_KEYS } from "./performance.ts";
import { TELEMETRY_KEYS } from "./telemetry.ts";
import { TLS_KEYS } from "./tls.ts";

/** All keys by the heading they are documented under. */
export const GROUPS = {
  Node: NODE_KEYS,
  Network: NETWORK_KEYS,
  Joining: JOIN_KEYS,
  "Services and checks": CHECK_KEYS,
  DNS: DNS_KEYS,
  "HTTP and limits": LIMIT_KEYS,
  "Access control": ACL_KEYS,
  TLS: TLS_KEYS,
  Logs: LOG_KEYS,
  Metrics: TELEMETRY_KEYS,
  "Timing and Raft": PERFORMANCE_KEYS,
  "Mesh and web interface": CONNECT_KEYS,
  "Old names": OLD_KEYS,
  "Without effect": UNUSED_KEYS,
};

/** Keys under their present names. */
export const CURRENT = {
  ...NODE_KEYS,
  ...NETWORK_KEYS,
  ...JOIN_KEYS,
  ...CHECK_KEYS,
  ...DNS_KEYS,
  ...LIMIT_KEYS,
  ...ACL_KEYS,
  ...TLS_KEYS,
  ...LOG_KEYS,
  ...TELEMETRY_KEYS,
  ...PERFORMANCE_KEYS,
  ...CONNECT_KEYS,
  ...UNUSED_KEYS,
};

/** The top level of a configuration file. */
export const TOP = { ...CURRENT, ...OLD_KEYS };
