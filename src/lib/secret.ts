/**
 * A text that must never be printed: tokens. It prints as `<hidden>` wherever it lands by mistake (log, JSON, template),
 * so only whoever says `reveal()` can leak it.
 */
export class Secret {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  /** The text itself; for headers, requests to servers and files of mode 0600. */
  reveal(): string {
    return this.#text;
  }
  get isEmpty(): boolean {
    return this.#text === "";
  }
  toString(): string {
    return "<hidden>";
  }
  toJSON(): string {
    return "<hidden>";
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "<hidden>";
  }
}

/** No token. */
export const NO_SECRET = new Secret("");
