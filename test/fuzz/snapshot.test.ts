import { expect, test } from "bun:test";
import { ANSWER_MS_MAX, dice, runs, SEED, target } from "./harness/target.ts";

const under = target();

test(`damaged archives are refused, and the state stays (FUZZ_SEED=${SEED})`, async () => {
  const random = dice(30);
  const url = `${under.agent.url}/v1/snapshot`;
  const archive = Buffer.from(await (await fetch(url)).arrayBuffer());
  const tar = Buffer.from(Bun.gunzipSync(archive));
  for (let round = runs(60); round > 0; round--) {
    const kind = random.below(3);
    const bytes =
      kind === 0
        ? random.mutate(archive)
        : kind === 1
          ? Bun.gzipSync(new Uint8Array(random.mutate(tar)))
          : random.bytes(3000);
    const answer = await fetch(url, {
      method: "PUT",
      body: new Uint8Array(bytes),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    const text = await answer.text();
    expect(text).not.toContain("internal error");
    expect(await (await fetch(`${under.agent.url}/v1/kv/key?raw`)).text()).toBe('"value"');
  }
  await under.isWell();
  expect((await fetch(url, { method: "PUT", body: archive })).status).toBe(200);
  expect(await (await fetch(`${under.agent.url}/v1/kv/key?raw`)).text()).toBe('"value"');
  await under.isWell();
});
