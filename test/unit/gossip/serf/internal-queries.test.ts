import { describe, expect, test } from "bun:test";
import type { SerfMessage } from "../../../../src/gossip/messages.ts";
import { CONFLICT_QUERY } from "../../../../src/gossip/serf/query-names.ts";
import { decodeSerf } from "../../../../src/gossip/wire/serf.ts";
import { HOUR_MS, type SerfNode, SerfWorld, text } from "../../../support/gossip/serf-world.ts";

async function ask(
  name: string,
  payload: string,
): Promise<{ heard: string[]; answers: SerfMessage[]; told: string[] }> {
  const world = new SerfWorld();
  const [a, b] = world.pool("a", "b", "c") as [SerfNode, SerfNode];
  const heard: string[] = [];
  const answers: SerfMessage[] = [];
  const over = a.serf.query(name, text(payload), {
    wantsAck: true,
    onAck: (from) => heard.push(`ack ${from}`),
    onResponse: (from, answer) => {
      heard.push(`answer ${from}`);
      answers.push(decodeSerf(answer));
    },
  });
  await world.gossip();
  await world.pass(HOUR_MS);
  await over;
  return { heard: heard.sort(), answers, told: b.events.filter((event) => event.startsWith("query")) };
}

describe("questions among members of Serf", () => {
  test("a ping is answered by its ack alone, and nobody above hears of it", async () => {
    expect(await ask("_serf_ping", "")).toEqual({ heard: ["ack a", "ack b", "ack c"], answers: [], told: [] });
  });

  test("who has a name is told by all but the one that it is about", async () => {
    const { heard, answers, told } = await ask(CONFLICT_QUERY, "b");
    expect(heard.filter((line) => line.startsWith("answer"))).toEqual(["answer a", "answer c"]);
    expect(answers).toMatchObject([
      { type: "conflictResponse", member: { name: "b", at: { address: "10.0.0.2", port: 8301 }, status: 1 } },
      { type: "conflictResponse", member: { name: "b" } },
    ]);
    expect(told).toEqual([]);
  });

  test("of a name that is not known nothing is told", async () => {
    expect((await ask(CONFLICT_QUERY, "nobody")).answers).toEqual([]);
  });

  test("an internal question that is not known is not for those above either", async () => {
    expect((await ask("_serf_new", "")).told).toEqual([]);
    expect((await ask("serf", "")).told).toEqual(["query serf"]);
  });
});
