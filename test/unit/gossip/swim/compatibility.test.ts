import { describe, expect, test } from "bun:test";
import { type NodeState, OWN_VERSIONS, type PushedNode, type Versions } from "../../../../src/gossip/messages.ts";
import { incompatibility } from "../../../../src/gossip/swim/compatibility.ts";
import { endpointOf } from "../../../support/gossip/lone-swim.ts";

// memberlist's state.go, verifyProtocol.

const node = (name: string, versions: Partial<Versions> | undefined, state: NodeState = "alive"): PushedNode => ({
  name,
  at: endpointOf("n1"),
  meta: new Uint8Array(0),
  incarnation: 1,
  state,
  versions: versions && { ...OWN_VERSIONS, ...versions },
});
const us = node("us", {});

describe("two sides of a pool understand each other", () => {
  test("when each speaks what all living members understand: Serf's versions and Consul's do", () => {
    expect(incompatibility([us], [node("serf", { delegateCurrent: 5 }), node("consul", { delegateCurrent: 4 })])).toBe(
      undefined,
    );
  });

  test("also when one side is nobody", () => {
    expect(incompatibility([us], [])).toBe(undefined);
  });

  test("not when one of theirs speaks what one of ours does not understand", () => {
    expect(incompatibility([us], [node("n2", { protocolMax: 6, protocolCurrent: 6 })])).toBe(
      "member n2: protocol version (6) is incompatible: [1, 5]",
    );
  });

  test("not when one of ours speaks what one of theirs does not understand", () => {
    expect(incompatibility([us], [node("n2", { delegateMax: 3, delegateCurrent: 3 })])).toBe(
      "member us: delegate protocol version (4) is incompatible: [2, 3]",
    );
  });

  test("not when one says no versions: it speaks 0", () => {
    expect(incompatibility([us], [node("n2", undefined)])).toBe(
      "member n2: protocol version (0) is incompatible: [1, 5]",
    );
  });

  test("what the dead understand does not matter, what they speak does: they may come back", () => {
    expect(incompatibility([us], [node("n2", { delegateMax: 3, delegateCurrent: 3 }, "dead")])).toBe(undefined);
    expect(incompatibility([us], [node("n2", { delegateCurrent: 9 }, "dead")])).toBe(
      "member n2: delegate protocol version (9) is incompatible: [2, 5]",
    );
  });
});
