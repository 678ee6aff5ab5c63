import { join } from "node:path";
import { linesOf } from "./lines.ts";
import type { Share } from "./sweep.ts";
import { addTotals, noTotals, type Totals } from "./totals.ts";

/** Shares the seeds out to processes. `told` is called with the sums so far. */
export async function inWorkers(
  workers: number,
  { from, count, forMs, theme }: Omit<Share, "stride">,
  told: (totals: Totals) => void,
): Promise<Totals> {
  const totals = noTotals();
  const shares = Array.from({ length: workers }, (_, at): Share => {
    return { from: from + at, stride: workers, count: Math.ceil((count - at) / workers), forMs, theme };
  });
  const take = (line: string) => {
    addTotals(totals, JSON.parse(line) as Totals);
    told(totals);
  };
  await Promise.all(
    shares.map((share) => linesOf([join(import.meta.dir, "worker-child.ts"), JSON.stringify(share)], take)),
  );
  return totals;
}
