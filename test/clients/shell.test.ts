import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Rig, withRig } from "../e2e/harness/rig.ts";
import { type Agent, until } from "../support/e2e/agent.ts";
import { startProgram, whyNot } from "./harness/programs.ts";

// Loops of curl over waiting reads, as people have them in their scripts.

const WHY_NOT = whyNot("curl");
const TEST_MS_MAX = 60_000;

async function put(agent: Agent, path: string, body = ""): Promise<string> {
  const answer = await fetch(agent.url + path, { method: "PUT", body });
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return await answer.text();
}

/** Runs a script of this folder, and ends it with the body. */
async function withScript(
  rig: Rig,
  name: string,
  args: readonly string[],
  body: (output: () => Promise<string>) => Promise<void>,
): Promise<void> {
  const script = startProgram(rig.dir, name, [join(import.meta.dir, name), ...args]);
  try {
    await body(script.output);
  } finally {
    await script.stop();
  }
}

const untilText = (output: () => Promise<string>, wanted: string) =>
  until(async () => (await output()) === wanted, `the output ${JSON.stringify(wanted)}`).catch(
    async (error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : error}; it is ${JSON.stringify(await output())}`);
    },
  );

describe.skipIf(WHY_NOT !== "")(`shell scripts with curl ${WHY_NOT}`, () => {
  test(
    "follow the instances of a service: a line for each change, none for changes of others",
    () =>
      withRig(async (rig) => {
        const agent = await rig.dev();
        const register = (id: string) =>
          put(agent, "/v1/agent/service/register", JSON.stringify({ Name: "web", ID: id, Port: 80 }));
        await withScript(rig, "follow-service.sh", [agent.url, "web", "4"], async (output) => {
          await untilText(output, "\n");
          await register("a");
          await untilText(output, "\na\n");
          await put(agent, "/v1/agent/service/register", '{"Name":"other"}');
          await put(agent, "/v1/kv/other", "x");
          await register("b");
          await untilText(output, "\na\na,b\n");
          await put(agent, "/v1/agent/service/deregister/a");
          await untilText(output, "\na\na,b\nb\n");
        });
      }),
    TEST_MS_MAX,
  );

  test(
    "share a lock: the second waits until the first gives it back, and nobody holds it in the end",
    () =>
      withRig(async (rig) => {
        const agent = await rig.dev();
        const gate = join(rig.dir, "gate");
        const job = [
          "bash",
          "-c",
          `echo begun; until [ -e ${gate} ]; do read -r -t 0.05 <> <(:) || :; done; echo done`,
        ];
        await withScript(rig, "with-lock.sh", [agent.url, "jobs/nightly", ...job], async (first) => {
          await untilText(first, "begun\n");
          const second = startProgram(rig.dir, "second", [
            join(import.meta.dir, "with-lock.sh"),
            ...[agent.url, "jobs/nightly", "echo", "mine"],
          ]);
          try {
            await untilText(second.output, "waiting\n");
            await Bun.write(gate, "");
            await untilText(first, "begun\ndone\n");
            await until(async () => (await second.output()).endsWith("mine\n"), "the second to have its turn");
          } finally {
            await second.stop();
          }
        });
        const sessions = async () => (await (await fetch(`${agent.url}/v1/session/list`)).json()) as unknown[];
        await until(async () => (await sessions()).length === 0, "the end of both sessions");
        expect(await (await fetch(`${agent.url}/v1/kv/jobs/nightly`)).json()).toMatchObject([{ LockIndex: 2 }]);
      }),
    TEST_MS_MAX,
  );

  const WHY_NO_JQ = whyNot("jq");
  test.skipIf(WHY_NO_JQ !== "")(
    `write keys to a file and follow them, also when none is left ${WHY_NO_JQ}`,
    () =>
      withRig(async (rig) => {
        const agent = await rig.dev();
        const file = join(rig.dir, "settings");
        const content = async () => (existsSync(file) ? readFileSync(file, "utf8") : "");
        await put(agent, "/v1/kv/app/port", "8080");
        await withScript(rig, "render-keys.sh", [agent.url, "app/", file], async () => {
          await untilText(content, "port=8080\n");
          await put(agent, "/v1/kv/app/name", "größe = ok");
          await untilText(content, "name=größe = ok\nport=8080\n");
          await put(agent, "/v1/kv/elsewhere", "x");
          await put(agent, "/v1/kv/app/empty");
          await untilText(content, "empty=\nname=größe = ok\nport=8080\n");
          await fetch(`${agent.url}/v1/kv/app/?recurse`, { method: "DELETE" });
          await untilText(content, "\n");
        });
      }),
    TEST_MS_MAX,
  );
});
