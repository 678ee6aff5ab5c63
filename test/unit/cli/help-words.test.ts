import { expect, test } from "bun:test";
import { asksForHelp } from "../../../src/cli/help-words.ts";

test("a help word counts behind flags and arguments, but not behind --", () => {
  expect(asksForHelp(["-h"])).toBe(true);
  expect(asksForHelp(["-x", "key", "--help"])).toBe(true);
  expect(asksForHelp(["key", "--", "-h"])).toBe(false);
  expect(asksForHelp(["-helpful", "help"])).toBe(false);
});
