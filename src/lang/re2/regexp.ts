/**
 * Go's regular expressions with their promise: time linear in the text, whatever the pattern, because patterns come
 * from clients and the engine of JavaScript backtracks. It walks all paths of the pattern at once (Thompson 1968; the
 * order of threads gives Perl's preference, as in Cox, "Regular Expression Matching: the Virtual Machine Approach").
 */
import { type Assertion, RegexpSyntaxError } from "./ast.ts";
import { isWordChar } from "./classes.ts";
import { parseRegexp } from "./parse.ts";
import { compileProgram, type Instruction } from "./program.ts";

/** Longest pattern, in UTF-16 units. */
const PATTERN_CHARS_MAX = 16 * 1024;

/** Start and end of the whole match, then of each group, in UTF-16 units; -1 for a group that took no part. */
export type MatchSlots = readonly number[];

export interface Regexp {
  readonly groupNames: readonly string[];
  test(text: string): boolean;
  /** The leftmost match at or after `from`, or null. */
  exec(text: string, from?: number): MatchSlots | null;
}

interface Thread {
  readonly at: number;
  readonly slots: number[];
}

/** Compiles a pattern in RE2's syntax. Throws RegexpSyntaxError with Go's message. */
export function compileRegexp(pattern: string): Regexp {
  if (pattern.length > PATTERN_CHARS_MAX)
    throw new RegexpSyntaxError("expression too large", `${pattern.slice(0, 32)}...`);
  const { node, groupNames } = parseRegexp(pattern);
  const program = compileProgram(node, pattern);
  const slotCount = groupNames.length * 2;
  return {
    groupNames,
    test: (text) => run(program, slotCount, text, 0, true) !== null,
    exec: (text, from = 0) => run(program, slotCount, text, from, false),
  };
}

function run(
  program: readonly Instruction[],
  slotCount: number,
  text: string,
  from: number,
  any: boolean,
): number[] | null {
  const seenAt = new Int32Array(program.length).fill(-1);
  let threads: Thread[] = [];
  let best: number[] | null = null;
  for (let pos = from; ; ) {
    if (best === null) follow(program, seenAt, threads, 0, new Array<number>(slotCount).fill(-1), text, pos);
    if (threads.length === 0 && best !== null) return best;
    const code = text.codePointAt(pos);
    const after = pos + (code !== undefined && code > 0xffff ? 2 : 1);
    const next: Thread[] = [];
    for (const thread of threads) {
      const instruction = program[thread.at] as Instruction;
      if (instruction.op === "match") {
        best = thread.slots;
        if (any) return best;
        break;
      }
      if (instruction.op === "char" && code !== undefined && instruction.test(code))
        follow(program, seenAt, next, thread.at + 1, thread.slots, text, after);
    }
    if (code === undefined) return best;
    threads = next;
    pos = after;
  }
}

/** Adds to `threads` every place that the program reaches from `start` at `pos` without taking a character. */
function follow(
  program: readonly Instruction[],
  seenAt: Int32Array,
  threads: Thread[],
  start: number,
  startSlots: number[],
  text: string,
  pos: number,
): void {
  const pending: Thread[] = [{ at: start, slots: startSlots }];
  for (let thread = pending.pop(); thread !== undefined; thread = pending.pop()) {
    const { at, slots } = thread;
    if (seenAt[at] === pos) continue;
    seenAt[at] = pos;
    const instruction = program[at] as Instruction;
    if (instruction.op === "jump") pending.push({ at: instruction.to, slots });
    else if (instruction.op === "split")
      pending.push({ at: instruction.second, slots }, { at: instruction.first, slots });
    else if (instruction.op === "assert") {
      if (holds(instruction.what, text, pos)) pending.push({ at: at + 1, slots });
    } else if (instruction.op === "save") pending.push({ at: at + 1, slots: slots.with(instruction.slot, pos) });
    else threads.push(thread);
  }
}

function holds(what: Assertion, text: string, pos: number): boolean {
  switch (what) {
    case "textStart":
      return pos === 0;
    case "textEnd":
      return pos === text.length;
    case "lineStart":
      return pos === 0 || text[pos - 1] === "\n";
    case "lineEnd":
      return pos === text.length || text[pos] === "\n";
    default: {
      const before = pos > 0 && isWordChar(text.charCodeAt(pos - 1));
      const after = pos < text.length && isWordChar(text.charCodeAt(pos));
      return (before !== after) === (what === "wordEdge");
    }
  }
}
