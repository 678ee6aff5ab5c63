import { z } from "zod";
import type { FileStore } from "../ports/file-store.ts";
import type { LogStore } from "../raft/types.ts";
import type { Consent } from "../server/join/consent.ts";
import type { JoinRecord } from "../server/join/joiner.ts";

const CONSENT_FILE = "raft/consent.json";

const Stored: z.ZodType<Consent> = z.object({
  clusterId: z.string(),
  initiator: z.string(),
  configuration: z.object({
    servers: z.array(z.object({ id: z.string(), address: z.string(), voter: z.boolean() })),
  }),
});

/** What a server has promised and belongs to: in the log's file and beside it. */
export interface StoredJoin extends JoinRecord {
  /** A recovery by hand gave the cluster another id; the store has it already. */
  renamed(clusterId: string): void;
}

/**
 * Reads what a former run left. Throws an Error for the operator when the promise can't be read: it must not be
 * forgotten by accident.
 */
export async function openJoinRecord(
  store: Pick<LogStore, "setClusterId">,
  files: FileStore,
  opened: { clusterId: string },
): Promise<StoredJoin> {
  let clusterId = opened.clusterId;
  let consent = await readConsent(files);
  return {
    clusterId: () => clusterId,
    consent: () => consent,
    async setClusterId(id) {
      await store.setClusterId(id);
      clusterId = id;
    },
    async setConsent(next) {
      if (next === undefined) await files.remove(CONSENT_FILE);
      else await files.write(CONSENT_FILE, JSON.stringify(next), true);
      consent = next;
    },
    renamed(id) {
      clusterId = id;
    },
  };
}

async function readConsent(files: FileStore): Promise<Consent | undefined> {
  const names = await files.list("raft");
  if (!names.includes("consent.json")) return undefined;
  const text = await files.read(CONSENT_FILE);
  try {
    return Stored.parse(JSON.parse(text));
  } catch {
    throw new Error(
      `${CONSENT_FILE} in the data directory, which says what cluster this server agreed to, can't be read: restore it, \
or remove it if that cluster was never made`,
    );
  }
}
