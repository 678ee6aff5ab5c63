import { describe, expect, test } from "bun:test";
import { ByteReader } from "../../../src/rpc/bytes.ts";
import { FrameDecoder } from "../../../src/rpc/frame.ts";
import { numberPayload, Outbox } from "../../../src/rpc/outbox.ts";
import { settle } from "../../support/manual-clock.ts";

const SEGMENT_BYTES = 4096;
const BEAT_MS = 50;
const MBIT_BYTES_PER_MS = 125;

interface Line {
  mbit: number;
  /** One way. */
  delayMs: number;
  bulk: { kind: "append" | "snapshotChunk"; bytes: number; underWay: number };
  forMs: number;
}

/**
 * An outbox at a line with an endless buffer in front of it, as a kernel and a modem have it, always full of bulk, and a
 * heartbeat every 50 ms. How long these took, in order, and the part of the line that bulk got.
 */
async function measure({ mbit, delayMs, bulk, forMs }: Line): Promise<{ delays: number[]; used: number }> {
  let nowMs = 0;
  let freeMs = 0;
  let bulkBytes = 0;
  const delays: number[] = [];
  const queue: { atMs: number; fn: () => void }[] = [];
  const at = (atMs: number, fn: () => void) => void queue.push({ atMs, fn });
  const more = () => void outbox.offer(bulk.kind, Buffer.alloc(bulk.bytes));
  const decoder = new FrameDecoder((kind, payload) => {
    const input = new ByteReader(payload);
    if (kind === "heartbeat") delays.push(nowMs - input.varint());
    else if (kind === "ping") {
      const id = input.varint();
      at(nowMs + delayMs, () => outbox.ponged(id));
    } else {
      bulkBytes += payload.length;
      at(nowMs + delayMs, more);
    }
    return true;
  });
  const outbox = new Outbox({
    monotonicMs: () => nowMs,
    write(bytes) {
      for (let from = 0; from < bytes.length; from += SEGMENT_BYTES) {
        const segment = bytes.subarray(from, from + SEGMENT_BYTES);
        freeMs = Math.max(freeMs, nowMs) + segment.length / (mbit * MBIT_BYTES_PER_MS);
        at(freeMs + delayMs, () => void decoder.push(segment));
      }
      return true;
    },
  });
  const beat = () => {
    outbox.offer("heartbeat", numberPayload(nowMs));
    at(nowMs + BEAT_MS, beat);
  };
  for (let left = bulk.underWay; left > 0; left--) more();
  beat();
  await settle(3);
  while (nowMs < forMs) {
    queue.sort((a, b) => b.atMs - a.atMs);
    const next = queue.pop();
    if (next === undefined) break;
    nowMs = Math.floor(next.atMs);
    next.fn();
    await settle(3);
  }
  return { delays, used: bulkBytes / (mbit * MBIT_BYTES_PER_MS * forMs) };
}

describe("a line that is full of bulk holds no heartbeat up for long, and is used well", () => {
  test.each<[string, Line, number]>([
    [
      "appends on 10 Mbit/s",
      { mbit: 10, delayMs: 1, bulk: { kind: "append", bytes: 65_536, underWay: 64 }, forMs: 5000 },
      250,
    ],
    [
      "small appends on 10 Mbit/s",
      { mbit: 10, delayMs: 1, bulk: { kind: "append", bytes: 8000, underWay: 64 }, forMs: 5000 },
      250,
    ],
    [
      "chunks on 10 Mbit/s",
      { mbit: 10, delayMs: 1, bulk: { kind: "snapshotChunk", bytes: 262_144, underWay: 2 }, forMs: 5000 },
      250,
    ],
    [
      "appends on 100 Mbit/s",
      { mbit: 100, delayMs: 1, bulk: { kind: "append", bytes: 65_536, underWay: 64 }, forMs: 2000 },
      100,
    ],
    [
      "appends on 1 Gbit/s",
      { mbit: 1000, delayMs: 0.2, bulk: { kind: "append", bytes: 524_288, underWay: 16 }, forMs: 300 },
      50,
    ],
    [
      "appends on 100 Mbit/s, 50 ms away",
      { mbit: 100, delayMs: 50, bulk: { kind: "append", bytes: 524_288, underWay: 16 }, forMs: 10_000 },
      50 + 150,
    ],
  ])("%s", async (_, line, delayMsMax) => {
    const { delays, used } = await measure(line);
    expect(delays.length).toBeGreaterThan(line.forMs / BEAT_MS / 2);
    expect(Math.max(...delays)).toBeLessThan(delayMsMax);
    expect(used).toBeGreaterThan(0.7);
  });
});
