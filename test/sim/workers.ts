import { join } from "node:path";
import type { Share } from "./sweep.ts";
import { addTotals, noTotals, type Totals } from "./totals.ts";

/** Shares the seeds out to processes. `told` is called with the sums so far. */
export async function inWorkers(
  workers: number,
  { from, count, forMs }: Omit<Share, "stride">,
  told: (totals: Totals) => void,
): Promise<Totals> {
  const totals = noTotals();
  const shares = Array.from({ length: workers }, (_, at): Share => {
    return { from: from + at, stride: workers, count: Math.ceil((count - at) / workers), forMs };
  });
  const take = (line: string) => {
    addTotals(totals, JSON.parse(line) as Totals);
    told(totals);
  };
  await Promise.all(shares.map((share) => runShare(share, take)));
  return totals;
}

async function runShare(share: Share, take: (line: string) => void): Promise<void> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "worker-child.ts"), JSON.stringify(share)], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of child.stdout) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  }
  const code = await child.exited;
  if (code !== 0) throw new Error(`a worker ended with ${code}`);
}
