/** A command line: a name, plain words, and `key=value`, where a value may be a list in parentheses. */
export class Words {
  readonly name: string;
  readonly plain: readonly string[];
  readonly #options: ReadonlyMap<string, string>;
  readonly #read = new Set<string>();

  constructor(line: string) {
    const parts = line.match(/[\w-]+=\([^)]*\)|\([^)]*\)|\S+/g) ?? [];
    const [name = "", ...rest] = parts;
    this.name = name;
    this.plain = rest.filter((part) => !part.includes("="));
    this.#options = new Map(
      rest.flatMap((part) => {
        const at = part.indexOf("=");
        return at < 0 ? [] : [[part.slice(0, at), part.slice(at + 1)] as const];
      }),
    );
  }

  /** The plain word at `at`; throws when there is none. */
  word(at: number): string {
    const word = this.plain[at];
    if (word === undefined) throw new Error(`${this.name}: argument ${at + 1} is missing`);
    return word;
  }

  has(key: string): boolean {
    return this.#options.has(key);
  }

  text(key: string): string | undefined {
    this.#read.add(key);
    return this.#options.get(key);
  }

  /** Throws when it is missing or no number. */
  number(key: string, byDefault?: number): number {
    const text = this.text(key);
    const value = text === undefined ? byDefault : Number(text);
    if (value === undefined || Number.isNaN(value)) throw new Error(`${this.name}: ${key}= must be a number`);
    return value;
  }

  /** Items of `(a b)` or `a`; none when it is missing. */
  list(key: string): string[] {
    const text = this.text(key) ?? "";
    return text
      .replace(/^\(|\)$/g, "")
      .split(/[\s,]+/)
      .filter((item) => item !== "");
  }

  /** Options that nobody asked for: they would be passed over in silence. */
  get unread(): string[] {
    return [...this.#options.keys()].filter((key) => !this.#read.has(key));
  }
}
