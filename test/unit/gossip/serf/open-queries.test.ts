import { describe, expect, test } from "bun:test";
import { OpenQueries } from "../../../../src/gossip/serf/open-queries.ts";
import { text, words } from "../../../support/gossip/serf-world.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";
import { silentLogger, silentMeter } from "../../../support/silent.ts";

function rig(membersMax = 3) {
  const clock = new ManualClock();
  const open = new OpenQueries({ clock, log: silentLogger, meter: silentMeter, membersMax: () => membersMax });
  const heard: string[] = [];
  const listeners = {
    onAck: (from: string) => heard.push(`ack ${from}`),
    onResponse: (from: string, payload: Uint8Array) => heard.push(`${from} ${words(payload)}`),
  };
  const answer = (from: string, payload: string, parts: { ltime?: number; id?: number; isAck?: boolean } = {}) =>
    open.receive({ type: "queryResponse", ltime: 1, id: 9, isAck: false, from, payload: text(payload), ...parts });
  return { clock, open, heard, listeners, answer };
}
const QUERY = { ltime: 1, id: 9, timeoutMs: 1000 };

describe("questions of this member", () => {
  test("acks and responses are heard until the time is over", async () => {
    const { clock, open, heard, listeners, answer } = rig();
    const query = open.open(QUERY, listeners);
    let isDone = false;
    query.done.then(() => {
      isDone = true;
    });
    answer("a", "", { isAck: true });
    answer("a", "yes");
    clock.advance(999);
    await settle();
    expect(isDone).toBe(false);
    clock.advance(1);
    await query.done;
    answer("b", "late");
    expect(heard).toEqual(["ack a", "a yes"]);
    expect(open.size).toBe(0);
  });

  test("each member counts once: relays bring copies", () => {
    const { open, heard, listeners, answer } = rig();
    open.open(QUERY, listeners);
    answer("a", "yes");
    answer("a", "yes");
    answer("a", "no");
    expect(heard).toEqual(["a yes"]);
  });

  test("a flood under forged names brings no more answers than there are members", () => {
    const { open, heard, listeners, answer } = rig(3);
    open.open(QUERY, listeners);
    for (let i = 0; i < 10_000; i++) {
      answer(`forged-${i}`, "x");
      answer(`forged-${i}`, "", { isAck: true });
    }
    expect(heard.filter((line) => line.startsWith("ack"))).toHaveLength(3);
    expect(heard).toHaveLength(6);
  });

  test("only the query with this time and this id is answered", () => {
    const { open, heard, listeners, answer } = rig();
    open.open(QUERY, listeners);
    answer("a", "other id", { id: 8 });
    answer("a", "other time", { ltime: 2 });
    expect(heard).toEqual([]);
  });

  test("one that knows enough is over at once, and leaves no timer", async () => {
    const { clock, open, listeners } = rig();
    const query = open.open(QUERY, listeners);
    query.close();
    query.close();
    await query.done;
    expect(clock.pendingMs).toEqual([]);
  });

  test("when the member goes nobody waits any longer", async () => {
    const { open, listeners } = rig();
    const queries = [open.open(QUERY, listeners), open.open({ ...QUERY, id: 10 }, listeners)];
    open.close();
    await Promise.all(queries.map(({ done }) => done));
    expect(open.size).toBe(0);
  });
});
