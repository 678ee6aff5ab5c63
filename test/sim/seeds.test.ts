import { expect, test } from "bun:test";
import { unmarked } from "./totals.ts";
import { inWorkers } from "./workers.ts";

/** `SIM_SEEDS=50000 SIM_FROM=7 bun run test:sim seeds` looks longer and elsewhere. */
const COUNT = Number(process.env.SIM_SEEDS ?? 8000);
const FROM = Number(process.env.SIM_FROM ?? 1);
const WORKERS = 2;

test(`${COUNT} clusters hold to all invariants, and go every rare path`, async () => {
  const share = { from: FROM, count: COUNT, forMs: Number.POSITIVE_INFINITY, theme: undefined };
  const totals = await inWorkers(WORKERS, share, () => undefined);
  expect(totals.failures).toEqual([]);
  expect(totals.runs).toBe(COUNT);
  expect(unmarked(totals)).toEqual([]);
});
