import { z } from "zod";
import { Bytes } from "../../model/common.ts";
import { warningsOf } from "../../state/kept-records/warnings.ts";
import type { RecordCounts } from "../../state/records/load.ts";
import { ARCHIVE_BYTES_MAX } from "../../state/restore/limits.ts";
import { bodyParts } from "../body.ts";
import { freshnessHeaders } from "../consistency.ts";
import { flag, one } from "../query-schema.ts";
import { defineRoute, EMPTY, reply } from "../route.ts";

export interface SnapshotDeps {
  snapshot: {
    /** The whole state as it is on this server; `withoutNewer`: so that a Consul 1.8 restores it. */
    save(withoutNewer: boolean): Promise<{ archive: StoredArchive; leftOut: RecordCounts }>;
    /**
     * Replaces the whole state. Resolves with how many records of which kind are kept without being served, and were left out, which
     * `skipUnknown` allows; rejects with a Refusal when there are such and when the archive is not whole.
     */
    restore(body: AsyncIterable<Uint8Array>, skipUnknown: boolean): Promise<Record<"kept" | "leftOut", RecordCounts>>;
    /** Index of the last entry applied, as readers see it. */
    index(): number;
  };
}

/** Of an answer, read from the disk when there is room for it. */
const PART_BYTES = 256 * 1024;
/** What the archive is without, as JSON; Consul has no word for it. */
const LEFT_OUT_HEADER = "X-Muster-Left-Out";

/** How many records there are, by Consul's name of their type. */
const Counts = z.record(z.string(), z.number().int());

/** An archive on the disk until it is removed. */
interface StoredArchive {
  read(offset: number, bytesMax: number): Promise<Uint8Array>;
  remove(): Promise<void>;
}

/** The bytes of an archive, which is removed when they have gone or nobody wants them. */
function streamOf(archive: StoredArchive, onEnd: () => void): ReadableStream<Uint8Array> {
  let offset = 0;
  const end = async () => {
    onEnd();
    await archive.remove();
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const part = await archive.read(offset, PART_BYTES);
      offset += part.length;
      if (part.length > 0) return controller.enqueue(part);
      controller.close();
      await end();
    },
    cancel: end,
  });
}

export const snapshotRoutes = [
  defineRoute({
    method: "GET",
    path: "/v1/snapshot",
    summary: "Save the whole state as an archive",
    query: z.object({ dc: one, stale: flag, consistent: flag, "without-newer": flag }),
    answer: Bytes,
    acl: "acl:write",
    async handle({ readable, onClose, query }, { snapshot }: SnapshotDeps) {
      const freshness = await readable();
      const { archive, leftOut } = await snapshot.save(query["without-newer"] === true);
      return reply({
        body: streamOf(archive, onClose()),
        headers: {
          "content-type": "application/x-gzip",
          "X-Consul-Index": String(snapshot.index()),
          ...freshnessHeaders(freshness),
          ...(Object.keys(leftOut).length === 0 ? {} : { [LEFT_OUT_HEADER]: JSON.stringify(leftOut) }),
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
      const { kept, leftOut } = await snapshot.restore(bodyParts(raw, ARCHIVE_BYTES_MAX), skipUnknown);
      if (!skipUnknown && query.report !== true) return EMPTY;
      return reply({ json: { Kept: kept, LeftOut: leftOut, Warnings: warningsOf(kept) } });
    },
  }),
] as const;
