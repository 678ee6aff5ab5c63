/** What of the settings of gossip and joining can't be, and what is likely not meant. */
import { formatDurationNs, NS_PER_MS } from "../lib/duration.ts";
import { isInside } from "./addresses.ts";
import type { Config } from "./config.ts";
import { ConfigError } from "./error.ts";
import { gossipKeyProblem } from "./gossip-key.ts";

type Gossip = Pick<
  Config,
  | "advertiseAddr"
  | "advertiseAddrWan"
  | "encrypt"
  | "encryptVerifyIncoming"
  | "encryptVerifyOutgoing"
  | "gossipLan"
  | "gossipWan"
  | "reconnectTimeoutMs"
  | "reconnectTimeoutWanMs"
  | "retryMax"
  | "retryMaxWan"
  | "serfLanAllowedCidrs"
  | "serfWanAllowedCidrs"
>;

/** Throws ConfigError for the first thing that is wrong. */
export function validateGossip(config: Gossip, ports: Pick<Config["ports"], "serfLan">): void {
  const problem = config.encrypt === "" ? undefined : gossipKeyProblem(config.encrypt);
  if (problem !== undefined) throw new ConfigError(`encrypt has invalid key: ${problem}`);
  validateTiming("gossip_lan", config.gossipLan);
  validateTiming("gossip_wan", config.gossipWan);
  positive("reconnect_timeout", config.reconnectTimeoutMs);
  positive("reconnect_timeout_wan", config.reconnectTimeoutWanMs);
  if (ports.serfLan < 0)
    throw new ConfigError(
      `ports.serf_lan cannot be ${ports.serfLan}. Gossip within the datacenter can't be turned off`,
    );
}

function validateTiming(name: string, timing: Config["gossipLan"]): void {
  positive(`${name}.gossip_interval`, timing.gossipIntervalMs);
  positive(`${name}.probe_interval`, timing.probeIntervalMs);
  positive(`${name}.probe_timeout`, timing.probeTimeoutMs);
  positive(`${name}.gossip_nodes`, timing.gossipNodes);
  positive(`${name}.retransmit_mult`, timing.retransmitMult);
  positive(`${name}.suspicion_mult`, timing.suspicionMult);
}

function positive(name: string, value: number): void {
  if (value <= 0) throw new ConfigError(`${name} cannot be ${value}. Must be greater than zero`);
}

const HOUR_MS = 3_600_000;
/** Consul takes no less, so that a node can be repaired before others forget it. */
const RECONNECT_USUAL_MIN_MS = 8 * HOUR_MS;

export function gossipWarnings(config: Gossip): string[] {
  const warnings: string[] = [];
  for (const [name, ms] of [
    ["reconnect_timeout", config.reconnectTimeoutMs],
    ["reconnect_timeout_wan", config.reconnectTimeoutWanMs],
  ] as const)
    if (ms < RECONNECT_USUAL_MIN_MS)
      warnings.push(
        `${name} is ${formatDurationNs(ms * NS_PER_MS)}: a node that is away for longer, by a cut network too, is forgotten ` +
          "with its services until it comes back by itself (Consul takes no less than 8h)",
      );
  for (const [name, cidrs, own] of [
    ["serf_lan_allowed_cidrs", config.serfLanAllowedCidrs, config.advertiseAddr],
    ["serf_wan_allowed_cidrs", config.serfWanAllowedCidrs, config.advertiseAddrWan],
  ] as const)
    if (cidrs.length > 0 && !cidrs.some((cidr) => isInside(own, cidr)))
      warnings.push(`${name} leaves out this node's own address, ${own}: others with the same list will refuse it`);
  if (config.encrypt !== "" && !(config.encryptVerifyIncoming && config.encryptVerifyOutgoing))
    warnings.push(
      "encrypt is set, and encrypt_verify_incoming or encrypt_verify_outgoing is false: gossip that is not encrypted is " +
        "taken or sent. That is for the time in which encryption is turned on; set both to true then",
    );
  return warnings;
}
