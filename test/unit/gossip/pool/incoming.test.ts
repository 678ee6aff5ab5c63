import { describe, expect, test } from "bun:test";
import { ByteBudget } from "../../../../src/gossip/pool/byte-budget.ts";
import { Complaints } from "../../../../src/gossip/pool/complaints.ts";
import { IncomingStreams } from "../../../../src/gossip/pool/incoming.ts";
import type { StreamConnection } from "../../../../src/ports/stream.ts";
import { LineReader } from "../../../support/gossip/line-reader.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";
import { RecordingLogger } from "../../../support/recording-logger.ts";
import { MemoryNetwork } from "../../../support/rpc/memory-network.ts";
import { silentMeter } from "../../../support/silent.ts";

const TIMEOUT_MS = 10_000;
const BUDGET_BYTES = 1000;
const AT = { address: "server", port: 7946 };

/** A service of lines: a line is answered with itself, `never` with nothing at all, and `!` can't be read. */
async function rig(options: { isAllowed?: (address: string) => boolean } = {}) {
  const clock = new ManualClock();
  const network = new MemoryNetwork(clock);
  const log = new RecordingLogger();
  const gate = Promise.withResolvers<void>();
  let serving = 0;
  const service = {
    reader: () => new LineReader(),
    serve: async (_from: unknown, { line }: { line: string }) => {
      serving++;
      if (line === "w") await gate.promise;
      if (line === "bad") throw new Error("not served");
      return line === "tell" ? undefined : Buffer.from(`${line}!`);
    },
    complaint: () => Buffer.from("what?"),
  };
  const parts = {
    clock,
    budget: new ByteBudget(BUDGET_BYTES),
    isAllowed: () => true,
    timeoutMs: TIMEOUT_MS,
    ...options,
  };
  const complaints = new Complaints({ clock, log, meter: silentMeter });
  const streams = new IncomingStreams(service, { ...parts, complaints });
  await network.host("server").listen(
    { ...AT, connectionsMax: 1000 },
    (c) => streams.accept(c),
    () => undefined,
  );
  const dial = async (host: string) => {
    const peer = { heard: "", isClosed: false };
    const connection: StreamConnection = await network.host(host).connect(
      { ...AT, timeoutMs: 1000 },
      {
        onData: (bytes) => {
          peer.heard += bytes.toString();
        },
        onDrain: () => undefined,
        onClose: () => {
          peer.isClosed = true;
        },
      },
    );
    await settle();
    const say = async (text: string) => {
      connection.write(Buffer.from(text));
      await settle();
    };
    return Object.assign(peer, { say, connection });
  };
  return { clock, log, dial, streams, budget: parts.budget, open: gate.resolve, serving: () => serving };
}

describe("streams of others", () => {
  test("one is read in pieces, answered, and closed", async () => {
    const { clock, dial } = await rig();
    const peer = await dial("a");
    await peer.say("he");
    expect(peer.heard).toBe("");
    await peer.say("llo\n");
    expect(peer).toMatchObject({ heard: "hello!", isClosed: true });
    expect(clock.pendingMs).toEqual([]);
  });

  test("what asks for no answer is closed without one, and so is what can't be served", async () => {
    const { dial, log } = await rig();
    for (const line of ["tell\n", "bad\n"]) {
      const peer = await dial("a");
      await peer.say(line);
      expect(peer).toMatchObject({ heard: "", isClosed: true });
    }
    expect(log.messages("warn")).toEqual(["what another said over a stream can't be served"]);
  });

  test("what can't be read is told so, and closed", async () => {
    const { dial, log } = await rig();
    const peer = await dial("a");
    await peer.say("!!!!");
    expect(peer).toMatchObject({ heard: "what?", isClosed: true });
    expect(log.lines[0]?.fields).toEqual({ from: "a", error: "no line" });
  });

  test("one that says nothing, or does not end, is cut when its time is over", async () => {
    const { clock, dial } = await rig();
    const [silent, slow] = [await dial("a"), await dial("b")];
    await slow.say("he");
    clock.advance(TIMEOUT_MS - 1);
    await settle();
    expect([silent.isClosed, slow.isClosed]).toEqual([false, false]);
    clock.advance(1);
    await settle();
    expect([silent.isClosed, slow.isClosed]).toEqual([true, true]);
  });

  test("one address has 32 at most, and others still have places", async () => {
    const { dial } = await rig();
    const peers = [];
    for (let left = 33; left > 0; left--) peers.push(await dial("a"));
    await settle();
    expect(peers.map((peer) => peer.isClosed).filter(Boolean)).toHaveLength(1);
    expect((await dial("b")).isClosed).toBe(false);
    peers[0]?.connection.destroy();
    await settle();
    const again = await dial("a");
    await again.say("x\n");
    expect(again.heard).toBe("x!");
  });

  test("128 are answered at a time, and one more is cut", async () => {
    const { dial, serving, open } = await rig();
    const peers = [];
    for (let at = 0; at < 129; at++) {
      const peer = await dial(`h${at >> 4}`);
      await peer.say("w\n");
      peers.push(peer);
    }
    expect(serving()).toBe(128);
    expect(peers.filter((peer) => peer.isClosed)).toEqual([peers[128]] as never);
    open();
    await settle();
    expect(peers.filter((peer) => peer.heard === "w!")).toHaveLength(128);
  });

  test("all together hold no more than the budget: what goes over it is cut, and the rest goes on", async () => {
    const { dial } = await rig();
    const [first, second] = [await dial("a"), await dial("b")];
    await first.say("x".repeat(900));
    await second.say("y".repeat(101));
    expect([first.isClosed, second.isClosed]).toEqual([false, true]);
    first.connection.destroy();
    await settle();
    const third = await dial("c");
    await third.say(`${"z".repeat(400)}\n`);
    expect(third.heard).toHaveLength(401);
  });

  test("addresses that are not allowed are cut before a byte is read", async () => {
    const { dial, serving } = await rig({ isAllowed: (address) => address !== "a" });
    const peer = await dial("a");
    await peer.say("x\n");
    expect(peer).toMatchObject({ heard: "", isClosed: true });
    expect(serving()).toBe(0);
  });

  test("closing cuts all and leaves no timer", async () => {
    const { clock, dial, streams } = await rig();
    const peer = await dial("a");
    streams.close();
    await settle();
    expect(peer.isClosed).toBe(true);
    expect(clock.pendingMs).toEqual([]);
  });
});
