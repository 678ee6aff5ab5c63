import { expect, test } from "bun:test";
import { Refusal } from "../../../../src/lib/refusal.ts";
import type { Draft } from "../../../../src/raft/core/types.ts";
import { proposeRestore } from "../../../../src/raft/driver/restore.ts";
import { MemoryArchive } from "../../../support/archives.ts";

const MB = 1024 * 1024;

function world(refuses: (draft: Draft) => boolean = () => false) {
  const proposed: string[] = [];
  let underWay = 0;
  let most = 0;
  const chunks = Array.from({ length: 20 }, (_, at) => ({ data: String(at).padEnd(MB) }));
  const given = new MemoryArchive(new Uint8Array());
  const taken = new MemoryArchive(new Uint8Array(3));
  async function* parts() {
    yield* chunks;
  }
  async function* none(): AsyncGenerator<never> {
    yield* [];
  }
  const restore = proposeRestore(
    given,
    { skipUnknown: true },
    {
      keeper: {
        checkArchive: async (_, { skipUnknown }) => ({
          archive: taken,
          leftOut: { Intention: skipUnknown ? 2 : 0 },
          kept: {},
        }),
      },
      planRestore: (archive) => ({
        chunks: archive === taken ? parts() : none(),
        restore: "restore",
        abandon: { data: "abandon" },
      }),
      propose: async (draft) => {
        proposed.push(draft.data.trim());
        underWay++;
        most = Math.max(most, underWay);
        // Longer than reading a part takes.
        for (let turn = 0; turn < 50; turn++) await Promise.resolve();
        underWay--;
        if (refuses(draft)) throw new Refusal("full");
        return undefined;
      },
    },
  );
  return { given, taken, restore, proposed, most: () => most };
}

test("what the keeper made of an archive goes into the log in order, a few megabytes at a time, and the restore after all of it", async () => {
  const { given, taken, restore, proposed, most } = world();
  expect(await restore).toEqual({ leftOut: { Intention: 2 }, kept: {} });
  expect(proposed).toEqual([...Array.from({ length: 20 }, (_, at) => String(at)), "restore"]);
  expect(most()).toBe(2);
  expect([given.isRemoved, taken.isRemoved]).toEqual([false, true]);
});

test("what was staged is freed when a part is refused", async () => {
  const { restore, proposed } = world(({ data }) => data.startsWith("6"));
  await expect(restore).rejects.toThrow("full");
  expect(proposed.slice(-2)).toEqual(["7", "abandon"]);
});
