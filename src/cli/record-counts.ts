import { z } from "zod";

/** How many records there are of each kind, as text: `3 ACLToken, 2 Intention`. */
export const Counts = z
  .record(z.string(), z.number())
  .default({})
  .transform((counts) =>
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(", "),
  );
