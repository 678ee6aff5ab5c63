import { expect, test } from "bun:test";
import { compileSoon } from "../../../src/platform/jit.ts";

test("the runtime can be told when to compile, more than once", () => {
  compileSoon();
  expect(compileSoon).not.toThrow();
});
