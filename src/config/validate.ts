/** Combinations of keys that Consul refuses or warns of, in its words. */
import ipaddr from "ipaddr.js";
import { metaProblem } from "../model/meta-rules.ts";
import { isAnyAddress } from "./addresses.ts";
import { bootstrapEntries } from "./bootstrap-entries.ts";
import type { Config, Definition } from "./config.ts";
import { serviceFaults } from "./definitions.ts";
import { ConfigError, errorList } from "./error.ts";

type Built = Omit<Config, "ports" | "addresses">;

const DATACENTER = /^[a-z0-9_-]+$/;
const UI_PATH = /^[A-Za-z0-9/_-]+$/;
const CA_PROVIDERS = ["consul", "vault", "aws-pca"];

/** Throws ConfigError for the first thing that is wrong. */
export function validate(config: Built, dev: boolean): void {
  if (config.dataDir === "" && !dev) throw new ConfigError("data_dir cannot be empty");
  if (config.datacenter === "") throw new ConfigError("datacenter cannot be empty");
  if (!DATACENTER.test(config.datacenter)) throw badDatacenter("datacenter", config.datacenter);
  if (!DATACENTER.test(config.primaryDatacenter)) throw badDatacenter("acl_datacenter", config.primaryDatacenter);
  if (config.segment !== "") throw new ConfigError("Network segments are not supported in this version of Consul");
  validateUi(config);
  if (config.recursors.some(isAnyAddress)) throw new ConfigError("DNS recursor address cannot be 0.0.0.0, :: or [::]");
  validateNumbers(config);
  validateBootstrap(config);
  for (const service of config.services) validateService(service);
  bootstrapEntries(config.configEntries.bootstrap);
  const fault = metaProblem(config.nodeMeta);
  if (fault !== undefined) throw new ConfigError(`node_meta invalid: ${fault}`);
  if (!CA_PROVIDERS.includes(config.connect.caProvider))
    throw new ConfigError(`${config.connect.caProvider} is not a valid CA provider`);
  validateCidrs(config);
}

function validateService(service: Definition): void {
  const faults = serviceFaults(service);
  if (faults.length > 0) throw new ConfigError(`service ${JSON.stringify(service.Name ?? "")}: ${errorList(faults)}`);
}

function badDatacenter(name: string, value: string): ConfigError {
  return new ConfigError(`${name} cannot be ${JSON.stringify(value)}. Please use only [a-z0-9-_]`);
}

function validateUi(config: Built): void {
  if (config.ui && config.uiDir !== "")
    throw new ConfigError(
      "Both the ui and ui-dir flags were specified, please provide only one.\n" +
        "If trying to use your own web UI resources, use the ui-dir flag.\n" +
        "The web UI is included in the binary so use ui to enable it",
    );
  if (!UI_PATH.test(config.uiContentPath))
    throw new ConfigError(
      `ui-content-path can only contain alphanumeric, -, _, or /. received: ${config.uiContentPath}`,
    );
}

function validateNumbers(config: Built): void {
  const notNegative: readonly (readonly [string, number])[] = [
    ["autopilot.max_trailing_logs", config.autopilot.maxTrailingLogs],
    ["dns_config.udp_answer_limit", config.dnsConfig.udpAnswerLimit],
    ["dns_config.a_record_limit", config.dnsConfig.aRecordLimit],
    ["bootstrap_expect", config.bootstrapExpect],
  ];
  for (const [name, value] of notNegative)
    if (value < 0) throw new ConfigError(`${name} cannot be ${value}. Must be greater than or equal to zero`);
  const { raftMultiplier } = config.performance;
  if (raftMultiplier < 1 || raftMultiplier > 10)
    throw new ConfigError(`performance.raft_multiplier cannot be ${raftMultiplier}. Must be between 1 and 10`);
  if (config.checkOutputMaxSize < 1)
    throw new ConfigError(
      "check_output_max_size must be positive, to discard check output use the discard_check_output flag",
    );
  if (config.cache.entryFetchRate <= 0)
    throw new ConfigError(`cache.entry_fetch_rate must be strictly positive, was: ${config.cache.entryFetchRate}`);
}

function validateBootstrap(config: Built): void {
  if (config.bootstrap && !config.server) throw new ConfigError("'bootstrap = true' requires 'server = true'");
  if (config.bootstrapExpect > 0 && !config.server)
    throw new ConfigError("'bootstrap_expect > 0' requires 'server = true'");
  if (config.bootstrapExpect > 0 && config.bootstrap)
    throw new ConfigError("'bootstrap_expect > 0' and 'bootstrap = true' are mutually exclusive");
}

function validateCidrs(config: Built): void {
  const bad = (cidrs: readonly string[]) => cidrs.filter((cidr) => !ipaddr.isValidCIDR(cidr));
  for (const [name, cidrs] of [
    ["serf_lan_allowed_cidrs", config.serfLanAllowedCidrs],
    ["serf_wan_allowed_cidrs", config.serfWanAllowedCidrs],
  ] as const) {
    const faults = bad(cidrs);
    if (faults.length > 0)
      throw new ConfigError(`${name}: ${errorList(faults.map((cidr) => `invalid cidr: ${cidr}`))}`);
  }
  const faults = bad(config.httpConfig.allowWriteHttpFrom);
  if (faults.length > 0)
    throw new ConfigError(errorList(faults.map((cidr) => `allow_write_http_from: invalid cidr: ${cidr}`)));
}

/** What works and is likely not meant. */
export function warningsOf(config: Built, dev: boolean): string[] {
  const warnings: string[] = [];
  const { bootstrapExpect: expect } = config;
  if (expect === 1) warnings.push("BootstrapExpect is set to 1; this is the same as Bootstrap mode.");
  const table = "See https://www.consul.io/docs/internals/consensus.html#deployment-table";
  if (expect === 2)
    warnings.push(`bootstrap_expect = 2: A cluster with 2 servers will provide no failure tolerance. ${table}`);
  if (expect > 2 && expect % 2 === 0)
    warnings.push(
      `bootstrap_expect is even number: A cluster with an even number of servers does not achieve optimum fault tolerance. ${table}`,
    );
  if (expect > 1) warnings.push(`bootstrap_expect > 0: expecting ${expect} servers`);
  if ((config.bootstrap || expect === 1) && !dev) warnings.push("bootstrap = true: do not enable unless necessary");
  for (const rule of config.telemetry.prefixFilter)
    if (!/^[+-]/.test(rule)) warnings.push(`Filter rule must begin with either '+' or '-': ${JSON.stringify(rule)}`);
  if (config.enableScriptChecks && !config.acl.enabled && config.httpConfig.allowWriteHttpFrom.length === 0)
    warnings.push(
      "using enable-script-checks without ACLs and without allow_write_http_from is DANGEROUS, use enable-local-script-checks instead, " +
        "see https://www.hashicorp.com/blog/protecting-consul-from-rce-risk-in-specific-configurations/",
    );
  return warnings;
}
