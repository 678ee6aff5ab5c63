import { planOf, themeNameOf } from "./plan/plan.ts";
import type { ThemeName } from "./plan/themes.ts";
import { runPlan } from "./run-plan.ts";
import { addRun, noTotals, type Totals } from "./totals.ts";

/** Which seeds one process runs. */
export interface Share {
  from: number;
  /** Every so manieth seed from there on, because others run those between. */
  stride: number;
  /** How many; Infinity: until the time is over. */
  count: number;
  forMs: number;
  /** Only those that are about it are run, and counted; undefined: all. */
  theme: ThemeName | undefined;
}

/** Long enough that telling about it costs nothing, short enough to be watched. */
const TOLD_EVERY_MS = 1000;

/** Runs seeds one after the other and tells the sums of each second or so. */
export function sweep({ from, stride, count, forMs, theme }: Share, tell: (totals: Totals) => void): void {
  const startedNs = Bun.nanoseconds();
  const passedMs = () => (Bun.nanoseconds() - startedNs) / 1e6;
  let totals = noTotals();
  let toldMs = 0;
  for (let seed = from, runs = 0; runs < count && passedMs() < forMs; seed += stride) {
    if (theme !== undefined && themeNameOf(seed) !== theme) continue;
    runs++;
    addRun(totals, runPlan(planOf(seed)));
    if (passedMs() - toldMs < TOLD_EVERY_MS) continue;
    toldMs = passedMs();
    tell(totals);
    totals = noTotals();
  }
  tell(totals);
}
