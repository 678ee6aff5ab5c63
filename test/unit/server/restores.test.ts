import { expect, test } from "bun:test";
import { Refusal } from "../../../src/lib/refusal.ts";
import type { RestoreReport } from "../../../src/raft/types.ts";
import { Restores } from "../../../src/server/restores.ts";
import { partsOf, Uploads } from "../../../src/server/uploads.ts";
import { MemoryArchive, MemoryDraft } from "../../support/archives.ts";
import { ManualClock } from "../../support/manual-clock.ts";

function world() {
  const clock = new ManualClock();
  const warnings: string[] = [];
  const restore = Promise.withResolvers<RestoreReport>();
  const given: unknown[] = [];
  const restores = new Restores({
    raft: {
      restoreSnapshot(archive, options) {
        given.push(archive.bytes, options);
        return restore.promise;
      },
    },
    uploads: new Uploads(clock, async () => new MemoryDraft()),
    clock,
    log: { warn: (message) => void warnings.push(message) },
  });
  const upload = async () => {
    const parts = partsOf("u", new MemoryArchive(new Uint8Array(5)));
    for await (const part of parts) await restores.take(part, { skipUnknown: true });
  };
  return { clock, warnings, restore, given, restores, upload };
}

const REPORT = { leftOut: {}, kept: { ACLToken: 2 } };

test("the last part begins the restore, whose result is asked for until it is there", async () => {
  const { clock, restores, restore, given, upload } = world();
  await upload();
  expect(given).toEqual([5, { skipUnknown: true }]);
  const early = restores.result("u");
  clock.advance(10_000);
  expect(await early).toBeNull();
  const late = restores.result("u");
  restore.resolve(REPORT);
  expect(await late).toEqual(REPORT);
  expect(clock.pendingMs).toEqual([]);
});

test("whoever asks another leader hears that it is not known what became of it", async () => {
  const failure = await world()
    .restores.result("u")
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ outcome: "unknown", message: expect.stringContaining("the leader changed") });
});

test("a refusal is the result", async () => {
  const { restores, restore, upload } = world();
  await upload();
  restore.reject(new Refusal("not whole"));
  await expect(restores.result("u")).rejects.toThrow("not whole");
});

test("the archive is removed, and the log warns of what is not enforced", async () => {
  const { restores, restore, warnings } = world();
  const archive = new MemoryArchive(new Uint8Array(5));
  restore.resolve(REPORT);
  await restores.restore(archive, { skipUnknown: false });
  expect(archive.isRemoved).toBe(true);
  expect(warnings).toEqual([expect.stringContaining("access control is not enforced")]);
});
