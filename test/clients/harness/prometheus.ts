import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts, until } from "../../support/e2e/agent.ts";
import { pathOf, type Running, startProgram, whyNot } from "./programs.ts";

const MS_MAX = 30_000;
const META = "__meta_consul_";
const LISTENS_MS_MAX = 20_000;

/** A section `consul_sd_configs` has one of these. */
export interface Discovery {
  readonly server: string;
  readonly services?: readonly string[];
  readonly tags?: readonly string[];
  readonly node_meta?: Readonly<Record<string, string>>;
  readonly allow_stale?: boolean;
  readonly tag_separator?: string;
}

/** What was discovered, by job and then by `node/service id`: `__address__`, and the labels without their prefix. */
export type Targets = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>;

export interface Prometheus extends Running {
  targets(): Promise<Targets>;
  /** Waits until `holds`; rejects with the last targets. */
  untilTargets(holds: (targets: Targets) => boolean, what: string): Promise<Targets>;
}

/** Why there is no Prometheus that asks Consul; "" when there is. Debian builds those after version 2.33 without. */
export function whyNoPrometheus(): string {
  const reason = whyNot("prometheus");
  if (reason !== "") return reason;
  const knows = Bun.spawnSync(["grep", "-q", `${META}service_id`, pathOf("prometheus")]).exitCode === 0;
  return knows ? "" : "not run: this Prometheus is built without its discovery by Consul";
}

/** Starts Prometheus in `dir` with a job for each discovery, and waits until it answers. */
export async function startPrometheus(dir: string, jobs: Readonly<Record<string, Discovery>>): Promise<Prometheus> {
  mkdirSync(dir, { recursive: true });
  const config = {
    scrape_configs: Object.entries(jobs).map(([job_name, discovery]) => ({
      job_name,
      // What is there is looked for more often than by default, twice a minute.
      consul_sd_configs: [{ refresh_interval: "200ms", ...discovery }],
    })),
  };
  // JSON is YAML.
  writeFileSync(join(dir, "prometheus.yml"), JSON.stringify(config));
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const words = [pathOf("prometheus"), "--config.file=prometheus.yml", `--web.listen-address=127.0.0.1:${port}`];
  const running = startProgram(dir, "prometheus", [...words, "--storage.tsdb.path=data", "--log.level=warn"]);
  const targets = async () => targetsOf(await (await fetch(`${url}/api/v1/targets?state=active`)).json());
  await until(
    async () => {
      await running.stillRuns();
      return (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok === true;
    },
    "Prometheus to answer",
    LISTENS_MS_MAX,
  );
  return {
    ...running,
    targets,
    async untilTargets(holds, what) {
      let found: Targets = {};
      const looked = async () => {
        found = await targets();
        return holds(found);
      };
      await until(looked, what, MS_MAX).catch((error: unknown) => {
        throw new Error(`${error instanceof Error ? error.message : error}: ${JSON.stringify(found, null, 1)}`);
      });
      return found;
    },
  };
}

interface Answer {
  readonly data: { readonly activeTargets: readonly { readonly discoveredLabels: Record<string, string> }[] };
}

function targetsOf(answer: unknown): Targets {
  const found: Record<string, Record<string, Record<string, string>>> = {};
  for (const { discoveredLabels } of (answer as Answer).data.activeTargets) {
    const labels: Record<string, string> = { address: discoveredLabels.__address__ ?? "" };
    for (const [name, value] of Object.entries(discoveredLabels)) {
      if (name.startsWith(META)) labels[`meta_${name.slice(META.length)}`] = value;
    }
    const job = discoveredLabels.job ?? "";
    found[job] = { ...found[job], [`${labels.meta_node}/${labels.meta_service_id}`]: labels };
  }
  return found;
}
