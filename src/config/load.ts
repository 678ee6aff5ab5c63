/** From sources to the frozen Config. Pure: files are texts and the machine is data. */
import type { InterfaceAddress } from "./addresses.ts";
import { build } from "./camel.ts";
import { type Config, deepFreeze } from "./config.ts";
import { DEV_DEFAULTS, defaultsOf } from "./defaults.ts";
import { asRaws, buildChecks, buildServices } from "./definitions.ts";
import { ConfigError, errorList } from "./error.ts";
import { validateJoinTargets } from "./join-target.ts";
import { withJoinToken } from "./join-token-keys.ts";
import { mergeRaw } from "./merge.ts";
import { checkPortClashes, resolveNetwork, resolvePorts } from "./network.ts";
import { getAt, isRaw, type Raw } from "./raw.ts";
import type { Section } from "./schema/key.ts";
import { CURRENT, TOP } from "./schema/top.ts";
import { type ConfigSource, readSource } from "./sources.ts";
import { validate, warningsOf } from "./validate.ts";
import { gossipWarnings, validateGossip } from "./validate-gossip.ts";

export interface Machine {
  readonly hostname: string;
  readonly interfaces: readonly InterfaceAddress[];
}

export interface LoadInput {
  /** -dev was given. */
  readonly dev: boolean;
  /** In order: files and directories as on the command line, then `-hcl` fragments. Later ones win. */
  readonly sources: readonly ConfigSource[];
  /** What the command line set; wins over all sources. */
  readonly flags: Raw;
  readonly machine: Machine;
  /** A join token that was not in the configuration itself: that of its file, or of the environment. */
  readonly joinToken?: string;
}

export interface Loaded {
  readonly config: Config;
  /** Lines to log at the start. */
  readonly warnings: readonly string[];
}

const { service: _service, check: _check, ports: PORTS, addresses: ADDRESSES, ...REST } = CURRENT;

/** Merges, resolves and checks a configuration. Throws ConfigError with the text that Consul would print. */
export function loadConfig(input: LoadInput): Loaded {
  const deprecated = new Set<string>();
  const { given, warnings: tokenWarnings } = withJoinToken(mergedGiven(input, deprecated), input);
  const base = input.dev ? mergeRaw(defaultsOf(CURRENT), DEV_DEFAULTS) : defaultsOf(CURRENT);
  const raw = mergeRaw(base, given);
  const errors: string[] = [];
  const warnings = [...deprecated, ...acceptedWarnings(TOP, given), ...tokenWarnings];
  const config = resolve(raw, input, errors, warnings);
  if (errors.length > 0) throw new ConfigError(errorList(errors));
  return { config: deepFreeze(config), warnings };
}

/** What sources and flags set, later ones over earlier ones. */
function mergedGiven({ sources, flags }: Pick<LoadInput, "sources" | "flags">, deprecated: Set<string>): Raw {
  let given: Raw = {};
  for (const source of sources) given = mergeRaw(given, readSource(source, deprecated));
  return mergeRaw(given, flags);
}

/** The file that holds the join token, when the configuration names one and not the token itself; else "". */
export function joinTokenFile(input: Pick<LoadInput, "sources" | "flags">): string {
  const { join_token: token, join_token_file: file } = mergedGiven(input, new Set());
  return token || typeof file !== "string" ? "" : file;
}

function resolve(raw: Raw, input: LoadInput, errors: string[], warnings: string[]): Config {
  const built = build(REST, raw, errors);
  const ports = resolvePorts(build(PORTS.keys, isRaw(raw.ports) ? raw.ports : {}, []), errors);
  const services = buildServices(asRaws(raw.services), errors);
  const checks = buildChecks(asRaws(raw.checks), errors);
  const network = resolveNetwork(
    { ...built, addresses: build(ADDRESSES.keys, isRaw(raw.addresses) ? raw.addresses : {}, []) },
    input.machine.interfaces,
    errors,
    warnings,
  );
  if (errors.length > 0) throw new ConfigError(errorList(errors));
  const datacenter = built.datacenter.toLowerCase();
  const settled = {
    ...built,
    ...network,
    dev: input.dev,
    services,
    checks,
    watches: asRaws(raw.watches),
    datacenter,
    domain: withDot(built.domain),
    altDomain: built.altDomain === "" ? "" : withDot(built.altDomain),
    primaryDatacenter: built.primaryDatacenter.toLowerCase() || datacenter,
    nodeName: built.nodeName || input.machine.hostname,
    leaveOnTerminate: built.leaveOnTerminate ?? !built.server,
    skipLeaveOnInterrupt: built.skipLeaveOnInterrupt ?? built.server,
    ui: built.ui || built.uiConfig.enabled,
    uiContentPath: uiPath(built.uiConfig.contentPath || built.uiContentPath),
  };
  validate(settled, input.dev);
  validateGossip(settled, ports);
  validateJoinTargets(settled);
  warnings.push(...warningsOf(settled, input.dev), ...gossipWarnings(settled));
  checkPortClashes(network, ports);
  const alone = settled.bootstrapExpect === 1 || (input.dev && settled.server && settled.bootstrapExpect === 0);
  const { bootstrapExpect } = settled;
  return {
    ...settled,
    ports,
    bootstrap: settled.bootstrap || alone,
    bootstrapExpect: bootstrapExpect === 1 ? 0 : bootstrapExpect,
    acl: { ...settled.acl, roleTtlMs: settled.acl.roleTtlMs ?? settled.acl.policyTtlMs },
    telemetry: {
      ...settled.telemetry,
      prefixFilter: settled.telemetry.prefixFilter.filter((rule) => /^[+-]/.test(rule)),
    },
  };
}

function withDot(domain: string): string {
  return `${domain.toLowerCase().replace(/\.+$/, "")}.`;
}

function uiPath(path: string): string {
  return `/${path.replace(/^\/+|\/+$/g, "")}/`.replace("//", "/");
}

/** One line that names the keys that were set and have no effect yet. */
function acceptedWarnings(keys: Section, given: Raw): string[] {
  const names: string[] = [];
  const walk = (section: Section, raw: Raw, path: string): void => {
    for (const name of Object.keys(raw)) {
      const key = section[name];
      const value = getAt(raw, [name]);
      if (key?.kind === "section" && isRaw(value)) walk(key.keys, value, `${path}${name}.`);
      else if (key?.status === "accepted") names.push(`${path}${name}`);
    }
  };
  walk(keys, given, "");
  return names.length === 0 ? [] : [`understood, but without effect so far: ${names.sort().join(", ")}`];
}
