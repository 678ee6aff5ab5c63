import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CliAnswer, CliRequest } from "./types.ts";

/**
 * Runs the command line in `dir` against the server at `httpPort`. The environment is empty but for what the request
 * gives, so that nobody's CONSUL_* settings leak in. Rejects when it runs longer than `timeoutMs`.
 */
export async function runCli(
  binary: string,
  httpPort: number,
  dir: string,
  request: CliRequest,
  timeoutMs: number,
): Promise<CliAnswer> {
  for (const [name, content] of Object.entries(request.files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), content);
  }
  const child = Bun.spawn([binary, ...request.argv], {
    cwd: dir,
    env: {
      PATH: process.env.PATH ?? "/usr/bin:/bin",
      HOME: dir,
      CONSUL_HTTP_ADDR: `127.0.0.1:${httpPort}`,
      ...request.env,
    },
    stdin: new Blob([request.stdin]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const [stdout, stderr, exit] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  clearTimeout(timer);
  if (child.signalCode === "SIGKILL") throw new Error("the command did not end in time");
  return { kind: "cli", exit, stdout, stderr };
}
