import { expect, test } from "bun:test";
import { testReachability } from "../../../src/agent/reachability.ts";
import { OWN_VERSIONS } from "../../../src/gossip/messages.ts";
import type { MemberStatus, PoolMember, QueryOptions } from "../../../src/gossip/types.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

const member = (name: string, status: MemberStatus): PoolMember => ({
  ...{ name, status, tags: {}, versions: OWN_VERSIONS },
  at: { address: "10.0.0.1", port: 8301 },
});

function rig() {
  const clock = new ManualClock();
  const over = Promise.withResolvers<void>();
  const asked: { name: string; options: QueryOptions }[] = [];
  const pool = {
    members: () => [member("a", "alive"), member("b", "alive"), member("c", "failed")],
    query(name: string, _payload: Uint8Array, options: QueryOptions = {}) {
      asked.push({ name, options });
      return over.promise;
    },
  };
  return { clock, over, asked, result: testReachability(pool, clock) };
}

test("all members are asked for an ack, and it is over when those that are alive have sent theirs", async () => {
  const { clock, asked, result } = rig();
  expect(asked).toMatchObject([{ name: "_serf_ping", options: { wantsAck: true } }]);
  clock.advance(5);
  asked[0]?.options.onAck?.("a");
  asked[0]?.options.onAck?.("a");
  clock.advance(7);
  asked[0]?.options.onAck?.("b");
  expect(await result).toEqual({
    members: 3,
    live: ["a", "b"],
    acks: [
      { name: "a", afterMs: 5 },
      { name: "b", afterMs: 12 },
    ],
  });
});

test("it is over when the time is, with those that are missing", async () => {
  const { asked, over, result } = rig();
  asked[0]?.options.onAck?.("a");
  over.resolve();
  await settle();
  expect((await result).acks.map(({ name }) => name)).toEqual(["a"]);
});
