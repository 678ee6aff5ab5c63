const HELP_WORDS = new Set(["-h", "-help", "--help"]);

/** True when a help word is among the words of a command line; one counts anywhere before `--`, behind arguments too. */
export function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return words.slice(0, end === -1 ? words.length : end).some((word) => HELP_WORDS.has(word));
}
