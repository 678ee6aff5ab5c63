import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { BunProcessRunner } from "../../../src/platform/process.ts";
import type { ProcessRequest } from "../../../src/ports/process.ts";

/** Runs a line of shell to its end. */
async function run(line: string, request: Partial<ProcessRequest> = {}, signal = new AbortController().signal) {
  let output = "";
  const onOutput = (chunk: Uint8Array) => {
    output += new TextDecoder().decode(chunk);
  };
  const result = await new BunProcessRunner().run({ command: ["sh", "-c", line], onOutput, ...request }, signal);
  return { ...result, output };
}

/** Whether a process is there, and not dead and only not asked for its end yet. */
function lives(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

describe("a program", () => {
  test("gets its input whole, and variables beside those of this process", async () => {
    const input = new TextEncoder().encode("x".repeat(300_000));
    const { output } = await run("wc -c; echo $CONSUL_INDEX $HOME", { input, env: { CONSUL_INDEX: "7" } });
    expect(output).toBe(`300000\n7 ${process.env.HOME}\n`);
  });

  test("need not read its input", async () => {
    const input = new TextEncoder().encode("x".repeat(1_000_000));
    expect(await run("exit 3", { input })).toMatchObject({ exitCode: 3, timedOut: false });
  });

  test("without an input reads nothing", async () => {
    expect((await run("cat; echo end")).output).toBe("end\n");
  });

  test("is killed with its children after its time, and when it is aborted", async () => {
    expect(await run("sleep 1000 & wait", { timeoutMs: 20 })).toMatchObject({ exitCode: null, timedOut: true });
    const controller = new AbortController();
    const running = run("echo $$; sleep 1000 & wait", { onOutput: () => controller.abort() }, controller.signal);
    expect(await running).toMatchObject({ exitCode: null, timedOut: false });
  });

  test("leaves a child behind only where that is asked for", async () => {
    const line = "sleep 1000 >/dev/null 2>&1 & echo $!";
    const spared = Number((await run(line, { sparesChildren: true })).output);
    expect(lives(spared)).toBe(true);
    process.kill(spared, "SIGKILL");
    const killed = Number((await run(line)).output);
    while (lives(killed)) await new Promise((resolve) => setImmediate(resolve));
  });
});
