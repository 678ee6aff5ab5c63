import { expect, test } from "bun:test";
import { type Part, partsOf, Uploads } from "../../../src/server/uploads.ts";
import { MemoryArchive, MemoryDraft, takeAll } from "../../support/archives.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const MB = 1024 * 1024;
const bytes = Uint8Array.from({ length: 2 * MB + 5 }, (_, at) => at % 251);

const inParts = (id: string, content: Uint8Array): Promise<Part[]> =>
  Array.fromAsync(partsOf(id, new MemoryArchive(content)));

function world() {
  const clock = new ManualClock();
  const drafts: MemoryDraft[] = [];
  const uploads = new Uploads(clock, async () => {
    const draft = new MemoryDraft();
    drafts.push(draft);
    return draft;
  });
  return { clock, uploads, drafts };
}

test("what was cut in parts is whole again with the last one", async () => {
  const { clock, uploads } = world();
  const parts = await inParts("u", bytes);
  expect(parts.map(({ data }) => data.length)).toEqual([MB, MB, 5]);
  const results = [];
  for (const part of parts) results.push(await uploads.take(part));
  const [first, second, whole] = results;
  expect([first, second]).toEqual([undefined, undefined]);
  expect(whole !== undefined && Buffer.compare(await takeAll(whole), bytes)).toBe(0);
  expect(clock.pendingMs).toEqual([]);
});

test("nothing is one part, too", async () => {
  const [part] = await inParts("u", new Uint8Array());
  expect(part && (await world().uploads.take(part))?.bytes).toBe(0);
});

test("a part that is missing ends the upload, and what came of it goes", async () => {
  const { uploads, drafts } = world();
  const [first, , third] = await inParts("u", bytes);
  if (first === undefined || third === undefined) throw new Error("parts");
  await uploads.take(first);
  await expect(uploads.take(third)).rejects.toThrow("missing");
  expect(drafts.map(({ isDiscarded }) => isDiscarded)).toEqual([true]);
  await expect(uploads.take(third)).rejects.toThrow("not known here");
});

test("the same part twice at a time ends the upload", async () => {
  const { uploads } = world();
  const [first, second] = await inParts("u", bytes);
  if (first === undefined || second === undefined) throw new Error("parts");
  await uploads.take(first);
  const outcomes = await Promise.allSettled([uploads.take(second), uploads.take(second)]);
  expect(outcomes.map(({ status }) => status)).toContain("rejected");
});

test("an upload that nobody goes on with is dropped, and there are few at a time", async () => {
  const { clock, uploads, drafts } = world();
  const first = async (id: string) => {
    const [part] = await inParts(id, bytes);
    if (part !== undefined) await uploads.take(part);
  };
  await first("a");
  await first("b");
  await expect(first("c")).rejects.toThrow("other uploads are under way");
  clock.advance(60_000);
  await Promise.resolve();
  expect(drafts.map(({ isDiscarded }) => isDiscarded)).toEqual([true, true]);
  await first("c");
});

test("a part that can't be stored ends the upload with the reason", async () => {
  const full = new (class extends MemoryDraft {
    override write(): Promise<void> {
      return Promise.reject(new Error("full"));
    }
  })();
  const uploads = new Uploads(new ManualClock(), async () => full);
  const [part] = await inParts("u", bytes);
  if (part === undefined) throw new Error("parts");
  await expect(uploads.take(part)).rejects.toThrow("full");
  expect(full.isDiscarded).toBe(true);
});

test("more than an archive may be is refused before it comes", async () => {
  const part = { id: "u", offset: 0, totalBytes: 2 ** 40, data: new Uint8Array(1) };
  await expect(world().uploads.take(part)).rejects.toThrow("more than");
});
