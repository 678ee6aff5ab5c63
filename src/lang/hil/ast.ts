/** Line and column of a character, both from 1; columns count characters. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type Operator = "+" | "-" | "*" | "/" | "%";

export type Expression = { readonly at: Position } & (
  | { readonly kind: "int" | "float"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  /** Texts and interpolations, one behind the other. */
  | { readonly kind: "template"; readonly parts: readonly Expression[] }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "index"; readonly name: string; readonly key: Expression }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: "math"; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
);

/** What a template can't be. The text is HIL's. */
export class HilError extends Error {}
