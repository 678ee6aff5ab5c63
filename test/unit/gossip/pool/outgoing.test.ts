import { describe, expect, test } from "bun:test";
import { ByteBudget } from "../../../../src/gossip/pool/byte-budget.ts";
import { askOverStream, tellOverStream } from "../../../../src/gossip/pool/outgoing.ts";
import type { StreamConnection } from "../../../../src/ports/stream.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { LineReader } from "../../../support/gossip/line-reader.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";
import { MemoryNetwork } from "../../../support/rpc/memory-network.ts";

const AT = { address: "10.0.0.1", port: 7946 };
const TIMEOUT_MS = 10_000;

/** A peer that answers by `onSaid`. */
async function rig(onSaid: (text: string, connection: StreamConnection) => void) {
  const clock = new ManualClock();
  const network = new MemoryNetwork(clock);
  const budget = new ByteBudget(1000);
  const listen = (connection: StreamConnection) => ({
    onData: (bytes: Buffer) => onSaid(bytes.toString(), connection),
    onDrain: () => undefined,
    onClose: () => undefined,
  });
  await network.host(AT.address).listen({ ...AT, connectionsMax: 10 }, listen, () => undefined);
  const parts = { streams: network.host("own"), clock, budget, timeoutMs: TIMEOUT_MS };
  const ask = async (to = AT, text = "hello") =>
    (await askOverStream(to, Buffer.from(text), () => new LineReader(), parts)).line;
  const tell = () => tellOverStream(AT, Buffer.from("news"), parts);
  return { clock, network, ask, tell, budget };
}

describe("what is said to others over a stream", () => {
  test("an answer is read in pieces; then the stream is closed and no timer is left", async () => {
    const { clock, ask } = await rig((text, connection) => {
      connection.write(Buffer.from(`${text} `));
      connection.write(Buffer.from("yourself\n"));
    });
    expect(await ask()).toBe("hello yourself");
    expect(clock.pendingMs).toEqual([]);
  });

  test("what has no answer is said when the peer has closed", async () => {
    const heard: string[] = [];
    const { tell } = await rig((text) => void heard.push(text));
    await tell();
    expect(heard).toEqual(["news"]);
  });

  test("a peer that stays silent, or is not there, is given up in words that operators know", async () => {
    const { clock, ask, network } = await rig(() => undefined);
    const silent = failureOf(ask());
    await settle();
    clock.advance(TIMEOUT_MS);
    expect((await silent).message).toBe("no answer of 10.0.0.1:7946 within 10000 ms");
    const refused = await failureOf(ask({ address: "10.0.0.1", port: 1 }));
    expect(refused.message).toBe("dial tcp 10.0.0.1:1: connect: connection refused");
    network.cutOff("10.0.0.1");
    const hanging = failureOf(ask());
    clock.advance(TIMEOUT_MS);
    expect((await hanging).message).toMatch(/no answer of|dial tcp 10.0.0.1:7946: i\/o timeout/);
    expect(clock.pendingMs).toEqual([]);
  });

  test("a peer that closes early, or says what is no answer, fails at once", async () => {
    const early = await rig((_text, connection) => connection.end());
    expect((await failureOf(early.ask())).message).toBe("the connection was closed before the message was whole");
    const bad = await rig((_text, connection) => void connection.write(Buffer.from("!")));
    expect((await failureOf(bad.ask())).message).toBe("no line");
  });

  test("an answer without end is cut when all streams together hold too much; what they held is free again", async () => {
    let answer = "x".repeat(2000);
    const { ask, budget } = await rig((_text, connection) => void connection.write(Buffer.from(answer)));
    expect((await failureOf(ask())).message).toMatch(/hold too much/);
    expect(budget.share().take(1000)).toBe(true);
    answer = "y\n";
    expect((await failureOf(ask())).message).toMatch(/hold too much/);
  });
});
