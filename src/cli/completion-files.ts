import { appendFileSync, existsSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { completionScript, SHELLS, type Shell } from "./completion-script.ts";

export interface CompletionTarget {
  readonly home: string;
  readonly program: string;
  readonly executable: string;
}

/** Adds completion to the shells that `home` has files of. Gives the files that changed. */
export function installCompletion(target: CompletionTarget): string[] {
  return SHELLS.flatMap((shell) => {
    const file = fileOf(shell, target);
    const script = completionScript(shell, target.program, target.executable);
    if (file === undefined || read(file).includes(script)) return [];
    mkdirSync(dirname(file), { recursive: true });
    const before = read(file);
    appendFileSync(file, before === "" || before.endsWith("\n") ? script : `\n${script}`);
    return [file];
  });
}

/** Takes out exactly what `installCompletion` put in. Gives the files that changed. */
export function uninstallCompletion(target: CompletionTarget): string[] {
  return SHELLS.flatMap((shell) => {
    const file = fileOf(shell, target);
    const script = completionScript(shell, target.program, target.executable);
    if (file === undefined || !read(file).includes(script)) return [];
    const rest = read(file).replace(script, "");
    // Fish has a file for each program, which is nothing without its script.
    if (rest === "" && shell === "fish") unlinkSync(file);
    else writeFileSync(file, rest);
    return [file];
  });
}

function fileOf(shell: Shell, { home, program }: CompletionTarget): string | undefined {
  const first = (...names: string[]) => names.map((name) => join(home, name)).find((path) => existsSync(path));
  if (shell === "bash") return first(".bashrc", ".bash_profile", ".bash_login", ".profile");
  if (shell === "zsh") return first(".zshrc");
  const fish = first(".config/fish");
  return fish && join(fish, "completions", `${program}.fish`);
}

function read(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
