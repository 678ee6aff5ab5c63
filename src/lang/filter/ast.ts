/** A path into an item: `Service.Meta["a-b"]` is `["Service", "Meta", "a-b"]`. Never empty. */
export type Selector = readonly string[];

/** Operators under the names that Consul's error texts print. `contains` is `In` with its sides changed. */
export type MatchOperator =
  | "Equal"
  | "Not Equal"
  | "In"
  | "Not In"
  | "Is Empty"
  | "Is Not Empty"
  | "Matches"
  | "Not Matches";

export interface MatchExpr {
  readonly kind: "match";
  readonly selector: Selector;
  readonly operator: MatchOperator;
  /** Text before it takes the field's type; null for the two operators about emptiness. */
  readonly value: string | null;
}

export type FilterExpr =
  | MatchExpr
  | { readonly kind: "not"; readonly operand: FilterExpr }
  | { readonly kind: "and" | "or"; readonly left: FilterExpr; readonly right: FilterExpr };
