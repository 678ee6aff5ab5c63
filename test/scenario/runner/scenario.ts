/** A command of a scenario and what it printed. */
export interface Block {
  /** Comments and empty lines before it, as they stand. */
  readonly before: readonly string[];
  readonly command: string;
  readonly expected: readonly string[];
  /** Line of the command in its file, from 1. */
  readonly line: number;
}

export interface Scenario {
  readonly blocks: readonly Block[];
  /** What follows the last block. */
  readonly after: readonly string[];
}

const RULE = "----";

/**
 * Reads a file: comments begin with `#`, a command is one line, `----` begins what it printed, and an empty line ends
 * that. A command without `----` has printed nothing yet: the file is to be rewritten.
 */
export function parseScenario(text: string): Scenario {
  const lines = text.replace(/\n$/, "").split("\n");
  const blocks: Block[] = [];
  let before: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const command = lines[at] ?? "";
    if (command === "" || command.startsWith("#")) {
      before.push(command);
      at++;
      continue;
    }
    const line = at + 1;
    at++;
    const expected: string[] = [];
    if (lines[at] === RULE) {
      for (at++; at < lines.length && lines[at] !== ""; at++) expected.push(lines[at] ?? "");
    }
    blocks.push({ before, command, expected, line });
    before = [];
  }
  return { blocks, after: before };
}

/** The file with what was printed now. */
export function renderScenario({ blocks, after }: Scenario, printed: readonly (readonly string[])[]): string {
  const lines = blocks.flatMap(({ before, command }, at) => {
    // Between two blocks there is always an empty line.
    const gap = at === 0 || before[0] === "" ? [] : [""];
    return [...gap, ...before, command, RULE, ...(printed[at] ?? [])];
  });
  return `${[...lines, ...after].join("\n").replace(/\n+$/, "")}\n`;
}
