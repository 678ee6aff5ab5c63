import { describe, expect, test } from "bun:test";
import { LamportClock } from "../../../../src/gossip/serf/lamport-clock.ts";
import { Outbox } from "../../../../src/gossip/serf/outbox.ts";
import { UserEvents } from "../../../../src/gossip/serf/user-events.ts";
import { decodeSerf, encodeSerf } from "../../../../src/gossip/wire/serf.ts";
import { text, words } from "../../../support/gossip/serf-world.ts";
import { silentLogger, silentMeter } from "../../../support/silent.ts";

function rig(minTime = 0) {
  const lamport = new LamportClock();
  const outbox = new Outbox({ retransmitMult: 4, size: () => 10, wake: () => undefined });
  const told: string[] = [];
  const events = new UserEvents({
    lamport,
    outbox,
    minTime,
    log: silentLogger,
    meter: silentMeter,
    onEvent: ({ name, payload, ltime }) => told.push(`${ltime} ${name} ${words(payload)}`),
  });
  const hear = (ltime: number, name: string, payload: Uint8Array | string = "") => {
    const bytes = typeof payload === "string" ? text(payload) : payload;
    const message = { type: "userEvent", ltime, name, payload: bytes, coalesce: false } as const;
    events.receive(message, encodeSerf(message));
  };
  return { lamport, outbox, told, events, hear };
}

describe("user events (Serf 0.9)", () => {
  test("an own event is told here, stamped with the clock, and waits for all others", () => {
    const { events, told, outbox, lamport } = rig();
    events.send("deploy", text("v1"), true);
    expect(told).toEqual(["1 deploy v1"]);
    expect(lamport.time).toBe(2);
    const [packed] = outbox.take(2, 1000);
    expect(decodeSerf((packed as Uint8Array).subarray(1))).toMatchObject({
      type: "userEvent",
      ltime: 1,
      name: "deploy",
      coalesce: true,
    });
  });

  test("each event is told and passed on once; the same text at another time is another event", () => {
    const { told, hear, outbox } = rig();
    hear(5, "deploy", "v1");
    hear(5, "deploy", "v1");
    hear(5, "deploy", "v2");
    hear(6, "deploy", "v1");
    expect(told).toEqual(["5 deploy v1", "5 deploy v2", "6 deploy v1"]);
    expect(outbox.length("event")).toBe(3);
  });

  test("what is passed on is what came, byte for byte: it may say more than is known here", () => {
    const { events, outbox } = rig();
    const message = { type: "userEvent", ltime: 5, name: "deploy", payload: text("v1"), coalesce: false } as const;
    const bytes = Uint8Array.of(...encodeSerf(message), 0xc0);
    events.receive(message, bytes);
    expect(outbox.take(2, 1000)[0]?.subarray(1)).toEqual(bytes);
  });

  test("events from before the member's last start are not told again", () => {
    const { told, hear } = rig(7);
    hear(6, "old");
    hear(7, "new");
    expect(told).toEqual(["7 new "]);
  });

  test("a member that joins may leave out what was before", () => {
    const { told, hear, events } = rig();
    events.ignoreBefore(9);
    events.ignoreBefore(3);
    hear(8, "old");
    hear(9, "new");
    expect(told).toEqual(["9 new "]);
  });

  test("an event more than 512 times old is not told: it can't be told from a new one", () => {
    const { told, hear } = rig();
    hear(600, "now");
    hear(87, "older");
    hear(89, "old");
    expect(told).toEqual(["600 now ", "89 old "]);
  });

  test("a time that is not believed is not told, and the next event of this pool is", () => {
    const { told, hear, lamport } = rig();
    hear(1, "first");
    hear(Number.MAX_SAFE_INTEGER, "forged");
    hear(2, "second");
    expect(told).toEqual(["1 first ", "2 second "]);
    expect(lamport.time).toBe(3);
  });

  test("after a leap that is believed events go on", () => {
    const { told, hear, events } = rig();
    hear(1, "first");
    hear(2 ** 32, "leap");
    events.send("own", text(""), false);
    hear(2 ** 32 + 2, "next");
    expect(told.map((line) => line.split(" ")[1])).toEqual(["first", "leap", "own", "next"]);
  });

  test("name and payload have 512 bytes, and so has the message (Serf's texts)", () => {
    const { events, told } = rig();
    expect(() => events.send("e", new Uint8Array(512), false)).toThrow(
      "user event exceeds configured limit of 512 bytes before encoding",
    );
    expect(() => events.send("ü".repeat(250), new Uint8Array(13), false)).toThrow("before encoding");
    expect(() => events.send("e", new Uint8Array(500), false)).toThrow(
      "encoded user event exceeds configured limit of 512 bytes after encoding",
    );
    events.send("e", new Uint8Array(450), false);
    expect(told).toHaveLength(1);
  });

  test("a flood with one time is cut at 64 events and 16 KiB, and the next time is not touched by it", () => {
    const { told, hear } = rig();
    for (let i = 0; i < 100; i++) hear(5, `event-${i}`);
    expect(told).toHaveLength(64);
    for (let i = 0; i < 100; i++) hear(6, `event-${i}`, new Uint8Array(1000));
    expect(told).toHaveLength(64 + 16);
    hear(7, "next");
    expect(told).toHaveLength(64 + 16 + 1);
  });

  test("an event that no peer can have configured is not taken", () => {
    const { told, hear } = rig();
    hear(5, "large", new Uint8Array(9 * 1024));
    expect(told).toEqual([]);
  });

  test("what is kept goes to whoever joins, who tells it once", () => {
    const [one, other] = [rig(), rig()];
    one.events.send("deploy", text("v1"), false);
    one.events.send("deploy", text("v2"), false);
    other.events.merge(one.events.kept());
    other.events.merge(one.events.kept());
    expect(other.told).toEqual(["1 deploy v1", "2 deploy v2"]);
    expect(other.outbox.length("event")).toBe(0);
    expect(other.events.lastTime).toBe(2);
  });
});
