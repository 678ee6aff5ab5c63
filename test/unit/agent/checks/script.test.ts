import { expect, test } from "bun:test";
import { judgeUnit, osServiceProbe } from "../../../../src/agent/checks/os-service.ts";
import { scriptProbe } from "../../../../src/agent/checks/script.ts";
import { decodeCheckDefinition } from "../../../../src/model/definition.ts";
import { BunProcessRunner } from "../../../../src/platform/process.ts";

const processes = new BunProcessRunner();
const never = new AbortController().signal;
const script = (...args: string[]) => runScript({}, args);
const runScript = (json: Record<string, unknown>, args: string[]) =>
  scriptProbe(decodeCheckDefinition({ ...json, Args: args }), 4096, processes)(never);

test("script: exit 0 passes, 1 warns, others and signals are critical; both outputs are kept", async () => {
  expect(await script("sh", "-c", "echo out; exit 0")).toEqual({ status: "passing", output: "out\n" });
  expect(await script("sh", "-c", "echo err >&2; exit 1")).toEqual({ status: "warning", output: "err\n" });
  expect((await script("sh", "-c", "exit 2")).status).toBe("critical");
  expect((await script("sh", "-c", "kill -9 $$")).status).toBe("critical");
});

test("script: a program that can't be started is critical with Go's text", async () => {
  expect((await script("/nonexistent")).output).toBe("fork/exec /nonexistent: no such file or directory");
  expect((await script("nonexistent-program")).output).toBe(
    'exec: "nonexistent-program": executable file not found in $PATH',
  );
});

test("script: a flood of output is capped to its end", async () => {
  const { status, output } = await script("sh", "-c", "yes | head -c 20000000; echo end");
  expect(status).toBe("passing");
  expect(output).toStartWith("Captured 4096 of 20000004 bytes\n...\n");
  expect(output).toEndWith("y\nend\n");
});

test("script: a timeout is critical and leaves no process of the group behind", async () => {
  const json = { Timeout: "200ms" };
  const { status, output } = await runScript(json, ["sh", "-c", "trap '' TERM; sleep 321 & echo $!; sleep 321"]);
  expect(status).toBe("critical");
  expect(output).toStartWith("Timed out (200ms) running check");
  await gone(Number(output.trim().split("\n").at(-1)));
});

test("script: a child that outlives its program and holds the output neither hangs the check nor survives", async () => {
  const { status, output } = await script("sh", "-c", "sleep 321 & echo $!; exit 0");
  expect(status).toBe("passing");
  await gone(Number(output.trim()));
});

test("script: a stopped check kills its program", async () => {
  const stop = new AbortController();
  let pid = 0;
  const done = processes.run(
    {
      command: ["sh", "-c", "echo $$; sleep 321"],
      timeoutMs: 60_000,
      onOutput: (chunk) => {
        pid = Number(new TextDecoder().decode(chunk));
        stop.abort();
      },
    },
    stop.signal,
  );
  expect((await done).exitCode).toBeNull();
  await gone(pid);
});

test("os_service: active passes, stopped is critical, unknown warns", () => {
  const shown = (load: string, active: string, sub: string) =>
    judgeUnit("nginx", `LoadState=${load}\nActiveState=${active}\nSubState=${sub}\n`).status;
  expect(shown("loaded", "active", "running")).toBe("passing");
  expect(shown("loaded", "inactive", "dead")).toBe("critical");
  expect(shown("loaded", "failed", "failed")).toBe("critical");
  expect(shown("not-found", "inactive", "dead")).toBe("warning");
  expect(shown("loaded", "activating", "start")).toBe("warning");
});

test("os_service: a name that would be an option is never given to systemctl", async () => {
  const probe = osServiceProbe(decodeCheckDefinition({ OSService: "--help" }), 4096, processes);
  expect(await probe(never)).toEqual({ status: "warning", output: 'Service "--help" is no unit name' });
});

/** Resolves once a process runs no more; SIGKILL is sent by then, and a test's own time limit bounds the wait. */
async function gone(pid: number): Promise<void> {
  expect(pid).toBeGreaterThan(1);
  for (;;) {
    const { stdout } = Bun.spawnSync(["ps", "-o", "stat=", "-p", String(pid)]);
    const state = stdout.toString().trim();
    // A zombie waits for its new parent to look, and runs no more.
    if (state === "" || state.startsWith("Z")) return;
    await Bun.sleep(5);
  }
}
