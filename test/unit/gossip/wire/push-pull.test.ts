import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MsgpackWriter } from "../../../../src/codec/msgpack/writer.ts";
import { CutOff } from "../../../../src/codec/wire-error.ts";
import { NODE_STATES, type PushPull } from "../../../../src/gossip/messages.ts";
import { PushPullReader, writingPushPull } from "../../../../src/gossip/wire/push-pull.ts";
import { anyPushPull } from "../../../support/gossip/messages.ts";
import { type PlainMap, plainMsgpack } from "../../../support/gossip/plain-msgpack.ts";

const ip = Uint8Array.of(10, 0, 0, 1);
const node = (fields: PlainMap = {}): PlainMap => ({ Name: "a", Addr: ip, Port: 8301, ...fields });

function bytesOf(header: PlainMap, nodes: readonly PlainMap[], tail = ""): Uint8Array {
  return Buffer.concat([plainMsgpack(header), ...nodes.map((each) => plainMsgpack(each)), Buffer.from(tail)]);
}

function written(states: PushPull): Uint8Array {
  const writer = new MsgpackWriter();
  for (const slice of writingPushPull(writer, states, 3)) expect(slice).toBeUndefined();
  return writer.take();
}

const read = (bytes: Uint8Array) => new PushPullReader(0).run(bytes, Number.POSITIVE_INFINITY);

describe("exchanges", () => {
  test("are a header, the nodes one after the other, and the bytes of the layer above", () => {
    fc.assert(
      fc.property(anyPushPull, (states) => {
        const { isJoin, nodes, userState } = states;
        const header = { Join: isJoin, Nodes: nodes.length, UserStateLen: userState.length };
        expect(written(states).subarray(0, plainMsgpack(header).length).toHex()).toBe(plainMsgpack(header).toHex());
        expect(Buffer.from(written(states).subarray(-userState.length || undefined)).includes(userState)).toBe(true);
        expect(read(written(states))).toEqual(states);
      }),
    );
  });

  test("a node is a map of its fields with Go's names, sorted", () => {
    const at = { address: "10.0.0.1", port: 8301 };
    const rest = { meta: Uint8Array.of(7), incarnation: 3, state: "left" as const, versions: undefined };
    const expected = { Addr: ip, Incarnation: 3, Meta: Uint8Array.of(7), Name: "a", Port: 8301, State: 3, Vsn: null };
    const bytes = written({ isJoin: false, nodes: [{ name: "a", at, ...rest }], userState: new Uint8Array(0) });
    expect(Buffer.from(bytes).toHex()).toEndWith(plainMsgpack(expected).toHex());
  });

  test("numbers may have a sign, as newer peers write them", () => {
    const bytes = Buffer.concat([
      Uint8Array.fromHex("83a54e6f646573d301".slice(0, 14)),
      Uint8Array.fromHex("d30000000000000001"),
      Uint8Array.fromHex("ac5573657253746174654c656ed00ba44a6f696ec3".replace("d00b", "d003")),
      plainMsgpack(node({ State: 2 })),
      Buffer.from("xyz"),
    ]);
    expect(read(bytes)).toMatchObject({
      isJoin: true,
      nodes: [{ name: "a", state: "dead" }],
      userState: Buffer.from("xyz"),
    });
  });

  test("the states of nodes travel as 0 to 3", () => {
    for (const [State, state] of NODE_STATES.entries()) {
      expect(read(bytesOf({ Nodes: 1 }, [node({ State })]))?.nodes[0]?.state).toBe(state);
    }
  });

  test("a node without name or address, or in an unknown state, is left out; the others count", () => {
    const nodes = [
      node({ Name: "b" }),
      node({ Name: "" }),
      node({ Addr: null }),
      node({ State: 4 }),
      node({ Name: "c" }),
    ];
    const states = read(bytesOf({ Nodes: 5, UserStateLen: 3 }, nodes, "xyz"));
    expect(states?.nodes.map(({ name }) => name)).toEqual(["b", "c"]);
    expect(Buffer.from(states?.userState ?? []).toString()).toBe("xyz");
  });
});

describe("reading bit by bit", () => {
  test("gives the same, wherever it is cut", () => {
    const cuts = fc.array(fc.nat(4000), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(anyPushPull, cuts, fc.integer({ min: 1, max: 5 }), (states, cuts, nodesMax) => {
        const bytes = written(states);
        const reader = new PushPullReader(0);
        const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        let result: PushPull | undefined;
        for (const end of ends) {
          for (let isCut = false; !isCut && result === undefined; ) {
            try {
              result = reader.run(bytes.subarray(0, end), nodesMax);
            } catch (error) {
              expect(error).toBeInstanceOf(CutOff);
              isCut = true;
            }
          }
        }
        expect(result).toEqual(states);
      }),
    );
  });

  test("and writing them: there is a pause after each slice of nodes", () => {
    const at = { address: "10.0.0.1", port: 1 };
    const rest = { meta: new Uint8Array(0), incarnation: 1, state: "alive" as const, versions: undefined };
    const pauses = (count: number) => {
      const nodes = Array.from({ length: count }, (_, i) => ({ name: `n${i}`, at, ...rest }));
      return [...writingPushPull(new MsgpackWriter(), { isJoin: false, nodes, userState: new Uint8Array(0) }, 3)]
        .length;
    };
    expect([0, 1, 3, 4, 6, 7, 10].map(pauses)).toEqual([0, 0, 0, 1, 1, 2, 3]);
  });

  test("takes no more nodes at once than it is told", () => {
    const nodes = Array.from({ length: 10 }, (_, i) => node({ Name: `n${i}` }));
    const bytes = bytesOf({ Nodes: 10 }, nodes);
    const reader = new PushPullReader(0);
    const turns = [1, 2, 3, 4].map(() => reader.run(bytes, 3)?.nodes.length);
    expect(turns).toEqual([undefined, undefined, undefined, 10]);
  });
});

describe("limits", () => {
  test("numbers of nodes and bytes that nobody has are refused at the header, in memberlist's words", () => {
    const cases: [PlainMap, string][] = [
      [{ Nodes: 131_073 }, "number of nodes in header (131073) exceeds limit"],
      [{ Nodes: -1 }, "number of nodes in header (-1) exceeds limit"],
      [{ UserStateLen: 20 * 1024 * 1024 + 1 }, "user state length (20971521) exceeds limit"],
      [{ UserStateLen: -1 }, "user state length (-1) exceeds limit"],
    ];
    for (const [header, text] of cases) expect(() => read(plainMsgpack(header))).toThrow(text);
    expect(() => read(plainMsgpack({ Nodes: 131_072, UserStateLen: 20 * 1024 * 1024 }))).toThrow(CutOff);
  });

  test("a header or node that does not end within 4 KiB is refused, so that it is not read again and again", () => {
    const endless = Buffer.concat([plainMsgpack({ Nodes: 1 }), Uint8Array.fromHex("81a44e616d65db7fffffff")]);
    expect(() => read(endless)).toThrow(CutOff);
    const header = Buffer.concat([Uint8Array.fromHex("82a178"), Buffer.alloc(4200, 0x91)]);
    expect(() => read(header.subarray(0, 4000))).toThrow(CutOff);
    expect(() => read(header)).toThrow("a header has more than 4096 bytes");
    expect(() => read(Buffer.concat([endless, Buffer.alloc(4200)]))).toThrow("a node has more than 4096 bytes");
  });
});
