import { z } from "zod";

/** What an archive unpacks to goes to the disk, several times. */
export const UNPACKED_BYTES_MAX = 1024 * 1024 * 1024;
/** State is mostly text and compresses well at any level; a higher one costs seconds on small machines. */
export const GZIP_LEVEL = 1;
export const SQLITE_MAGIC = "SQLite format 3\u0000";

export const metaSchema = z.object({
  Version: z.literal(1),
  ID: z.string().max(200),
  /** Index, as clients see it, and term of the last entry whose effect is in the state. */
  Index: z.int().nonnegative(),
  Term: z.int().nonnegative(),
  /** Bytes of `state.bin`. */
  Size: z.int().nonnegative(),
  /** Of the state. Older programs wrote none. */
  Format: z.int().nonnegative().optional(),
});
export type ArchiveMeta = z.infer<typeof metaSchema>;
