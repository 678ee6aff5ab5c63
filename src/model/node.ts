import { z } from "zod";
import { Index, StringMap } from "./common.ts";

/** A machine in the catalog. */
export const Node = z.object({
  ID: z.string(),
  Node: z.string(),
  Address: z.string(),
  Datacenter: z.string(),
  TaggedAddresses: StringMap.nullable(),
  Meta: StringMap.nullable(),
  CreateIndex: Index,
  ModifyIndex: Index,
});
export type Node = z.infer<typeof Node>;
