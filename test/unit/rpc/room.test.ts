import { beforeEach, expect, test } from "bun:test";
import { Room } from "../../../src/rpc/room.ts";
import { settle } from "../../support/manual-clock.ts";

let waiting: number;
let room: Room;
let entered: string[];

beforeEach(() => {
  waiting = 0;
  entered = [];
  room = new Room({ bytesMax: 100, answerBytesMax: 50, waitingBytes: () => waiting });
});

function enter(name: string): boolean {
  const turn = room.enter();
  void turn?.then(() => entered.push(name));
  return turn === undefined;
}

test("as many are in at once as the largest answers have room", () => {
  expect([enter("a"), enter("b"), enter("c")]).toEqual([true, true, false]);
});

test("who leaves lets the next in, as long as what it made leaves room", async () => {
  for (const name of ["a", "b", "c", "d"]) enter(name);
  waiting = 40;
  room.leave();
  await settle();
  expect(entered).toEqual(["c"]);
  waiting = 80;
  room.leave();
  await settle();
  expect(entered).toEqual(["c"]);
  waiting = 0;
  room.look();
  await settle();
  expect(entered).toEqual(["c", "d"]);
});

test("nobody overtakes who waits", () => {
  waiting = 100;
  expect(enter("a")).toBe(false);
  waiting = 0;
  expect(enter("b")).toBe(false);
});

test("answers that nobody entered for change nothing", () => {
  room.leave();
  room.leave();
  expect([enter("a"), enter("b"), enter("c")]).toEqual([true, true, false]);
});

test("nobody waits for what does not go out any more", async () => {
  waiting = 1000;
  enter("a");
  enter("b");
  room.close();
  await settle();
  expect(entered).toEqual(["a", "b"]);
});
