import { sortKeys } from "./json.ts";
import type { Answer, Json } from "./types.ts";

/** True when two normalised answers say the same; the order of JSON keys does not count. */
export function same(a: Answer, b: Answer): boolean {
  return canonical(a) === canonical(b);
}

/** The lines of a readable difference: `-` what was recorded, `+` what came, unmarked what both have. */
export function difference(recorded: Answer, got: Answer): string[] {
  // Without its comma the line before a removed one does not look changed.
  const lines = (answer: Answer) => canonical(answer).replace(/,$/gm, "").split("\n");
  return diffLines(lines(recorded), lines(got));
}

function canonical(answer: Answer): string {
  return JSON.stringify(sortKeys(answer as unknown as Json), null, 2);
}

const CELLS_MAX = 4_000_000;

/** Longest common subsequence; two texts too long for it are shown one after the other. */
function diffLines(a: readonly string[], b: readonly string[]): string[] {
  const width = b.length + 1;
  if ((a.length + 1) * width > CELLS_MAX) return [...a.map((line) => `- ${line}`), ...b.map((line) => `+ ${line}`)];
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const here = i * width + j;
      common[here] =
        a[i] === b[j]
          ? (common[here + width + 1] ?? 0) + 1
          : Math.max(common[here + width] ?? 0, common[here + 1] ?? 0);
    }
  }
  const out: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const here = i * width + j;
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push(`  ${a[i]}`);
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && (common[here + width] ?? 0) >= (common[here + 1] ?? 0))) {
      out.push(`- ${a[i++]}`);
    } else {
      out.push(`+ ${b[j++]}`);
    }
  }
  return nearChanges(out);
}

const CONTEXT_LINES = 2;

function nearChanges(lines: readonly string[]): string[] {
  const changed = lines.map((line) => line[0] !== " ");
  const near = lines.map((_line, at) =>
    changed.slice(Math.max(0, at - CONTEXT_LINES), at + CONTEXT_LINES + 1).includes(true),
  );
  const out: string[] = [];
  for (const [at, line] of lines.entries()) {
    if (near[at]) out.push(line);
    else if (out.at(-1) !== "  ...") out.push("  ...");
  }
  return out;
}
