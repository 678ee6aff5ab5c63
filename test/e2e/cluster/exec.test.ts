import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment, until } from "../../support/e2e/agent.ts";
import { Cluster, withCluster } from "../harness/cluster/cluster.ts";
import { roundsMsMax } from "../harness/cluster/length.ts";
import type { Member } from "../harness/cluster/member.ts";
import { loopback } from "../harness/cluster/network.ts";
import { registryUnderTest } from "../harness/cluster/registry.ts";

const registry = registryUnderTest();
const MS_MAX = roundsMsMax(1);
const RUN_MS_MAX = 30_000;
const CONFIG = { performance: { raft_multiplier: 1 }, retry_interval: "1s", disable_update_check: true };
const OPEN = { config: { disable_remote_exec: false } };

/** `exec` at an agent; the lines of its output sorted, since nodes answer in any order. */
async function exec(at: Member, words: readonly string[], input = "") {
  const child = Bun.spawn([registry.binary, "exec", `-http-addr=${at.endpoint.url}`, ...words], {
    env: environment(at.dir),
    stdin: Buffer.from(input),
    stdout: "pipe",
    stderr: "pipe",
    timeout: RUN_MS_MAX,
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, lines: out.trimEnd().split("\n").sort(), err };
}

const counted = (nodes: number) => `${nodes} / ${nodes} node(s) completed / acknowledged`;

test(
  "three nodes run a command; the one where it fails says so, and the whole is a failure",
  () =>
    withCluster(
      registry,
      loopback(),
      async (cluster) => {
        const server = await cluster.start(1, () => OPEN);
        const [first, second] = [await cluster.addClient(OPEN), await cluster.addClient(OPEN)];
        for (const { dir, name } of [server, first]) writeFileSync(join(dir, "whoami"), `I am ${name}\n`);
        const run = await exec(second, ["-wait=5s", "cat whoami 2>/dev/null"]);
        expect(run).toEqual({
          code: 2,
          lines: [
            "    c1:",
            "    c1: I am c1",
            "    s1:",
            "    s1: I am s1",
            counted(3),
            "==> c1: finished with exit code 0",
            "==> c2: finished with exit code 1",
            "==> s1: finished with exit code 0",
          ],
          err: "",
        });
        // Nothing stays: neither keys nor sessions, nor an event in a list.
        for (const path of ["/v1/session/list", "/v1/event/list"])
          expect(await server.read<unknown[]>(path)).toEqual([]);
        expect((await server.ask("GET", "/v1/kv/_rexec?keys")) as unknown).toMatchObject({ status: 404 });
      },
      { config: CONFIG },
    ),
  MS_MAX,
);

test(
  "a script runs where the filters say, and nowhere where it is not allowed",
  () =>
    withCluster(
      registry,
      loopback(),
      async (cluster) => {
        await cluster.start(1);
        const [web, closed] = [await cluster.addClient(OPEN), await cluster.addClient()];
        for (const member of [web, closed]) {
          await member.ask("PUT", "/v1/agent/service/register", { Name: "web", Tags: ["v1"] });
        }
        const script = "#!/bin/sh\ntest -x $0 && echo ran\n";
        expect(await exec(closed, ["-service=^web$", "-tag=v1", "-wait=4s", "-"], script)).toEqual({
          code: 0,
          lines: ["    c1:", "    c1: ran", counted(1), "==> c1: finished with exit code 0"],
          err: "",
        });
        expect(await exec(web, ["-node=^(s1|c2)$", "true"])).toEqual({ code: 0, lines: [counted(0)], err: "" });
        expect(closed.output()).toMatch(/remote exec.*(disable_remote_exec|disabled)/);
      },
      { config: CONFIG },
    ),
  MS_MAX,
);

test(
  "a command runs in another datacenter",
  async () => {
    const network = loopback();
    const one = new Cluster(registry, network, { config: CONFIG });
    const two = new Cluster(registry, network, { config: { ...CONFIG, datacenter: "dc2" } });
    try {
      const here = await one.start(1);
      const join_ = { retry_join_wan: [here.place.address], retry_interval_wan: "1s" };
      await two.start(1, () => ({ config: { ...join_, ...OPEN.config } }));
      await until(async () => ((await here.read<string[]>("/v1/catalog/datacenters")) ?? []).length === 2, "dc2");
      const run = await exec(here, ["-datacenter=dc2", "-shell=false", "-wait=4s", "printf", "%s", "a  b"]);
      expect(run.lines).toEqual(["    s1: a  b", counted(1), "==> s1: finished with exit code 0"]);
      expect(run.code).toBe(0);
    } finally {
      await one.close();
      await two.close();
    }
  },
  MS_MAX,
);
