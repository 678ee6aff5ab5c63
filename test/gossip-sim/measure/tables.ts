import { type Spread, spread } from "./convergence.ts";
import { type Detection, detections, expectedFoundMs } from "./detection.ts";
import { FULL, falsePositives, type Lifeguard, PLAIN_SWIM, suspicionsAtRest } from "./false-positives.ts";
import { memberCosts } from "./member-costs.ts";
import { mean, median, quantile, seconds } from "./statistics.ts";
import { traffic } from "./traffic.ts";

const SEED = 1;
const FORMULA_SAMPLES = 2000;

/** A table as lines of Markdown, made while it is read. */
interface Table {
  readonly title: string;
  rows(sizeMax: number): Iterable<string>;
}

const row = (...cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
const head = (...cells: readonly string[]) => [row(...cells), row(...cells.map(() => "---"))];

const spreadText = ({ times, missed }: Spread) => {
  const left = missed === 0 ? "" : `, ${missed} left one out`;
  return `${seconds(median(times))} / ${seconds(Math.max(...times))}${left}`;
};

/** By size: [runs of news, pools in which one dies, how many die in each]. */
const RUNS: readonly (readonly [size: number, news: number, pools: number, killed: number])[] = [
  [3, 100, 200, 1],
  [10, 100, 200, 1],
  [30, 100, 100, 1],
  [100, 40, 40, 1],
  [1000, 10, 2, 20],
  [10_000, 3, 1, 20],
];

function* news(sizeMax: number): Iterable<string> {
  yield* head("members", "no loss", "10 % loss", "30 % loss", "another state of a member, no loss");
  for (const [size, runs] of RUNS.filter(([size]) => size <= sizeMax)) {
    const of = (kind: "event" | "alive", lossChance: number) => {
      return spreadText(spread({ size, lossChance, kind, runs, seed: SEED }));
    };
    yield row(size, of("event", 0), of("event", 0.1), of("event", 0.3), of("alive", 0));
  }
}

function* deaths(sizeMax: number): Iterable<string> {
  yield head(
    "members",
    "deaths",
    "first suspected, mean",
    "first counts it as dead, median",
    "by the formulas",
    "off by",
    "all know, median",
    "all know, 99 %",
  ).join("\n");
  for (const [size, , pools, killed] of RUNS.filter(([size]) => size <= sizeMax)) {
    const all = detections(size, killed, pools, SEED);
    const of = (what: keyof Detection) => all.map((each) => each[what]);
    const found = median(of("foundMs"));
    const expected = median(expectedFoundMs(size, size > 1000 ? FORMULA_SAMPLES / 10 : FORMULA_SAMPLES, SEED));
    const off = `${(((found - expected) / expected) * 100).toFixed(0)} %`;
    const known = of("knownMs");
    yield row(
      size,
      all.length,
      seconds(mean(of("suspectedMs"))),
      seconds(found),
      seconds(expected),
      off,
      seconds(median(known)),
      seconds(quantile(known, 0.99)),
    );
  }
}

const VARIANTS: readonly (readonly [name: string, lifeguard: Lifeguard])[] = [
  ["SWIM with suspicion", PLAIN_SWIM],
  ["and awareness", { ...PLAIN_SWIM, isAware: true }],
  ["and waiting for confirmations", { ...PLAIN_SWIM, waitsForOthers: true }],
  ["and telling suspects", { ...PLAIN_SWIM, tellsSuspects: true }],
  ["Lifeguard: all three", FULL],
];
const SLOW = { size: 100, forMs: 300_000 };

function* slowness(): Iterable<string> {
  yield* head("100 members for 5 minutes", "4 slow: at healthy ones / at all", "10 slow", "20 slow");
  for (const [name, lifeguard] of VARIANTS) {
    const cells = [4, 10, 20].map((slow) => {
      const { atHealthy, atAll } = falsePositives({ ...SLOW, slow, seed: SEED, lifeguard });
      return `${atHealthy} / ${atAll}`;
    });
    yield row(name, ...cells);
  }
}

const REST = { size: 1000, forMs: 1_000_000 };

function* rest(sizeMax: number): Iterable<string> {
  const size = Math.min(REST.size, sizeMax);
  const probes = size * (REST.forMs / 1000);
  yield* head("members", "probes", "suspicions");
  yield row(size, probes, suspicionsAtRest(size, REST.forMs, SEED));
}

function* packets(sizeMax: number): Iterable<string> {
  yield* head(
    "members",
    "packets/s at rest",
    "bytes/s at rest",
    "packets/s, one change a second",
    "bytes/s, one change a second",
    "an exchange of states, both ways",
    "bytes/s of exchanges",
  );
  for (const size of [10, 100, 1000, 10_000].filter((each) => each <= sizeMax)) {
    const forMs = size > 1000 ? 10_000 : 60_000;
    const still = traffic({ size, forMs, changesPerSecond: 0, seed: SEED });
    const busy = traffic({ size, forMs, changesPerSecond: 1, seed: SEED });
    const bytes = [still.bytesPerSecond, busy.bytesPerSecond, still.exchangeBytesPerSecond].map(Math.round);
    yield row(
      size,
      still.packetsPerSecond.toFixed(1),
      bytes[0] ?? 0,
      busy.packetsPerSecond.toFixed(1),
      bytes[1] ?? 0,
      `${(still.exchangeBytes / 1000).toFixed(1)} kB`,
      bytes[2] ?? 0,
    );
  }
}

function* costs(): Iterable<string> {
  yield* head(
    "members",
    "memory of the membership for each",
    "states, one way",
    "write them",
    "read them",
    "merge, nothing new",
    "merge, all new",
  );
  for (const size of [10_000, 50_000]) {
    const { heapBytesPerMember, stateBytes, encodeMs, decodeMs, mergeMs, firstMergeMs } = memberCosts(size);
    const times = [encodeMs, decodeMs, mergeMs, firstMergeMs].map((ms) => `${ms.toFixed(1)} ms`);
    yield row(size, `${Math.round(heapBytesPerMember)} B`, `${(stateBytes / 1e6).toFixed(2)} MB`, ...times);
  }
}

export const TABLES: readonly Table[] = [
  { title: "News reach all", rows: news },
  { title: "A death is found", rows: deaths },
  { title: "Healthy members that others count as dead", rows: slowness },
  { title: "Nothing happens", rows: rest },
  { title: "What a member sends", rows: packets },
  { title: "What a process pays", rows: costs },
];
