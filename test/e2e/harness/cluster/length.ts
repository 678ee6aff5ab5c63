import { seedOf } from "../random.ts";

/**
 * How long the cluster tests are. Every check runs each of them once or a few times, about a minute in all; with
 * CLUSTER_ROUNDS=20 each repeats its faults so many times: `CLUSTER_ROUNDS=20 bun run test:e2e test/e2e/cluster`.
 * CLUSTER_SEED repeats the requests of a run and the choices of its faults, though not their timing, and
 * CLUSTER_CONSUL=/path/to/consul runs another program.
 */
const ROUNDS = process.env.CLUSTER_ROUNDS;

export const CLUSTER_SEED = seedOf("CLUSTER_SEED");

/** Whether tests may take their time. */
export const isLong = ROUNDS !== undefined;

/** Rounds of a test that has `usual` of them in every check. */
export const rounds = (usual: number): number => (ROUNDS === undefined ? usual : Number(ROUNDS));

const START_MS_MAX = 60_000;
const ROUND_MS_MAX = 30_000;

/** The time limit of a test with so many rounds. */
export const roundsMsMax = (usual: number): number => START_MS_MAX + rounds(usual) * ROUND_MS_MAX;
