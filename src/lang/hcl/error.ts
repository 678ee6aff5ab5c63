/** Text that is not HCL; the message begins with `At line:column: `, both from 1. */
export class HclError extends Error {
  readonly line: number;
  readonly column: number;
  constructor(text: string, at: number, why: string) {
    const before = text.slice(0, at);
    const line = before.split("\n").length;
    const column = [...before.slice(before.lastIndexOf("\n") + 1)].length + 1;
    super(`At ${line}:${column}: ${why}`);
    this.name = "HclError";
    this.line = line;
    this.column = column;
  }
}
