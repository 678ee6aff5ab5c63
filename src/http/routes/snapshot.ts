import { z } from "zod";
import { Bytes } from "../../model/common.ts";
import { warningsOf } from "../../state/kept-records/warnings.ts";
import type { RecordCounts } from "../../state/records/load.ts";
import { readBody } from "../body.ts";
import { freshnessHeaders } from "../consistency.ts";
import { flag, one } from "../query-schema.ts";
import { defineRoute, EMPTY, reply } from "../route.ts";

export interface SnapshotDeps {
  snapshot: {
    /** The whole state as it is on this server, as an archive: gzip of tar. */
    save(): Promise<Uint8Array>;
    /**
     * Replaces the whole state. Resolves with how many records of which kind are kept without being served, and were left out, which
     * `skipUnknown` allows; rejects with a Refusal when there are such and when the archive is not whole.
     */
    restore(archive: Uint8Array, skipUnknown: boolean): Promise<Record<"kept" | "leftOut", RecordCounts>>;
    /** Index of the last entry applied, as readers see it. */
    index(): number;
  };
}

const ARCHIVE_BYTES_MAX = 1024 * 1024 * 1024;

/** How many records there are, by Consul's name of their type. */
const Counts = z.record(z.string(), z.number().int());

export const snapshotRoutes = [
  defineRoute({
    method: "GET",
    path: "/v1/snapshot",
    summary: "Save the whole state as an archive",
    query: z.object({ dc: one, stale: flag, consistent: flag }),
    answer: Bytes,
    acl: "acl:write",
    async handle({ readable }, { snapshot }: SnapshotDeps) {
      const freshness = await readable();
      const body = await snapshot.save();
      return reply({
        body,
        headers: {
          "content-type": "application/x-gzip",
          "X-Consul-Index": String(snapshot.index()),
          ...freshnessHeaders(freshness),
        },
      });
    },
  }),
  defineRoute({
    method: "PUT",
    path: "/v1/snapshot",
    summary: "Replace the whole state by that of an archive",
    query: z.object({ dc: one, "skip-unknown": flag, report: flag }),
    // Consul answers nothing; only who asks for more gets it.
    answer: z.object({ Kept: Counts, LeftOut: Counts, Warnings: z.array(z.string()) }).optional(),
    acl: "acl:write",
    async handle({ raw, query }, { snapshot }: SnapshotDeps) {
      const skipUnknown = query["skip-unknown"] === true;
      const { kept, leftOut } = await snapshot.restore(await readBody(raw, ARCHIVE_BYTES_MAX), skipUnknown);
      if (!skipUnknown && query.report !== true) return EMPTY;
      return reply({ json: { Kept: kept, LeftOut: leftOut, Warnings: warningsOf(kept) } });
    },
  }),
] as const;
