import type { Area } from "../harness/types.ts";
import { kv } from "./kv.ts";

/** Every area, in the order of the report. */
export const AREAS: readonly Area[] = [kv];
