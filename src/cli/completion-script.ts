export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** Lines for a shell that make it ask the executable, by COMP_LINE, what may come next. */
export function completionScript(shell: Shell, program: string, executable: string): string {
  const path = quote(executable);
  switch (shell) {
    case "bash":
      return `complete -o default -C ${path} ${program}\n`;
    case "zsh":
      return [
        // A start file without compinit, as a new user's is, has nothing that bashcompinit could build on.
        "whence compdef >/dev/null || { autoload -Uz compinit && compinit -i; }",
        "autoload -U +X bashcompinit && bashcompinit",
        `complete -o default -C ${path} ${program}`,
        "",
      ].join("\n");
    case "fish":
      return [
        `function __complete_${program}`,
        "    set -lx COMP_LINE (commandline -cp)",
        '    test -z (commandline -ct); and set COMP_LINE "$COMP_LINE "',
        `    ${path}`,
        "end",
        `complete -f -c ${program} -a "(__complete_${program})"`,
        "",
      ].join("\n");
  }
}

function quote(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
