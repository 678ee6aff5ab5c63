import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../../support/e2e/agent.ts";
import { Member, type MemberOptions } from "./member.ts";
import { loopback, type Network, type Place } from "./network.ts";
import type { Registry } from "./registry.ts";
import { isAnswer } from "./request.ts";

const LEADER_MS_MAX = 30_000;
const LOG_LINES_SHOWN = 25;
const SERVER_PORT = 8300;

/** The timing that makes a test short; a product's own default is what a measure wants. */
const QUICK: Readonly<Record<string, unknown>> = {
  performance: { raft_multiplier: 1, leave_drain_time: "200ms" },
  retry_interval: "1s",
  autopilot: { server_stabilization_time: "500ms" },
  disable_update_check: true,
};

export interface ClusterOptions {
  readonly registry: Registry;
  readonly network?: Network;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Where the folders go; default: the system's folder for temporary files. */
  readonly root?: string;
}

/** A server of the log's configuration, as `operator raft list-peers` has it. */
export interface Peer {
  readonly ID: string;
  readonly Node: string;
  readonly Address: string;
  readonly Leader: boolean;
  readonly Voter: boolean;
}

/** Servers that are started with each other's addresses, and everything that may happen to them. */
export class Cluster<N extends Network = Network> {
  readonly registry: Registry;
  readonly network: N;
  readonly dir: string;
  /** The servers. */
  readonly members: Member[] = [];
  readonly clients: Member[] = [];
  /** What is kept beside the logs when a test fails, by the name of the file. */
  readonly notes: Record<string, unknown> = {};
  readonly #config: Readonly<Record<string, unknown>>;
  readonly #gone: Member[] = [];
  #expect = 0;

  constructor(registry: Registry, network: N, { config = QUICK, root = tmpdir() }: Partial<ClusterOptions> = {}) {
    this.registry = registry;
    this.network = network;
    this.#config = config;
    this.dir = mkdtempSync(join(root, "cluster-"));
  }

  get running(): Member[] {
    return this.members.filter((member) => member.isRunning);
  }

  get up(): Member[] {
    return this.members.filter((member) => member.isUp);
  }

  /** Starts the first `count` servers, each with its options, and waits for a leader that they all name. */
  async start(
    count: number,
    optionsOf: (member: Member) => MemberOptions | Promise<MemberOptions> = () => ({}),
  ): Promise<Member> {
    this.#expect = count;
    while (this.members.length < count) await this.#make();
    for (const member of this.members) this.launch(member, await optionsOf(member));
    return await this.leader({ agreed: count });
  }

  /** Starts one more; nothing is awaited. */
  async add(options?: MemberOptions): Promise<Member> {
    const member = await this.#make();
    this.launch(member, options, false);
    return member;
  }

  /** Starts a server that does not run, with the addresses that all have now. */
  launch(member: Member, { config, ...rest }: MemberOptions = {}, isFirst = true): void {
    const addresses = this.members.map(({ place }) => place.address);
    const expect = isFirst ? [`-bootstrap-expect=${this.#expect}`] : [];
    member.start(addresses, {
      ...rest,
      config: { ...this.#config, ...config },
      flags: [...expect, ...(rest.flags ?? [])],
    });
  }

  /** Starts a client agent that asks the servers, and waits until it knows a leader. */
  async addClient(options: MemberOptions = {}): Promise<Member> {
    const client = this.newClient(await this.network.place());
    this.launchClient(client, options);
    await until(async () => (await leaderNamedBy(client)) !== "", `${client.name} to reach the servers`, LEADER_MS_MAX);
    return client;
  }

  /** One that is not started yet. */
  newClient(place: Place): Member {
    const name = `c${this.clients.length + 1}`;
    const client = new Member(this.registry, name, join(this.dir, name), place, "client");
    this.clients.push(client);
    return client;
  }

  launchClient(client: Member, { config, ...rest }: MemberOptions = {}): void {
    const addresses = this.members.map(({ place }) => place.address);
    client.start(addresses, { ...rest, config: { ...this.#config, ...config } });
  }

  async #make(): Promise<Member> {
    const name = `s${this.members.length + this.#gone.length + 1}`;
    const member = new Member(this.registry, name, join(this.dir, name), await this.network.place());
    this.members.push(member);
    return member;
  }

  /** Waits for a leader that answers consistent reads and that `agreed` of `among` name: default a majority of all. */
  async leader({
    agreed = Math.floor(this.members.length / 2) + 1,
    among = this.up,
    msMax = LEADER_MS_MAX,
  } = {}): Promise<Member> {
    let found: Member | undefined;
    let named: string[] = [];
    await until(
      async () => {
        for (const member of among) {
          if (!member.isRunning) throw new Error(`${member.name} ended`);
        }
        named = await Promise.all(among.map((member) => leaderNamedBy(member)));
        found = among.find(({ place }) => named.filter((each) => each === addressOf(place.address)).length >= agreed);
        const answer = await found?.ask("GET", "/v1/kv/?keys&consistent", undefined, 1_000);
        return answer !== undefined && isAnswer(answer) && (answer.status === 200 || answer.status === 404);
      },
      `a leader that ${agreed} of ${among.map(({ name }) => name)} name`,
      msMax,
    ).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : error}; they name ${named}`);
    });
    if (found === undefined) throw new Error("no leader");
    return found;
  }

  /** The configuration of the log, as one server answers. */
  async peers(of: Member): Promise<readonly Peer[]> {
    return (await of.read<{ Servers: Peer[] }>("/v1/operator/raft/configuration"))?.Servers ?? [];
  }

  /** Waits until exactly these are voters, by what the leader says. */
  async votersAre(members: readonly Member[], msMax = LEADER_MS_MAX): Promise<void> {
    const wanted = members.map(({ name }) => name).sort();
    let found: string[] = [];
    await until(
      async () => {
        const leader = this.up.find(({ name }) => wanted.includes(name));
        const peers = leader === undefined ? [] : await this.peers(leader);
        found = peers.filter(({ Voter }) => Voter).map(({ Node }) => Node);
        return JSON.stringify(found.sort()) === JSON.stringify(wanted);
      },
      `the voters ${wanted}`,
      msMax,
    ).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : error}; there are ${found}`);
    });
  }

  /** A server that is gone for good: nobody asks it and nobody is told its address any more. */
  forget(member: Member): void {
    this.members.splice(this.members.indexOf(member), 1);
    this.#gone.push(member);
  }

  /** Takes a server out of the configuration, through another one. */
  async removePeer(member: Member, through: Member): Promise<void> {
    const peer = (await this.peers(through)).find(({ Node }) => Node === member.name);
    if (peer === undefined) throw new Error(`${member.name} is no peer`);
    const answer = await through.ask("DELETE", `/v1/operator/raft/peer?id=${peer.ID}`, undefined, LEADER_MS_MAX);
    if (!isAnswer(answer) || answer.status !== 200) throw new Error(`remove ${member.name}: ${JSON.stringify(answer)}`);
  }

  get #everyone(): Member[] {
    return [...this.members, ...this.clients, ...this.#gone];
  }

  /** Keeps the servers' logs and the notes where somebody can read them, and gives the ends of the logs. */
  keep(): string {
    const kept = mkdtempSync(join(tmpdir(), "muster-cluster-failed-"));
    const parts = [`logs and notes are in ${kept}`];
    for (const member of this.#everyone) {
      const log = join(member.dir, "agent.log");
      if (!existsSync(log)) continue;
      cpSync(log, join(kept, `${member.name}.log`));
      parts.push(`--- ${member.name}\n${member.output().trimEnd().split("\n").slice(-LOG_LINES_SHOWN).join("\n")}`);
    }
    for (const [name, note] of Object.entries(this.notes))
      writeFileSync(join(kept, `${name}.json`), JSON.stringify(note));
    return `${parts.join("\n")}\n`;
  }

  async close(): Promise<void> {
    for (const member of this.#everyone) await member.stop("SIGKILL");
    await this.network.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

const addressOf = (host: string) => `${host}:${SERVER_PORT}`;

/** Empty when it names none or does not answer. */
async function leaderNamedBy(member: Member): Promise<string> {
  return (await member.read<string>("/v1/status/leader")) ?? "";
}

/** Runs `body` with a cluster of its own; when it fails, what the servers said is kept and shown. */
export async function withCluster<N extends Network>(
  registry: Registry,
  network: N,
  body: (cluster: Cluster<N>) => Promise<void>,
  options: Partial<ClusterOptions> = {},
): Promise<void> {
  const cluster = new Cluster(registry, network, options);
  try {
    await body(cluster);
  } catch (error) {
    process.stderr.write(cluster.keep());
    throw error;
  } finally {
    await cluster.close();
  }
}

/** On loopback addresses. */
export const onLoopback = (registry: Registry, body: (cluster: Cluster) => Promise<void>) =>
  withCluster(registry, loopback(), body);
