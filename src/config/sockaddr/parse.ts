/** Address templates as Go's `text/template` writes them, as far as addresses need it: texts and pipelines. */

export type Operand =
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "pipeline"; readonly pipeline: Pipeline };
/** A function and its arguments. */
export type Call = readonly Operand[];
/** Each call gets the one before as its last argument. */
export type Pipeline = readonly Call[];
export type Part = { readonly text: string } | { readonly pipeline: Pipeline };

/** What is wrong with a template. */
export class TemplateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TemplateError";
  }
}

const NESTING_MAX = 20;
const CONTROL_WORDS = ["range", "with", "if", "else", "end", "define", "template", "block", "break", "continue"];
const TOKEN =
  /\s+|(?<bar>\|)|(?<open>\()|(?<close>\))|(?<string>"(?:[^"\\\n]|\\.)*")|`(?<raw>[^`]*)`|(?<number>[+-]?\d+)(?![\w.])|(?<word>[.A-Za-z_][\w.]*)/y;

/** The parts of a template. Throws TemplateError. */
export function parseTemplate(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  let trimsNext = false;
  for (;;) {
    const open = text.indexOf("{{", from);
    const literal = text.slice(from, open === -1 ? undefined : open);
    if (open === -1) {
      push(parts, trimsNext ? literal.trimStart() : literal);
      return parts;
    }
    const trimsBefore = /^\{\{-\s/.test(text.slice(open, open + 4));
    const kept = trimsNext ? literal.trimStart() : literal;
    push(parts, trimsBefore ? kept.trimEnd() : kept);
    const { pipeline, end } = parseAction(text, open + (trimsBefore ? 3 : 2));
    parts.push({ pipeline });
    trimsNext = /\s-$/.test(text.slice(open, end));
    from = end + 2;
  }
}

function push(parts: Part[], text: string): void {
  if (text !== "") parts.push({ text });
}

interface Reading {
  readonly text: string;
  at: number;
}

/** `end` is where the closing braces begin. */
function parseAction(text: string, from: number): { pipeline: Pipeline; end: number } {
  const reading = { text, at: from };
  const pipeline = parsePipeline(reading, 0);
  return { pipeline, end: reading.at };
}

/** Reads up to the closing braces, or to the closing parenthesis of an inner pipeline. */
function parsePipeline(reading: Reading, depth: number): Pipeline {
  if (depth > NESTING_MAX) throw new TemplateError(`more than ${NESTING_MAX} parentheses in each other`);
  const calls: Operand[][] = [[]];
  for (;;) {
    if (depth === 0 && isClosing(reading)) break;
    TOKEN.lastIndex = reading.at;
    const found = TOKEN.exec(reading.text)?.groups;
    if (found === undefined) throw unexpected(reading);
    reading.at = TOKEN.lastIndex;
    if (found.close !== undefined) {
      if (depth === 0) throw new TemplateError("unexpected right paren");
      break;
    }
    if (found.bar !== undefined) calls.push([]);
    else {
      const operand =
        found.open === undefined
          ? operandOf(found)
          : { kind: "pipeline" as const, pipeline: parsePipeline(reading, depth + 1) };
      if (operand !== undefined) calls.at(-1)?.push(operand);
    }
  }
  if (calls.some((call) => call.length === 0)) throw new TemplateError("missing value for command");
  return calls;
}

/** At `}}`, or at the minus of ` -}}`, which is then passed. */
function isClosing(reading: Reading): boolean {
  const rest = /^(?:\s+-)?\}\}/.exec(reading.text.slice(reading.at, reading.at + 64))?.[0];
  if (rest === undefined) return false;
  reading.at += rest.length - 2;
  return true;
}

function operandOf(found: Record<string, string | undefined>): Operand | undefined {
  if (found.string !== undefined) return { kind: "string", text: unquote(found.string) };
  if (found.raw !== undefined) return { kind: "string", text: found.raw };
  if (found.number !== undefined) return { kind: "number", value: Number(found.number) };
  if (found.word === undefined) return undefined;
  if (CONTROL_WORDS.includes(found.word))
    throw new TemplateError(
      `${found.word} is not known here; choose with include, exclude, sort and limit, print with attr or join`,
    );
  return { kind: "word", text: found.word };
}

function unquote(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw new TemplateError(`bad string ${quoted}`);
  }
}

function unexpected({ text, at }: Reading): TemplateError {
  const next = text.slice(at, at + 1);
  return new TemplateError(next === "" ? "unclosed action" : `unexpected ${JSON.stringify(next)} in command`);
}
