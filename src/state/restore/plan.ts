import type { ArchiveFile } from "../../raft/types.ts";
import type { RestoreCommand } from "./commands.ts";

/** Of the archive in one command: little beside a slow link's heartbeats, and few fsyncs for all of it. */
const CHUNK_BYTES = 128 * 1024;

/** What a `restore` entry is about, as JSON in its data. */
export interface RestoreData {
  id: string;
  /** Of the archive. */
  bytes: number;
}

/** A command, and what its data says. */
interface Proposed {
  data: string;
  command: RestoreCommand;
}

/** How a snapshot archive gets into the state of every server. */
export interface RestorePlan {
  /** To be proposed in this order. Read one by one: all of them at once are more than the archive again. */
  chunks: AsyncIterable<Proposed>;
  /** Data of the `restore` entry that follows them. */
  restore: string;
  /** To be proposed when it came to nothing, so that those before take no more space. */
  abandon: Proposed;
}

/** `id` is a new one for each restore. */
export function planRestore(archive: Pick<ArchiveFile, "bytes" | "read">, id: string): RestorePlan {
  const restore: RestoreData = { id, bytes: archive.bytes };
  return {
    chunks: { [Symbol.asyncIterator]: () => chunksOf(archive, id) },
    restore: JSON.stringify(restore),
    abandon: chunk(id, 0, ""),
  };
}

async function* chunksOf(archive: Pick<ArchiveFile, "bytes" | "read">, id: string): AsyncGenerator<Proposed> {
  for (let at = 0; at < archive.bytes; at += CHUNK_BYTES)
    yield chunk(id, at, (await archive.read(at, CHUNK_BYTES)).toBase64());
}

function chunk(id: string, at: number, data: string): Proposed {
  const command: RestoreCommand = { type: "restore.chunk", id, at, data };
  return { data: JSON.stringify(command), command };
}
