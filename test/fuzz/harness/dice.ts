const TEXTS = [
  "",
  " ",
  "web",
  "mem",
  "key",
  "other",
  "passing",
  "critical",
  "10s",
  "-1s",
  "1h",
  "0",
  "-1",
  "1e999",
  "true",
];
const ODD_TEXTS = [
  "..",
  "/",
  "\u0000",
  "\ud800",
  "é",
  "日本",
  "__proto__",
  "constructor",
  "%",
  "%00",
  "a\r\nb",
  '"',
  "\\",
  "🙂",
  "toString",
];
const NUMBERS = [
  "0",
  "-0",
  "1",
  "-1",
  "65535",
  "65536",
  "1.5",
  "9007199254740993",
  "18446744073709551616",
  "1e400",
  "-1e-400",
  "1e21",
];
/** Names that the bodies of the API know, and some that no object should. */
const FIELDS =
  "ID Name Service Node Address Port Tags Meta Check Checks TTL HTTP TCP Interval Timeout Status Args Token Datacenter Definition KV Verb Key Value Flags Index Session Behavior LockDelay NodeChecks ServiceChecks Weights Passing Warning Proxy Connect SidecarService Kind Native EnableTagOverride TaggedAddresses CheckID ServiceID Notes Output SkipNodeUpdate NodeMeta Coord Vec Error Height Adjustment Segment lan Header Method Body Upstreams DestinationName LocalBindPort Config Expose Paths DeregisterCriticalServiceAfter AliasNode AliasService GRPC DockerContainerID Shell id name __proto__ constructor".split(
    " ",
  );
const DEPTH_MAX = 5;
const WIDTH_MAX = 5;

/** Choices of a seeded stream. */
export class Dice {
  readonly #next: () => number;

  constructor(next: () => number) {
    this.#next = next;
  }

  /** Whole, 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  of<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to choose from");
    return item;
  }

  bytes(max: number): Buffer {
    return Buffer.from(Array.from({ length: this.below(max + 1) }, () => this.below(256)));
  }

  text(): string {
    if (this.chance(0.6)) return this.of(TEXTS);
    if (this.chance(0.7)) return this.of(ODD_TEXTS);
    return this.of(["x", "é", "/"]).repeat(this.below(5000));
  }

  /** JSON that may look like a body of the API. */
  json(depth = 0): string {
    const kind = this.below(depth > DEPTH_MAX ? 4 : 9);
    if (kind === 0) return JSON.stringify(this.text());
    if (kind === 1) return this.of(NUMBERS);
    if (kind === 2) return this.of(["true", "false"]);
    if (kind === 3) return "null";
    const size = this.below(WIDTH_MAX + 1);
    if (kind === 4) return `[${Array.from({ length: size }, () => this.json(depth + 1)).join(",")}]`;
    return `{${Array.from({ length: size }, () => `${JSON.stringify(this.of(FIELDS))}:${this.json(depth + 1)}`).join(",")}}`;
  }

  /** `bytes` with some changed, cut, doubled or put in. */
  mutate(bytes: Buffer): Buffer {
    let out = Buffer.from(bytes);
    for (let left = 1 + this.below(4); left > 0; left--) {
      const at = this.below(out.length + 1);
      const kind = this.below(5);
      if (kind === 0) out = Buffer.concat([out.subarray(0, at), this.bytes(4), out.subarray(at)]);
      else if (kind === 1) out = Buffer.concat([out.subarray(0, at), out.subarray(at + this.below(8))]);
      else if (kind === 2) out = out.subarray(0, at);
      else if (at < out.length) out[at] = kind === 3 ? this.below(256) : (out[at] ?? 0) ^ (1 << this.below(8));
    }
    return out;
  }
}
