import { z } from "zod";
import { Bytes } from "../../model/common.ts";
import { readBody } from "../body.ts";
import { freshnessHeaders } from "../consistency.ts";
import { flag, one } from "../query-schema.ts";
import { defineRoute, EMPTY, reply } from "../route.ts";

export interface SnapshotDeps {
  snapshot: {
    /** The whole state as it is on this server, as an archive: gzip of tar. */
    save(): Promise<Uint8Array>;
    /**
     * Replaces the whole state. Resolves with how many records of which kind were left out, which `skipUnknown` allows; rejects with a
     * Refusal when there are such and when the archive is not whole.
     */
    restore(archive: Uint8Array, skipUnknown: boolean): Promise<Readonly<Record<string, number>>>;
    /** Index of the last entry applied, as readers see it. */
    index(): number;
  };
}

const ARCHIVE_BYTES_MAX = 1024 * 1024 * 1024;

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
    query: z.object({ dc: one, "skip-unknown": flag }),
    // Consul answers nothing; only who asks for more gets it.
    answer: z.object({ LeftOut: z.record(z.string(), z.number().int()) }).optional(),
    acl: "acl:write",
    async handle({ raw, query }, { snapshot }: SnapshotDeps) {
      const skipUnknown = query["skip-unknown"] === true;
      const leftOut = await snapshot.restore(await readBody(raw, ARCHIVE_BYTES_MAX), skipUnknown);
      return skipUnknown ? reply({ json: { LeftOut: leftOut } }) : EMPTY;
    },
  }),
] as const;
