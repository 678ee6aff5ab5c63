import type { Throughput } from "./load.ts";
import type { Peer, Running } from "./peers.ts";

/** What a run is told by its options. */
export interface Bench {
  readonly peers: readonly Peer[];
  /** Data directories go here; it should be on a disk. */
  readonly root: string;
  readonly runs: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Whether a measure is asked for, by its id. */
  wants(id: string): boolean;
  /** Progress, one line. */
  say(line: string): void;
}

/** Figures of one measure, all runs of each server in their order. */
export interface Figures {
  readonly consul: readonly number[];
  readonly muster: readonly number[];
  /** Share of a core that other programs took during the worst run. */
  readonly others?: number;
  /** Of the medians of requests for each second of the server's processor time: Muster/Consul. */
  readonly cpuRatio?: number;
}

export type Unit = "/s" | "ms" | "MB" | "% core" | "bytes";

/** What is to be reached: a ratio Muster/Consul, or a value of Muster's own. */
export interface Aim {
  readonly of: "ratio" | "muster";
  readonly is: "at least" | "at most";
  readonly value: number;
}

export interface Measure {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly aim?: Aim;
}

export interface Result extends Measure, Figures {}

/** A group of measures that share servers. */
export interface Group {
  readonly name: string;
  readonly measures: readonly Measure[];
  run(bench: Bench): Promise<Result[]>;
}

export const atLeast = (value: number): Aim => ({ of: "ratio", is: "at least", value });
export const atMost = (value: number): Aim => ({ of: "ratio", is: "at most", value });
export const under = (value: number): Aim => ({ of: "muster", is: "at most", value });

/** The middle of the runs; undefined when there are none. */
export function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/**
 * Warms each server up, then lets them take turns. While one is measured the other is stopped, so that the one has its
 * core alone; whatever slows the machine down for a while meets both.
 */
export async function takeTurns(
  bench: Bench,
  servers: readonly Running[],
  title: string,
  load: (server: Running, seconds: number) => Promise<Throughput>,
): Promise<Figures> {
  const runs: Record<Peer["name"], number[]> = { Consul: [], Muster: [] };
  const perCpu: Record<Peer["name"], number[]> = { Consul: [], Muster: [] };
  let others = 0;
  for (let run = -1; run < bench.runs; run++) {
    for (const server of servers) {
      const result = await alone(servers, server, () => load(server, run < 0 ? bench.warmUpSeconds : bench.seconds));
      if (run < 0) continue;
      runs[server.peer.name].push(result.perSecond);
      perCpu[server.peer.name].push(result.perCpuSecond);
      others = Math.max(others, result.others);
      const share = (result.others * 100).toFixed(0);
      bench.say(
        `  ${title}: ${server.peer.name} ${Math.round(result.perSecond)}/s, ${Math.round(result.perCpuSecond)} per CPU second (others ${share} % of a core)`,
      );
    }
  }
  const [theirs, ours] = [median(perCpu.Consul), median(perCpu.Muster)];
  const cpuRatio = theirs === undefined || ours === undefined ? {} : { cpuRatio: ours / theirs };
  return { consul: runs.Consul, muster: runs.Muster, others, ...cpuRatio };
}

/** Runs something with every other server stopped. */
export async function alone<T>(servers: readonly Running[], one: Running, use: () => Promise<T>): Promise<T> {
  const rest = servers.filter((server) => server !== one);
  for (const server of rest) server.pause();
  try {
    return await use();
  } finally {
    for (const server of rest) await server.resume();
  }
}

/** Figures of a measure that each server gives `runs` times by itself. */
export async function eachPeer(bench: Bench, runs: number, figure: (peer: Peer) => Promise<number>): Promise<Figures> {
  const figures: Record<Peer["name"], number[]> = { Consul: [], Muster: [] };
  for (let run = 0; run < runs; run++) {
    for (const peer of bench.peers) figures[peer.name].push(await figure(peer));
  }
  return { consul: figures.Consul, muster: figures.Muster };
}
