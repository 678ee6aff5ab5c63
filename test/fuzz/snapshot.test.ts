import { expect, test } from "bun:test";
import { RECORD_KINDS } from "../../src/state/records/table.ts";
import { packed } from "../support/archives.ts";
import { stateBinWith } from "../support/state-archive.ts";
import { ANSWER_MS_MAX, dice, runs, SEED, target } from "./harness/target.ts";

/** A restore writes the disk some ten times. */
const TEST_MS_MAX = runs(60_000);
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

test(
  `records that are kept may hold anything: they are refused, or saved again so that they can be restored (FUZZ_SEED=${SEED})`,
  async () => {
    const random = dice(31);
    const url = `${under.agent.url}/v1/snapshot`;
    const kept = RECORD_KINDS.filter(({ isKept }) => isKept).map(({ type }) => type);
    const archiveOf = (stateBin: Uint8Array) => new Uint8Array(packed(stateBin));
    const put = async (body: Uint8Array) => {
      const answer = await fetch(url, {
        method: "PUT",
        body: new Uint8Array(body),
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      });
      const text = await answer.text();
      expect(text).not.toContain("internal error");
      return { status: answer.status, text };
    };
    for (let round = runs(25); round > 0; round--) {
      const records = Array.from({ length: 1 + random.below(20) }, (_, at) => {
        const value = { ID: `${at}`, SecretID: random.bytes(16).toHex(), Nested: [{ a: null }, at / 3, true] };
        return [kept[random.below(kept.length)] ?? 17, value] as const;
      });
      const stateBin = stateBinWith(records);
      const { status } = await put(archiveOf(round % 3 === 0 ? stateBin : random.mutate(Buffer.from(stateBin))));
      if (round % 3 === 0) expect(status).toBe(200);
      if (status === 200) expect(await put(await (await fetch(url)).bytes())).toEqual({ status: 200, text: "" });
    }
    await under.isWell();
  },
  TEST_MS_MAX,
);
