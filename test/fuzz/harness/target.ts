import { afterAll, beforeAll, expect } from "bun:test";
import { seeded, seedOf } from "../../e2e/harness/random.ts";
import { Rig } from "../../e2e/harness/rig.ts";
import type { Agent } from "../../support/e2e/agent.ts";
import { Dice } from "./dice.ts";

/** A factor for all counts: more for a longer look. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 1);
/** Print it, to repeat a run. */
export const SEED = seedOf("FUZZ_SEED");
export const ANSWER_MS_MAX = 10_000;

export const runs = (count: number) => Math.max(1, Math.round(count * RUNS));
export const dice = (salt: number) => new Dice(seeded(SEED + salt));

/** An agent of the executable under test for the tests of one file, with something in it to hit. */
export function target(): { readonly agent: Agent; isWell(): Promise<void> } {
  const rig = new Rig();
  let agent: Agent | undefined;
  const running = () => {
    if (agent === undefined) throw new Error("the agent does not run");
    return agent;
  };
  beforeAll(async () => {
    agent = await rig.server(["-enable-script-checks", "-log-level=info"]);
    const { url } = agent;
    const put = (path: string, body: unknown) => fetch(url + path, { method: "PUT", body: JSON.stringify(body) });
    await put("/v1/agent/service/register", { Name: "web", Port: 80, Check: { TTL: "1h" } });
    await put("/v1/agent/check/register", { Name: "mem", TTL: "1h" });
    await put("/v1/kv/key", "value");
    await put("/v1/catalog/register", { Node: "other", Address: "127.0.0.9", Service: { Service: "db", Port: 5432 } });
  });
  afterAll(() => rig.close());
  return {
    get agent() {
      return running();
    },
    /** It answers, it still leads, and nothing in its log is a programmer's error. */
    async isWell() {
      const answer = await fetch(`${running().url}/v1/status/leader`, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
      expect(await answer.text()).toContain(":");
      const bad = /internal error|unhandled|request failed|TypeError|RangeError|\n\s+at /i;
      const lines = (await running().output()).split("\n").filter((line) => bad.test(line));
      expect(lines.map((line) => line.slice(0, LINE_SHOWN_MAX))).toEqual([]);
    },
  };
}
const LINE_SHOWN_MAX = 400;
