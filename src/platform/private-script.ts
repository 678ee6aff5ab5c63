import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Keeps a script where this user alone can read and run it. */
export async function keepScript(bytes: Uint8Array): Promise<{ path: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "muster-exec-"));
  const remove = () => rm(dir, { recursive: true, force: true });
  const path = join(dir, "script");
  try {
    await writeFile(path, bytes, { mode: 0o700 });
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, remove };
}
