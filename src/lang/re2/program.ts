import type { Assertion, CharTest, Node } from "./ast.ts";
import { RegexpSyntaxError } from "./ast.ts";

/** Longest program of one pattern; nested counted repetitions beyond it are refused. */
const INSTRUCTIONS_MAX = 20_000;

export type Instruction =
  | { readonly op: "char"; readonly test: CharTest }
  | { readonly op: "assert"; readonly what: Assertion }
  | { readonly op: "save"; readonly slot: number }
  /** Goes on at both; `first` is preferred. */
  | { readonly op: "split"; first: number; second: number }
  | { readonly op: "jump"; to: number }
  | { readonly op: "match" };

/** Instructions of `node` between the marks of the whole match. Throws RegexpSyntaxError when they are too many. */
export function compileProgram(node: Node, pattern: string): readonly Instruction[] {
  const program: Instruction[] = [];
  const add = <I extends Instruction>(instruction: I): I => {
    if (program.length >= INSTRUCTIONS_MAX) throw new RegexpSyntaxError("expression too large", pattern);
    program.push(instruction);
    return instruction;
  };
  const emit = (item: Node): void => {
    switch (item.kind) {
      case "char":
        add({ op: "char", test: item.test });
        return;
      case "assert":
        add({ op: "assert", what: item.what });
        return;
      case "sequence":
        for (const part of item.items) emit(part);
        return;
      case "group":
        add({ op: "save", slot: item.index * 2 });
        emit(item.item);
        add({ op: "save", slot: item.index * 2 + 1 });
        return;
      case "choice":
        emitChoice(item.options);
        return;
      case "repeat":
        emitRepeat(item);
    }
  };
  const emitChoice = (options: readonly Node[]): void => {
    const jumps: { to: number }[] = [];
    options.forEach((option, index) => {
      if (index === options.length - 1) {
        emit(option);
        return;
      }
      const split = add({ op: "split", first: program.length + 1, second: 0 });
      emit(option);
      jumps.push(add({ op: "jump", to: 0 }));
      split.second = program.length;
    });
    for (const jump of jumps) jump.to = program.length;
  };
  /** A branch whose preferred side goes on and whose other side is set once the end is known. */
  const branch = (greedy: boolean): ((end: number) => void) => {
    const on = program.length + 1;
    const split = add({ op: "split", first: on, second: on });
    return (end) => {
      if (greedy) split.second = end;
      else split.first = end;
    };
  };
  const emitRepeat = (repeat: Node & { kind: "repeat" }): void => {
    for (let i = 0; i < repeat.min; i++) emit(repeat.item);
    if (repeat.max === null) {
      const start = program.length;
      const close = branch(repeat.greedy);
      emit(repeat.item);
      add({ op: "jump", to: start });
      close(program.length);
      return;
    }
    const closers: ((end: number) => void)[] = [];
    for (let i = repeat.min; i < repeat.max; i++) {
      closers.push(branch(repeat.greedy));
      emit(repeat.item);
    }
    for (const close of closers) close(program.length);
  };
  add({ op: "save", slot: 0 });
  emit(node);
  add({ op: "save", slot: 1 });
  add({ op: "match" });
  return program;
}
