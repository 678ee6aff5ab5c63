import { expect, test } from "bun:test";
import { parseLogLevel } from "../../../src/config/log-level.ts";

test("a log level counts in any case, and ERR is error", () => {
  expect(["TRACE", "debug", "Info", "WARN", "err", "ERROR"].map(parseLogLevel)).toEqual([
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "error",
  ]);
});

test("another word is refused with the list of levels", () => {
  expect(() => parseLogLevel("FOO")).toThrow(
    "Invalid log level: FOO. Valid log levels are: [TRACE DEBUG INFO WARN ERR ERROR]",
  );
});
