import { type Share, sweep } from "./sweep.ts";

// A process of `run.ts`: runs its share of the seeds, and writes the sums as lines of JSON.

const share = JSON.parse(process.argv[2] ?? "") as { [K in Exclude<keyof Share, "theme">]: number | null } & Pick<
  Share,
  "theme"
>;
sweep(
  {
    from: share.from ?? 1,
    stride: share.stride ?? 1,
    // JSON has no Infinity.
    count: share.count ?? Number.POSITIVE_INFINITY,
    forMs: share.forMs ?? Number.POSITIVE_INFINITY,
    theme: share.theme,
  },
  (totals) => process.stdout.write(`${JSON.stringify(totals)}\n`),
);
