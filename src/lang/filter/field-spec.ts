/** What may be selected from an item, and of which kind it is. Specs are made by the functions below. */
export type FieldSpec = ScalarSpec | ListSpec | MapSpec | StructSpec;
export interface ScalarSpec {
  readonly kind: "string" | "int" | "bool";
}
export interface ListSpec {
  readonly kind: "list";
  readonly of: ScalarSpec | StructSpec;
}
export interface MapSpec {
  readonly kind: "map";
  readonly of: ScalarSpec | StructSpec;
}
export interface StructSpec {
  readonly kind: "struct";
  /** By selector name, which is also the property of the item. */
  readonly fields: ReadonlyMap<string, FieldSpec>;
}

export const string: ScalarSpec = { kind: "string" };
export const int: ScalarSpec = { kind: "int" };
export const bool: ScalarSpec = { kind: "bool" };

/** A list whose elements match when any of them does. */
export function listOf(of: ScalarSpec | StructSpec): ListSpec {
  return { kind: "list", of };
}

/** A map from any text. */
export function mapOf(of: ScalarSpec | StructSpec): MapSpec {
  return { kind: "map", of };
}

/** An object with exactly these selectable fields. */
export function struct(fields: Record<string, FieldSpec>): StructSpec {
  return { kind: "struct", fields: new Map(Object.entries(fields)) };
}
