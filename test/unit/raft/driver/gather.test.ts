import { describe, expect, test } from "bun:test";
import { Gather } from "../../../../src/raft/driver/gather.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

function world() {
  const clock = new ManualClock();
  const disk = { isBusy: false };
  const sent: string[] = [];
  const gather = new Gather<string>({
    clock,
    isDiskBusy: () => disk.isBusy,
    send: (items) => sent.push(items.join("")),
  });
  const add = (items: string) => {
    for (const item of items) gather.add(item);
  };
  return { clock, disk, sent, gather, add };
}

describe("what comes", () => {
  test("in one turn goes together in the next", () => {
    const { clock, sent, add } = world();
    add("abc");
    expect(sent).toEqual([]);
    clock.advance(0.02);
    expect(sent).toEqual(["abc"]);
  });

  test("while the disk is busy waits for it", () => {
    const { clock, disk, sent, gather, add } = world();
    disk.isBusy = true;
    add("a");
    clock.advance(5);
    add("b");
    expect(sent).toEqual([]);
    disk.isBusy = false;
    gather.onDiskIdle();
    clock.advance(0.02);
    expect(sent).toEqual(["ab"]);
  });

  test("waits a quarter of a millisecond for as many as came before, and no longer", () => {
    const { clock, sent, gather, add } = world();
    add("abc");
    clock.advance(1);
    gather.onDiskIdle();
    add("d");
    clock.advance(0.1);
    expect(sent).toEqual(["abc"]);
    add("ef");
    clock.advance(0.02);
    expect(sent).toEqual(["abc", "def"]);
    gather.onDiskIdle();
    add("g");
    clock.advance(0.2);
    expect(sent).toEqual(["abc", "def"]);
    clock.advance(0.1);
    expect(sent).toEqual(["abc", "def", "g"]);
  });

  test("can be taken back or sent at once", () => {
    const { clock, sent, gather, add } = world();
    add("ab");
    expect(gather.take()).toEqual(["a", "b"]);
    clock.advance(1);
    add("c");
    gather.flush();
    clock.advance(1);
    expect(sent).toEqual(["c"]);
  });
});
