import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInProcess } from "../../support/cli/run-in-process.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "home-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const run = (...argv: string[]) => runInProcess(argv, { env: { HOME: home } });
const bashrc = () => readFileSync(join(home, ".bashrc"), "utf8");

describe("completion", () => {
  test("prints a shell's script", async () => {
    expect((await run("completion", "bash")).stdout).toBe("complete -o default -C /usr/bin/muster muster\n");
    expect((await run("completion", "zsh")).stdout).toMatch(/compinit -i[\s\S]*bashcompinit[\s\S]*complete -o default/);
    expect((await run("completion", "fish")).stdout).toContain("complete -f -c muster");
    expect((await run("completion", "tcsh")).exit).toBe(1);
  });

  test("an executable in an odd place is quoted", async () => {
    const { stdout } = await runInProcess(["completion", "bash"], { executable: "/o'pt/my dir/muster" });
    expect(stdout).toBe(`complete -o default -C '/o'\\''pt/my dir/muster' muster\n`);
  });

  test("-autocomplete-install adds it once, behind what is there", async () => {
    writeFileSync(join(home, ".bashrc"), "export A=1");
    mkdirSync(join(home, ".config/fish"), { recursive: true });
    expect((await run("-autocomplete-install")).exit).toBe(0);
    expect(bashrc()).toBe("export A=1\ncomplete -o default -C /usr/bin/muster muster\n");
    expect(existsSync(join(home, ".config/fish/completions/muster.fish"))).toBe(true);
    expect((await run("-autocomplete-install")).exit).toBe(1);
    expect(bashrc()).toBe("export A=1\ncomplete -o default -C /usr/bin/muster muster\n");
  });

  test("-autocomplete-uninstall takes out exactly that", async () => {
    writeFileSync(join(home, ".bashrc"), "a\n");
    await run("-autocomplete-install");
    writeFileSync(join(home, ".bashrc"), `${bashrc()}b\n`);
    expect((await run("-autocomplete-uninstall")).exit).toBe(0);
    expect(bashrc()).toBe("a\nb\n");
    expect(await run("-autocomplete-uninstall")).toEqual({ exit: 1, stdout: "", stderr: "Not installed\n" });
  });
});
