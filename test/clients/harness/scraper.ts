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

/** What scrapes, in the manner of Prometheus: its configuration and its list of targets. */
export type ScraperName = "prometheus" | "vmagent";

interface Command {
  readonly words: (port: number) => readonly string[];
  /** Tells when it is ready. */
  readonly health: string;
  /** Keys of each discovery beside those of the test. */
  readonly often: object;
}

/** What is there is looked for more often than by default, twice a minute. */
const COMMANDS: Readonly<Record<ScraperName, Command>> = {
  prometheus: {
    words: (port) => [
      ...["--config.file=scrape.yml", `--web.listen-address=127.0.0.1:${port}`],
      ...["--storage.tsdb.path=data", "--log.level=warn"],
    ],
    health: "/-/ready",
    often: { refresh_interval: "200ms" },
  },
  vmagent: {
    words: (port) => [
      ...["-promscrape.config=scrape.yml", `-httpListenAddr=127.0.0.1:${port}`, "-promscrape.consulSDCheckInterval=1s"],
      // It must have somewhere to send to; nothing that it scrapes answers.
      ...["-remoteWrite.url=http://127.0.0.1:1/", "-remoteWrite.tmpDataPath=data", "-loggerLevel=ERROR"],
    ],
    health: "/health",
    often: {},
  },
};

export interface Scraper extends Running {
  targets(): Promise<Targets>;
  /** Waits until `holds`; rejects with the last targets. */
  untilTargets(holds: (targets: Targets) => boolean, what: string): Promise<Targets>;
}

/** Why there is none that asks Consul; "" when there is. Debian 12 builds Prometheus without it. */
export function whyNoScraper(name: ScraperName): string {
  const reason = whyNot(name);
  if (reason !== "") return reason;
  const knows = Bun.spawnSync(["grep", "-q", `${META}service_id`, pathOf(name)]).exitCode === 0;
  return knows ? "" : `not run: this ${name} is built without its discovery by Consul`;
}

/** Starts it in `dir` with a job for each discovery, and waits until it answers. */
export async function startScraper(
  name: ScraperName,
  dir: string,
  jobs: Readonly<Record<string, Discovery>>,
): Promise<Scraper> {
  mkdirSync(dir, { recursive: true });
  const { words, health, often } = COMMANDS[name];
  const config = {
    scrape_configs: Object.entries(jobs).map(([job_name, discovery]) => ({
      job_name,
      consul_sd_configs: [{ ...often, ...discovery }],
      // vmagent shows what was discovered anew when that changes the labels of the target.
      relabel_configs: [{ source_labels: [`${META}tags`], target_label: "tags" }],
    })),
  };
  // JSON is YAML.
  writeFileSync(join(dir, "scrape.yml"), JSON.stringify(config));
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const running = startProgram(dir, name, [pathOf(name), ...words(port)]);
  const targets = async () => targetsOf(await (await fetch(`${url}/api/v1/targets?state=active`)).json());
  await until(
    async () => {
      await running.stillRuns();
      return (await fetch(url + health).catch(() => undefined))?.ok === true;
    },
    `${name} to answer`,
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
      // Prometheus passes over empty ones.
      if (name.startsWith(META) && value !== "") labels[`meta_${name.slice(META.length)}`] = value;
    }
    const job = discoveredLabels.job ?? "";
    found[job] = { ...found[job], [`${labels.meta_node}/${labels.meta_service_id}`]: labels };
  }
  return found;
}
