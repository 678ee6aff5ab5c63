import { describe, expect, test } from "bun:test";
import { decodeSerf } from "../../../../../src/gossip/wire/serf.ts";
import { SERF_TYPE } from "../../../../../src/gossip/wire/types.ts";
import { type Plain, plainMsgpack } from "../../../../support/gossip/plain-msgpack.ts";

const message = (type: keyof typeof SERF_TYPE, fields: Plain) =>
  Buffer.concat([Buffer.of(SERF_TYPE[type]), plainMsgpack(fields)]);

describe("states of peers in Go", () => {
  test("give the whole ring of events, mostly empty", () => {
    const event = { Name: "deploy", Payload: Buffer.from("x") };
    const Events: Plain[] = Array.from({ length: 512 }, () => null);
    Events[300] = { LTime: 300, Events: [event] };
    Events[7] = { LTime: 519, Events: [event, { Name: "other", Payload: null }] };
    const state = decodeSerf(message("pushPull", { LTime: 9, Events, EventLTime: 520 }));
    const deploy = { name: "deploy", payload: Uint8Array.of(0x78) };
    expect(state.type === "pushPull" && state.events).toEqual([
      { ltime: 519, events: [deploy, { name: "other", payload: new Uint8Array(0) }] },
      { ltime: 300, events: [deploy] },
    ]);
  });

  test("without members, events and times have nil for them", () => {
    const nothing = { LTime: 1, StatusLTimes: null, LeftMembers: null, EventLTime: 1, Events: null, QueryLTime: 1 };
    expect(decodeSerf(message("pushPull", nothing))).toEqual({
      ...{ type: "pushPull", ltime: 1, statusLTimes: new Map(), leftMembers: [], eventLTime: 1, events: [] },
      queryLTime: 1,
    });
  });
});

describe("limits", () => {
  const events = (count: number) => Array.from({ length: count }, () => ({ Name: "a", Payload: null }));

  test("of members: 256 thousand, looked at before any is read", () => {
    const names = Buffer.concat([Uint8Array.fromHex("dd00040001"), Buffer.alloc(262_145, 0xa0)]);
    const left = Buffer.concat([Buffer.of(SERF_TYPE.pushPull, 0x81), plainMsgpack("LeftMembers"), names]);
    expect(() => decodeSerf(left)).toThrow("a state has 262145 members, more than 262144");
    const times = Buffer.concat([Uint8Array.fromHex("df00040001"), Buffer.alloc(2 * 262_145, 0xa0)]);
    const status = Buffer.concat([Buffer.of(SERF_TYPE.pushPull, 0x81), plainMsgpack("StatusLTimes"), times]);
    expect(() => decodeSerf(status)).toThrow("a state has 262145 members, more than 262144");
  });

  test("of events: 64 thousand in all", () => {
    const at = { LTime: 1, Events: events(40_000) };
    expect(decodeSerf(message("pushPull", { Events: [at] }))).toMatchObject({ events: [{ ltime: 1 }] });
    expect(() => decodeSerf(message("pushPull", { Events: [at, at] }))).toThrow(
      "a state has 80000 events, more than 65536",
    );
    const nils = Buffer.concat([Uint8Array.fromHex("dd00010001"), Buffer.alloc(65_537, 0xc0)]);
    const ring = Buffer.concat([Buffer.of(SERF_TYPE.pushPull, 0x81), plainMsgpack("Events"), nils]);
    expect(() => decodeSerf(ring)).toThrow("a state has 65537 events, more than 65536");
  });
});
