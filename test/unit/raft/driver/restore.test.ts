import { expect, test } from "bun:test";
import { Refusal } from "../../../../src/lib/refusal.ts";
import type { Draft } from "../../../../src/raft/core/types.ts";
import { proposeRestore } from "../../../../src/raft/driver/restore.ts";

const MB = 1024 * 1024;

function world(refuses: (draft: Draft) => boolean = () => false) {
  const proposed: string[] = [];
  let underWay = 0;
  let most = 0;
  const chunks = Array.from({ length: 20 }, (_, at) => ({ data: String(at).padEnd(MB) }));
  const taken = new Uint8Array(3);
  const restore = proposeRestore(
    new Uint8Array(),
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
        chunks: archive === taken ? chunks : [],
        restore: "restore",
        abandon: { data: "abandon" },
      }),
      propose: async (draft) => {
        proposed.push(draft.data.trim());
        underWay++;
        most = Math.max(most, underWay);
        await Promise.resolve();
        underWay--;
        if (refuses(draft)) throw new Refusal("full");
        return undefined;
      },
    },
  );
  return { restore, proposed, most: () => most };
}

test("what the keeper made of an archive goes into the log in order, a few megabytes at a time, and the restore after all of it", async () => {
  const { restore, proposed, most } = world();
  expect(await restore).toEqual({ leftOut: { Intention: 2 }, kept: {} });
  expect(proposed).toEqual([...Array.from({ length: 20 }, (_, at) => String(at)), "restore"]);
  expect(most()).toBe(4);
});

test("what was staged is freed when a part is refused", async () => {
  const { restore, proposed } = world(({ data }) => data.startsWith("6"));
  await expect(restore).rejects.toThrow("full");
  expect(proposed.slice(-2)).toEqual(["7", "abandon"]);
});
