/** Stops the program on a programmer's error; on in production too. Never use it for bad input from outside. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
