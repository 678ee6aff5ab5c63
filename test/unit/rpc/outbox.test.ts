import { describe, expect, test } from "bun:test";
import { ByteReader } from "../../../src/rpc/bytes.ts";
import { FrameDecoder, type FrameKind, PIECE_BYTES_MAX, PIECE_OVERHEAD_BYTES } from "../../../src/rpc/frame.ts";
import { LANE_LIMITS, Outbox } from "../../../src/rpc/outbox.ts";
import { settle } from "../../support/manual-clock.ts";

const KIB = 1024;

/** The other end of an outbox; `room` is how many writes it takes before it is full. */
class Wire {
  room = Number.POSITIVE_INFINITY;
  nowMs = 0;
  readonly writes: number[] = [];
  /** Kinds of the frames, in the order in which they were whole. */
  readonly kinds: FrameKind[] = [];
  readonly payloads: Buffer[] = [];
  readonly #pings: number[] = [];
  readonly #decoder = new FrameDecoder((kind, payload) => {
    this.kinds.push(kind);
    this.payloads.push(Buffer.from(payload));
    if (kind === "ping") this.#pings.push(new ByteReader(payload).varint());
    return true;
  });
  readonly outbox: Outbox;

  constructor(limits = LANE_LIMITS) {
    this.outbox = new Outbox({ limits, monotonicMs: () => this.nowMs, write: (bytes) => this.#write(bytes) });
  }

  /** Answers the pings that came; without pings, nothing moves any more. */
  pong(): void {
    for (const id of this.#pings.splice(0)) expect(this.outbox.ponged(id)).toBe(true);
  }

  drain(room: number): void {
    this.room = room;
    this.outbox.drained();
  }

  #write(bytes: Buffer): boolean {
    this.writes.push(bytes.length);
    expect(this.#decoder.push(bytes)).toBeUndefined();
    return --this.room > 0;
  }
}

const bytes = (length: number) => Buffer.alloc(length, 1);

describe("the outbox", () => {
  test("puts all of one turn into one write", async () => {
    const wire = new Wire();
    for (let at = 0; at < 10; at++) wire.outbox.offer("append", bytes(100));
    expect(wire.writes).toEqual([]);
    await settle();
    expect(wire.writes).toEqual([10 * (100 + PIECE_OVERHEAD_BYTES)]);
  });

  test("sends what is urgent first: control, appends, calls, chunks; each lane in its order", async () => {
    const wire = new Wire();
    wire.room = 1;
    wire.outbox.offer("pong", bytes(1));
    await settle();
    for (const kind of ["snapshotChunk", "call", "append", "answer", "heartbeat", "voteRequest"] as const) {
      wire.outbox.offer(kind, bytes(10));
    }
    await settle();
    expect(wire.kinds).toEqual(["pong"]);
    wire.drain(10);
    await settle();
    expect(wire.kinds.slice(1, 7)).toEqual(["heartbeat", "voteRequest", "append", "call", "answer", "snapshotChunk"]);
  });

  test("lets a heartbeat go between the pieces of a large frame", async () => {
    const wire = new Wire();
    wire.room = 1;
    wire.outbox.offer("append", bytes(2 * PIECE_BYTES_MAX));
    await settle();
    wire.outbox.offer("heartbeat", bytes(3));
    wire.drain(100);
    await settle();
    expect(wire.kinds.filter((kind) => kind !== "ping")).toEqual(["heartbeat", "append"]);
    expect(wire.payloads.at(wire.kinds.indexOf("append"))?.length).toBe(2 * PIECE_BYTES_MAX);
  });

  test("sends no second chunk before the first one has arrived, and other things in the meantime", async () => {
    const wire = new Wire();
    const chunks = () => wire.kinds.filter((kind) => kind === "snapshotChunk").length;
    for (let at = 0; at < 3; at++) wire.outbox.offer("snapshotChunk", bytes(100));
    await settle();
    expect(chunks()).toBe(1);
    wire.outbox.offer("append", bytes(100));
    wire.outbox.offer("heartbeat", bytes(1));
    await settle();
    expect(wire.kinds.slice(-2)).toEqual(["heartbeat", "append"]);
    for (const expected of [2, 3]) {
      wire.pong();
      await settle();
      expect(chunks()).toBe(expected);
    }
  });

  test("marks the end of a chunk with it, so that its arrival is known before the next one is there", async () => {
    const wire = new Wire();
    wire.outbox.offer("snapshotChunk", bytes(100));
    await settle();
    expect(wire.kinds).toEqual(["snapshotChunk", "ping"]);
  });

  test("hands out no more bulk than the window, even to a connection that takes all", async () => {
    const wire = new Wire();
    for (let at = 0; at < 100; at++) wire.outbox.offer("append", bytes(32 * KIB));
    await settle();
    expect(wire.writes.reduce((sum, each) => sum + each, 0)).toBeLessThan(129 * KIB);
    wire.outbox.offer("heartbeat", bytes(1));
    await settle();
    expect(wire.kinds.at(-1)).toBe("heartbeat");
    for (let left = 30; left > 0 && wire.kinds.filter((kind) => kind === "append").length < 100; left--) {
      wire.nowMs += 1;
      wire.pong();
      await settle();
    }
    expect(wire.kinds.filter((kind) => kind === "append").length).toBe(100);
  });

  test("never waits for bytes that no pong will tell of", async () => {
    const wire = new Wire();
    const appends = () => wire.kinds.filter((kind) => kind === "append").length;
    // Late answers: the window shrinks to 64 KiB.
    for (const lateMs of [1, 500, 500, 500]) {
      wire.outbox.offer("append", bytes(40 * KIB));
      await settle();
      wire.nowMs += lateMs;
      wire.pong();
    }
    wire.outbox.offer("append", bytes(10 * KIB));
    await settle();
    expect([wire.kinds.at(-1), appends()]).toEqual(["append", 5]);
    wire.outbox.offer("append", bytes(64 * KIB));
    await settle();
    expect(appends()).toBe(5);
    wire.pong();
    await settle();
    expect(appends()).toBe(6);
  });

  test("takes no more into a lane than its limits, but one frame of any size", async () => {
    const limits = { ...LANE_LIMITS, append: { framesMax: 3, bytesMax: 1000 } };
    const wire = new Wire(limits);
    wire.room = 1;
    wire.outbox.offer("pong", bytes(1));
    await settle();
    expect(wire.outbox.offer("append", bytes(5000))).toBeDefined();
    expect(wire.outbox.offer("append", bytes(1))).toBeUndefined();
    expect(wire.outbox.offer("heartbeat", bytes(1))).toBeDefined();
    wire.drain(10);
    await settle();
    expect([1, 2, 3, 4].map((size) => wire.outbox.offer("append", bytes(size)) !== undefined)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  test("takes no frame that the other end would refuse", () => {
    expect(new Wire().outbox.offer("heartbeat", bytes(4097))).toBeUndefined();
  });

  test("gives a frame back as long as nothing of it was sent", async () => {
    const wire = new Wire();
    wire.room = 1;
    const first = wire.outbox.offer("call", bytes(2 * PIECE_BYTES_MAX));
    const second = wire.outbox.offer("call", bytes(10));
    await settle();
    if (first === undefined || second === undefined) throw new Error("the lane is full");
    expect([wire.outbox.withdraw(first), wire.outbox.withdraw(second)]).toEqual([false, true]);
    expect(wire.outbox.withdraw(second)).toBe(false);
    wire.drain(100);
    await settle();
    expect(wire.kinds.filter((kind) => kind === "call").length).toBe(1);
    expect([first.isSent, second.isSent]).toEqual([true, false]);
  });

  test("that is closed sends what may go at once and nothing later", async () => {
    const wire = new Wire();
    wire.outbox.offer("refuse", bytes(5));
    wire.outbox.close();
    expect(wire.kinds).toEqual(["refuse"]);
    expect(wire.outbox.offer("pong", bytes(1))).toBeUndefined();
    wire.outbox.drained();
    await settle();
    expect(wire.kinds).toEqual(["refuse"]);
  });

  test("asks with pings, and knows its pongs", async () => {
    const wire = new Wire();
    wire.outbox.ping();
    await settle();
    expect(wire.kinds).toEqual(["ping"]);
    wire.pong();
    expect(wire.outbox.ponged(77)).toBe(false);
  });
});
