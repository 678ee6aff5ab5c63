import { beforeEach, describe, expect, test } from "bun:test";
import type { Message } from "../../../src/raft/core/messages.ts";
import type { FrameKind } from "../../../src/rpc/frame.ts";
import { encodeIntroduction, type Introduction, PROTOCOL_VERSION, type Refused } from "../../../src/rpc/hello.ts";
import type { Side } from "../../../src/rpc/link.ts";
import { encodeMessage } from "../../../src/rpc/raft-message.ts";
import { settle } from "../../support/manual-clock.ts";
import { helloOf } from "../../support/rpc/hello.ts";
import { frameOf, LinkRig } from "../../support/rpc/link-rig.ts";

const other: Introduction = { instance: "i-b", hello: helloOf("b") };
const HELLO: [FrameKind, Uint8Array] = ["hello", encodeIntroduction(other)];
const BEAT: Message = { type: "heartbeat", from: "b", to: "a", term: 1, commit: 2, round: 3 };
const BEAT_FRAME: [FrameKind, Uint8Array] = ["heartbeat", encodeMessage(BEAT)];

let rig: LinkRig;
const start = async (side: Side) => {
  rig = new LinkRig(side);
  await settle();
};
const startUp = async () => {
  await start("acceptor");
  await rig.say(HELLO, ["ready"]);
};

describe("the handshake", () => {
  test("of the dialler: hello, the other's hello, ready", async () => {
    await start("dialler");
    expect(rig.kinds).toBe("hello");
    await rig.say(HELLO);
    expect(rig.kinds).toBe("hello ready");
    expect([rig.events, rig.link.isUp]).toEqual([["up"], true]);
    expect(rig.link.peer()).toMatchObject({ hello: other.hello, isConnected: true });
  });

  test("of the acceptor: it says hello when it heard one, and is up when the dialler is ready", async () => {
    await start("acceptor");
    expect(rig.kinds).toBe("");
    await rig.say(HELLO);
    expect([rig.kinds, rig.link.isUp]).toEqual(["hello", false]);
    await rig.say(["ready"], BEAT_FRAME);
    expect([rig.events, rig.messages]).toEqual([["up"], [BEAT]]);
  });

  test.each<Side>(["dialler", "acceptor"])("of a %s takes no more than five seconds", async (side) => {
    await start(side);
    rig.clock.advance(4999);
    expect(rig.ending).toBeUndefined();
    rig.clock.advance(1);
    expect(rig.ending).toMatchObject({ kind: "closed", why: "the handshake took too long" });
    expect(rig.isEnded).toBe(true);
  });

  test("ends with the reason when the other server is not wanted", async () => {
    for (const side of ["dialler", "acceptor"] as const) {
      await start(side);
      rig.verdict = { code: "foreign", text: "of another cluster", nodeId: "a" };
      await rig.say(HELLO);
      expect(rig.sent.at(-1)).toEqual({ kind: "refuse", payload: JSON.stringify(rig.verdict) });
      expect(rig.ending).toEqual({ kind: "refused", by: "us", refused: rig.verdict });
      expect(rig.events).toEqual(["ended"]);
    }
  });

  test("asks again when the dialler is ready: things may have changed", async () => {
    await start("acceptor");
    await rig.say(HELLO);
    rig.verdict = { code: "duplicate", text: "connected already", nodeId: "a" };
    await rig.say(["ready"]);
    expect(rig.ending).toMatchObject({ kind: "refused", by: "us" });
    expect(rig.events).toEqual(["ended"]);
  });

  test("hears why it is refused", async () => {
    await start("dialler");
    const refused: Refused = { code: "foreign", text: "of another cluster", nodeId: "b" };
    await rig.say(["refuse", JSON.stringify(refused)]);
    expect(rig.ending).toEqual({ kind: "refused", by: "peer", refused });
  });

  test("refuses another version of the protocol, and says which", async () => {
    await start("acceptor");
    await rig.say(["hello", `{"hello":{"protocol":${PROTOCOL_VERSION + 1}}}`]);
    expect(rig.ending).toMatchObject({ kind: "refused", by: "us" });
    expect(rig.sent[0]?.payload).toContain("different versions of the protocol");
  });

  test.each<[string, Side, [FrameKind, (Uint8Array | string)?][]]>([
    ["a message before the hello", "acceptor", [BEAT_FRAME]],
    ["a call before it is ready", "acceptor", [HELLO, ["call", "x"]]],
    ["ready before the hello", "acceptor", [["ready"]]],
    ["ready from the acceptor", "dialler", [["ready"]]],
    ["two hellos", "acceptor", [HELLO, HELLO]],
    ["a hello that is none", "acceptor", [["hello", "{}"]]],
    ["a large frame", "acceptor", [["append", Buffer.alloc(60_000)]]],
  ])("ends for %s", async (_, side, frames) => {
    await start(side);
    await rig.say(...frames);
    expect(rig.ending).toMatchObject({ kind: "closed", isFault: true });
    expect(rig.events).toEqual(["ended"]);
  });

  test("keeps nothing of large frames from strangers", async () => {
    await start("acceptor");
    const first = frameOf("append", Buffer.alloc(1000));
    first[0] = (first[0] ?? 0) | 0x80;
    first.writeUInt32BE(Bun.hash.crc32(first.subarray(0, -4)), first.length - 4);
    rig.link.onData(first);
    expect(rig.ending).toMatchObject({ isFault: true, why: "more than 0 bytes of append" });
  });
});

describe("a link that is up", () => {
  test("answers pings at once", async () => {
    await startUp();
    await rig.say(["ping", Buffer.of(5)]);
    expect(rig.sent.at(-1)).toEqual({ kind: "pong", payload: "\u0005" });
  });

  test("sends messages of Raft, and tells when there is no room", async () => {
    await startUp();
    expect(rig.link.send({ ...BEAT, from: "a", to: "b" })).toBe(true);
    await settle();
    expect(rig.kinds).toBe("hello heartbeat");
    rig.link.close("done");
    expect(rig.link.send(BEAT)).toBe(false);
  });

  test("tells its hello again only when it changed, and hears the other's", async () => {
    await startUp();
    rig.link.tellHello();
    await settle();
    expect(rig.kinds).toBe("hello");
    await rig.say(["hello", encodeIntroduction({ ...other, hello: helloOf("b", { expect: 5 }) })]);
    expect(rig.events).toEqual(["up", "hello"]);
    expect(rig.link.peer().hello.expect).toBe(5);
  });

  test.each<[string, [FrameKind, (Uint8Array | string)?]]>([
    ["a second ready", ["ready"]],
    ["a pong for no ping", ["pong", Buffer.of(1)]],
    ["a ping with more than a number", ["ping", Buffer.of(1, 2)]],
    ["a message with a byte too many", ["heartbeat", Buffer.concat([encodeMessage(BEAT), Buffer.of(0)])]],
    ["a call that is none", ["call", Buffer.of(1, 255)]],
    ["an answer that is none", ["answer", Buffer.from("\u0001{")]],
    ["a failure that is none", ["failure", Buffer.from("\u0001{}")]],
    ["a refusal that is none", ["refuse", "x"]],
    ["the hello of another server", ["hello", encodeIntroduction({ ...other, hello: helloOf("c") })]],
    ["the hello of another process", ["hello", encodeIntroduction({ ...other, instance: "i-c" })]],
  ])("ends for %s, and nothing after it counts", async (_, frame) => {
    await startUp();
    await rig.say(frame, BEAT_FRAME);
    expect(rig.ending).toMatchObject({ kind: "closed", isFault: true });
    await rig.say(BEAT_FRAME);
    expect(rig.messages).toEqual([]);
    expect(rig.events).toEqual(["up", "ended"]);
  });

  test("ends once, whatever comes after, and leaves no timer when the connection is gone", async () => {
    await startUp();
    rig.link.close("done");
    rig.link.close("again");
    rig.link.refuse({ code: "foreign", text: "", nodeId: "a" });
    rig.link.onClose();
    await rig.link.gone;
    expect(rig.events).toEqual(["up", "ended"]);
    expect(rig.clock.pendingMs).toEqual([]);
  });

  test("cuts the connection when the other end does not take what was said last within a second", async () => {
    await startUp();
    rig.link.close("done");
    expect([rig.isEnded, rig.isDestroyed]).toEqual([true, false]);
    rig.clock.advance(1000);
    expect(rig.isDestroyed).toBe(true);
  });

  test("ends with the system's error", async () => {
    await startUp();
    rig.link.onClose(new Error("ECONNRESET"));
    expect(rig.ending).toEqual({ kind: "closed", why: "ECONNRESET", isFault: false });
  });
});

beforeEach(() => {
  expect.hasAssertions();
});
