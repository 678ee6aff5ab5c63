import { CHECK_SCHEMA } from "../checks/tables.ts";
import { COORDINATE_SCHEMA } from "../coordinates/tables.ts";
import { INDEX_SCHEMA } from "../indexes/tables.ts";
import { NODE_SCHEMA } from "../nodes/tables.ts";
import { SERVICE_SCHEMA } from "../services/tables.ts";

/** Statements that make every table of the catalog. */
export const CATALOG_SCHEMA: readonly string[] = [
  ...INDEX_SCHEMA,
  ...NODE_SCHEMA,
  ...SERVICE_SCHEMA,
  ...CHECK_SCHEMA,
  ...COORDINATE_SCHEMA,
];
