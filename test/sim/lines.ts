/** Runs a script of this folder and hands over its lines as they come. Throws when it ends badly. */
export async function linesOf(argv: readonly string[], take: (line: string) => void): Promise<void> {
  const child = Bun.spawn([process.execPath, ...argv], { stdout: "pipe", stderr: "inherit" });
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of child.stdout) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  }
  const code = await child.exited;
  if (code !== 0) throw new Error(`a process of the simulator ended with ${code}`);
}
