import { join } from "node:path";
import type { Endpoint } from "../../../../src/gossip/messages.ts";

/** A member of this program in a process of its own, to be killed. */
export async function startChild(name: string, at: Endpoint, joins: Endpoint): Promise<{ kill(): Promise<void> }> {
  const words = [name, at.address, String(at.port), joins.address, String(joins.port)];
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "../member-child.ts"), ...words], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const kill = async () => {
    child.kill("SIGKILL");
    await child.exited;
  };
  const { value } = await child.stdout.getReader().read();
  if (value !== undefined && new TextDecoder().decode(value) === "joined\n") return { kill };
  await kill();
  throw new Error(`${name} did not join`);
}
