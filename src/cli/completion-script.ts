export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** Lines for a shell that make it ask the executable, by COMP_LINE, what may come next. */
export function completionScript(shell: Shell, program: string, executable: string): string {
  const path = quote(executable);
  switch (shell) {
    case "bash":
      return `complete -C ${path} ${program}\n`;
    case "zsh":
      return `autoload -U +X bashcompinit && bashcompinit\ncomplete -o nospace -C ${path} ${program}\n`;
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
