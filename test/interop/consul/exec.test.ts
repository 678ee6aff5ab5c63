import { describe, expect, test } from "bun:test";
import type { Member } from "../../e2e/harness/cluster/member.ts";
import { CONSUL, MUSTER, run, WHY_NOT, withBoth } from "./harness/both.ts";

const OPEN = { both: { disable_remote_exec: false } };

/** What both command lines print of it, with what changes from run to run made the same. */
async function exec(program: typeof MUSTER, at: Member, ...words: string[]) {
  const { code, output } = await run(program, at, "exec", "-wait=3s", ...words);
  const text = output
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID")
    .replace(/in \d+\.\d\d seconds/, "in a while");
  return { code, lines: text.trimEnd().split("\n").sort() };
}

describe.skipIf(WHY_NOT !== "")(`exec of one program at agents of the other ${WHY_NOT}`, () => {
  test("each command line drives each agent, and prints the same", () =>
    withBoth(async (muster, consul) => {
      const [ours, theirs] = [await muster.start(1), await consul.start(1)];
      for (const words of [
        ["-verbose", "echo out; echo err >&2; exit 3"],
        ["-shell=false", "printf", "%s|", "a b", "c"],
        ["-node=nobody", "true"],
        ["-prefix=some//where/", "echo hi"],
      ]) {
        const [expected, ...others] = await Promise.all([
          exec(CONSUL, theirs, ...words),
          exec(MUSTER, theirs, ...words),
          exec(CONSUL, ours, ...words),
          exec(MUSTER, ours, ...words),
        ]);
        for (const found of others) expect(found).toEqual(expected as NonNullable<typeof expected>);
      }
    }, OPEN));
});
