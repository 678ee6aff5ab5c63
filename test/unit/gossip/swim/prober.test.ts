import { describe, expect, test } from "bun:test";
import { aliveOf, LoneSwim, SELF } from "../../../support/gossip/lone-swim.ts";

const NOTHING = new Uint8Array(0);

/** Answers each ping at once, for some time; the names that were probed, in order. */
function probed(lone: LoneSwim, forMs: number): string[] {
  const names: string[] = [];
  lone.transport.sent = [];
  for (let ms = 0; ms < forMs; ms += 100) {
    lone.clock.advance(100);
    for (const { seqNo, node } of lone.transport.messages("ping")) {
      names.push(node);
      lone.hear({ type: "ack", seqNo, payload: NOTHING });
    }
    lone.transport.sent = [];
  }
  return names;
}

function started(count: number): LoneSwim {
  const lone = new LoneSwim({ pushPullIntervalMs: 1_000_000 });
  lone.know(count);
  lone.swim.start();
  return lone;
}

describe("members are probed", () => {
  test("one in each interval, all before any again, and in another order in the next round (SWIM 4.3)", () => {
    const names = probed(started(10), 30_000);
    expect(names.length).toBe(30);
    const rounds = [0, 10, 20].map((from) => names.slice(from, from + 10));
    // The first round begins anywhere in the order, as members came in; each later one is whole.
    for (const round of rounds.slice(1)) expect(new Set(round).size).toBe(10);
    expect(rounds[1]).not.toEqual(rounds[2]);
  });

  test("but never this one, the dead, or who has left", () => {
    const lone = started(4);
    lone.hear({ type: "dead", node: "n1", incarnation: 1, from: "n2" });
    lone.hear({ type: "dead", node: "n2", incarnation: 1, from: "n2" });
    const names = probed(lone, 20_000);
    expect(new Set(names)).toEqual(new Set(["n3", "n4"]));
    expect(names).not.toContain(SELF);
  });

  test("as soon as there are any", () => {
    const lone = started(0);
    expect(probed(lone, 10_000)).toEqual([]);
    lone.hear(aliveOf("n1"));
    expect(probed(lone, 2000).length).toBe(2);
  });

  test("no more after the end", () => {
    const lone = started(3);
    lone.clock.advance(1000);
    lone.swim.close();
    lone.transport.sent = [];
    lone.clock.advance(100_000);
    expect([lone.transport.sent, lone.clock.pendingMs]).toEqual([[], []]);
  });
});

describe("at the end of a round", () => {
  test("those are forgotten who are dead or have left for longer than gossip goes to the dead", () => {
    const lone = started(4);
    lone.hear({ type: "dead", node: "n1", incarnation: 1, from: "n2" });
    lone.hear({ type: "dead", node: "n2", incarnation: 1, from: "n2" });
    probed(lone, 29_000);
    expect([lone.view("n1"), lone.view("n2"), lone.swim.size]).toEqual(["dead 1", "left 1", 5]);
    probed(lone, 5000);
    expect([lone.view("n1"), lone.view("n2"), lone.swim.size]).toEqual([undefined, undefined, 3]);
  });

  test("this member stays in its own list, also after it has left", () => {
    const lone = started(2);
    void lone.swim.leave(1000);
    probed(lone, 60_000);
    expect(lone.view(SELF)).toBe("left 1");
  });

  test("rounds of nobody do no harm", () => {
    const lone = started(2);
    for (const node of ["n1", "n2"]) lone.hear({ type: "dead", node, incarnation: 1, from: node });
    probed(lone, 60_000);
    expect([lone.swim.size, lone.swim.aliveCount]).toEqual([1, 1]);
  });
});
