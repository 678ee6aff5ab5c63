/** True for the code points that one step of a match takes. */
export type CharTest = (code: number) => boolean;

export type Assertion = "textStart" | "textEnd" | "lineStart" | "lineEnd" | "wordEdge" | "notWordEdge";

export type Node =
  | { readonly kind: "char"; readonly test: CharTest }
  | { readonly kind: "assert"; readonly what: Assertion }
  | { readonly kind: "sequence"; readonly items: readonly Node[] }
  | { readonly kind: "choice"; readonly options: readonly Node[] }
  /** `max` is null for no bound. */
  | {
      readonly kind: "repeat";
      readonly item: Node;
      readonly min: number;
      readonly max: number | null;
      readonly greedy: boolean;
    }
  | { readonly kind: "group"; readonly item: Node; readonly index: number };

/** A pattern that Go's `regexp` refuses; the message is Go's. */
export class RegexpSyntaxError extends Error {
  constructor(why: string, part: string) {
    super(`error parsing regexp: ${why}: \`${part}\``);
    this.name = "RegexpSyntaxError";
  }
}
