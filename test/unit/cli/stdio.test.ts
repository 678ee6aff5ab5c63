import { expect, test } from "bun:test";

const MODULE = new URL("../../../src/cli/stdio.ts", import.meta.url).pathname;
const BYTES = 1_000_000;

/** Runs a program that prints `BYTES` bytes through the sink and ends itself at once. */
function printing(reader: string) {
  const program = `
    const { processStdio } = await import(${JSON.stringify(MODULE)});
    processStdio().out.write("x".repeat(${BYTES}));
    process.exit(0);`;
  const command = `"$0" -e "$1" | ${reader}; echo "\${PIPESTATUS[0]}"`;
  return Bun.spawn(["bash", "-c", command, process.execPath, program], { stdout: "pipe", stderr: "pipe" });
}

test("all that was printed reaches a slow reader, though the program ends itself", async () => {
  const child = printing("wc -c");
  expect((await child.stdout.text()).trim().split(/\s+/)).toEqual([String(BYTES), "0"]);
});

test("a reader that goes away ends the program silently, with the code of the PIPE signal", async () => {
  const child = printing("head -c 1 > /dev/null");
  expect((await child.stdout.text()).trim()).toBe("141");
  expect(await child.stderr.text()).toBe("");
});
