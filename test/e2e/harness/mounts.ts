import { until } from "../../support/e2e/agent.ts";

/** Mounts of one's own need user namespaces, which some containers forbid. */
export const canMount = Bun.spawnSync(["unshare", "-rm", "true"], { stderr: "ignore" }).success;

/** Mounts that only the processes started with `wrapper` see. They outlive these processes, until `release`. */
export interface Mounts {
  readonly wrapper: readonly string[];
  /** Where this process finds a path as the wrapped ones see it. */
  inside(path: string): string;
  release(): Promise<void>;
}

/** Runs `script` (with `args` as `$1`, ...) where mounting is allowed, and keeps what it mounted. */
export async function mounted(script: string, ...args: string[]): Promise<Mounts> {
  const holder = Bun.spawn(["unshare", "-rm", "sh", "-c", `${script} && echo ready && exec sleep 600`, "sh", ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const release = async () => {
    holder.kill("SIGKILL");
    await holder.exited;
  };
  let said = "";
  const reading = (async () => {
    for await (const chunk of holder.stdout) said += new TextDecoder().decode(chunk);
  })();
  try {
    await until(async () => {
      if (holder.exitCode !== null) throw new Error(`can't mount: ${await new Response(holder.stderr).text()}`);
      return said.includes("ready");
    }, "the mounts");
  } catch (error) {
    await release();
    throw error;
  }
  return {
    wrapper: ["nsenter", "-t", String(holder.pid), "-U", "-m", "--preserve-credentials"],
    inside: (path) => `/proc/${holder.pid}/root${path}`,
    async release() {
      await release();
      await reading;
    },
  };
}
