import { z } from "zod";
import { Bytes } from "./common.ts";

/** A user event: a name and a few bytes for whoever the filters (regular expressions) match. */
export const UserEvent = z.object({
  ID: z.string(),
  Name: z.string(),
  Payload: Bytes.nullable(),
  NodeFilter: z.string(),
  ServiceFilter: z.string(),
  TagFilter: z.string(),
  Version: z.number().int(),
  /** Lamport time; 0 in the answer to the one who fires it. */
  LTime: z.number().int(),
});
export type UserEvent = z.infer<typeof UserEvent>;
