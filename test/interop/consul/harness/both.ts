import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Cluster } from "../../../e2e/harness/cluster/cluster.ts";
import type { Member } from "../../../e2e/harness/cluster/member.ts";
import { loopback } from "../../../e2e/harness/cluster/network.ts";
import type { Registry } from "../../../e2e/harness/cluster/registry.ts";
import { EXECUTABLE, environment } from "../../../support/e2e/agent.ts";

/** A program of that name may also be a link to this one. */
const CONSUL_BIN = [process.env.CONSUL_BIN, Bun.which("consul")].find(isConsul) ?? "";
const COMMAND_MS_MAX = 40_000;

/** Why these tests can't run here; "" when they can. It goes into the titles of what is skipped. */
export const WHY_NOT =
  CONSUL_BIN === ""
    ? "not run: neither CONSUL_BIN nor the PATH names a real Consul; Debian 11 has one: unpack its package with dpkg -x"
    : "";

export const MUSTER: Registry = { name: "Muster", binary: EXECUTABLE, isDefaultModeLinearizable: true };
export const CONSUL: Registry = { name: "Consul", binary: resolve(CONSUL_BIN), isDefaultModeLinearizable: false };

/** Deaths are noticed in some seconds, in the pool of all datacenters, too. */
const QUICK_GOSSIP = { probe_interval: "500ms", probe_timeout: "250ms", gossip_interval: "100ms" };

export const QUICK: Readonly<Record<string, unknown>> = {
  performance: { raft_multiplier: 1 },
  retry_interval: "1s",
  retry_interval_wan: "1s",
  disable_update_check: true,
  gossip_lan: QUICK_GOSSIP,
  gossip_wan: QUICK_GOSSIP,
};

function isConsul(path: string | null | undefined): path is string {
  if (!path || !existsSync(path)) return false;
  return Bun.spawnSync([path, "version"]).stdout.toString().startsWith("Consul v1.");
}

/** What agents of both programs have, and what those of one. */
export interface Settings {
  readonly both?: Readonly<Record<string, unknown>>;
  readonly muster?: Readonly<Record<string, unknown>>;
  readonly consul?: Readonly<Record<string, unknown>>;
}

/** Agents of both programs on one network; when the body fails, what they said is kept and shown. */
export async function withBoth(
  body: (muster: Cluster, consul: Cluster) => Promise<void>,
  { both = {}, muster = {}, consul = {} }: Settings = {},
): Promise<void> {
  const network = loopback();
  const ours = new Cluster(MUSTER, network, { config: { ...QUICK, ...both, ...muster } });
  const theirs = new Cluster(CONSUL, network, { config: { ...QUICK, ...both, ...consul } });
  try {
    await body(ours, theirs);
  } catch (error) {
    process.stderr.write(`${ours.keep()}${theirs.keep()}`);
    throw error;
  } finally {
    await ours.close();
    await theirs.close();
  }
}

/** A command of either program's command line, at an agent of either. */
export async function run(registry: Registry, at: Member, command: string, ...words: string[]) {
  const child = Bun.spawn([registry.binary, ...command.split(" "), `-http-addr=${at.endpoint.url}`, ...words], {
    env: environment(at.dir),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: COMMAND_MS_MAX,
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, output: out + err };
}

const STATUSES = ["none", "alive", "leaving", "left", "failed"] as const;

/** What an agent says of the members of a pool, by their names. */
export async function statuses(of: Member, pool: "lan" | "wan" = "lan"): Promise<Readonly<Record<string, string>>> {
  const query = pool === "wan" ? "?wan=1" : "";
  const members = (await of.read<{ Name: string; Status: number }[]>(`/v1/agent/members${query}`)) ?? [];
  return Object.fromEntries(members.map(({ Name, Status }) => [Name, STATUSES[Status] ?? String(Status)]));
}

/** The status of a node's `serfHealth` in a server's catalog; undefined when it is not there. */
export async function healthOf(at: Member, node: string): Promise<string | undefined> {
  const checks = await at.read<{ CheckID: string; Status: string }[]>(`/v1/health/node/${node}`);
  return checks?.find(({ CheckID }) => CheckID === "serfHealth")?.Status;
}
