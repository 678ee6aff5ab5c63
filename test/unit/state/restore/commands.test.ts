import { expect, test } from "bun:test";
import { Refusal } from "../../../../src/lib/refusal.ts";
import type { RestoreCommand } from "../../../../src/state/restore/commands.ts";
import { ARCHIVE_BYTES_MAX } from "../../../../src/state/restore/limits.ts";
import { planRestore } from "../../../../src/state/restore/plan.ts";
import { MemoryArchive } from "../../../support/archives.ts";
import { stateRig } from "../../../support/state-rig.ts";

type Rig = ReturnType<typeof stateRig>;

const part = (id: string, at: number, text: string): RestoreCommand => ({
  type: "restore.chunk",
  id,
  at,
  data: btoa(text),
});

function staged(rig: Rig): string {
  const rows = rig.db.$client.query("SELECT id, at, data FROM restore_staging ORDER BY at").all() as {
    id: string;
    at: number;
    data: Uint8Array;
  }[];
  return rows.map(({ id, at, data }) => `${id}@${at}:${new TextDecoder().decode(data)}`).join(" ");
}

test("parts are staged in order, and a later restore takes the place of one before", () => {
  const rig = stateRig();
  rig.apply(part("one", 0, "abc"));
  rig.apply(part("one", 3, "de"));
  expect(staged(rig)).toBe("one@0:abc one@3:de");
  rig.apply(part("two", 0, "x"));
  expect(staged(rig)).toBe("two@0:x");
  expect(rig.apply(part("two", 0, ""))).toBeUndefined();
  expect(staged(rig)).toBe("");
});

test("a part that isn't the next one of its archive is refused and changes nothing", () => {
  const rig = stateRig();
  expect(rig.apply(part("one", 3, "de"))).toBeInstanceOf(Refusal);
  rig.apply(part("one", 0, "abc"));
  for (const wrong of [part("one", 2, "x"), part("one", 4, "x"), part("two", 3, "x")]) {
    expect(String(rig.apply(wrong))).toContain("snapshot restore was ended by another one");
  }
  expect(String(rig.apply(part("one", ARCHIVE_BYTES_MAX, "x")))).toContain("snapshot is larger than");
  expect(staged(rig)).toBe("one@0:abc");
});

test("a part wakes nobody and is seen by no reader", () => {
  const rig = stateRig();
  rig.apply(part("one", 0, "abc"));
  expect(rig.touched).toEqual([]);
});

test("the plan of a restore stages the archive byte by byte, says how to use it, and how to be rid of it", async () => {
  const rig = stateRig();
  const archive = Uint8Array.from({ length: 600_000 }, (_, at) => (at * 7919) % 251);
  const { chunks, restore, abandon } = planRestore(new MemoryArchive(archive), "id");
  const sizes: number[] = [];
  for await (const { data, command } of chunks) {
    expect(JSON.parse(data)).toEqual(command);
    sizes.push(data.length);
    rig.apply(command);
  }
  expect(sizes.length).toBe(5);
  expect(Math.max(...sizes)).toBeLessThan(200_000);
  expect(JSON.parse(restore)).toEqual({ id: "id", bytes: archive.length });
  const rows = rig.db.$client.query("SELECT data FROM restore_staging ORDER BY at").all() as { data: Uint8Array }[];
  expect(Buffer.concat(rows.map(({ data }) => data)).equals(archive)).toBe(true);
  // They can be made again: the first reader may have stopped halfway.
  expect((await Array.fromAsync(chunks)).length).toBe(5);
  rig.apply(abandon.command);
  expect(staged(rig)).toBe("");
});
