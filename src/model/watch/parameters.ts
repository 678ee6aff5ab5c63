/** The parameters of one watch: each is taken out by who knows it, so that what nobody takes can be named. */
export class WatchParameters {
  readonly #left: Map<string, unknown>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#left = new Map(Object.entries(values));
  }

  /** What has not been taken yet. */
  left(): Record<string, unknown> {
    return Object.fromEntries(this.#left);
  }

  has(name: string): boolean {
    return this.#left.has(name);
  }

  /** Takes a value of any kind; undefined when there is none. */
  take(name: string): unknown {
    const value = this.#left.get(name);
    this.#left.delete(name);
    return value;
  }

  /** Takes a text, "" when there is none. Throws with Consul's text for anything else. */
  text(name: string): string {
    if (!this.has(name)) return "";
    if (typeof this.#left.get(name) !== "string") throw new Error(`Expecting ${name} to be a string`);
    return this.take(name) as string;
  }

  flag(name: string): boolean {
    if (!this.has(name)) return false;
    if (typeof this.#left.get(name) !== "boolean") throw new Error(`Expecting ${name} to be a boolean`);
    return this.take(name) as boolean;
  }

  /** A list of texts, or one text. */
  texts(name: string): string[] {
    if (!this.has(name)) return [];
    const value = this.#left.get(name);
    if (!Array.isArray(value) && typeof value !== "string")
      throw new Error(`Expecting ${name} to be a string or []string`);
    const items: unknown[] = Array.isArray(value) ? value : [value];
    const bad = items.findIndex((item) => typeof item !== "string");
    if (bad !== -1) throw new Error(`Index ${bad} of ${name} expected to be string`);
    this.#left.delete(name);
    return items as string[];
  }

  /** Throws, by name, for what is left. */
  end(): void {
    if (this.#left.size > 0) throw new Error(`Invalid parameters: [${[...this.#left.keys()].sort().join(" ")}]`);
  }
}
