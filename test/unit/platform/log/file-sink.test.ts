import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileSink } from "../../../../src/platform/log/file-sink.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const root = mkdtempSync(join(tmpdir(), "log-"));
afterAll(() => rmSync(root, { recursive: true }));

function sinkIn(name: string, options: { rotateBytes?: number; filesMax?: number } = {}) {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const sink = new FileSink({
    path: `${join(root, name)}/`,
    defaultName: "consul.log",
    rotateBytes: options.rotateBytes ?? 0,
    rotateAfterMs: 86_400_000,
    filesMax: options.filesMax ?? 0,
    clock,
    onError: (error) => errors.push(error),
  });
  const files = () => readdirSync(join(root, name)).sort();
  const text = () => files().map((file) => readFileSync(join(root, name, file), "utf8"));
  return { sink, clock, files, text, errors };
}

test("log file: a directory gets a file named after its time of birth", async () => {
  const { sink, files, text } = sinkIn("a");
  sink.write("one");
  sink.write("two");
  await sink.flush();
  expect(files()[0]).toMatch(/^consul-[0-9]{19}\.log$/);
  expect(text()).toEqual(["one\ntwo\n"]);
});

test("log file: it is replaced when it is full and when it is old", async () => {
  const { sink, clock, text } = sinkIn("b", { rotateBytes: 4 });
  for (const line of ["12345", "67890"]) {
    sink.write(line);
    await sink.flush();
  }
  clock.advance(86_400_000);
  sink.write("x");
  await sink.flush();
  expect(text()).toEqual(["12345\n", "67890\n", "x\n"]);
});

test("log file: of the finished files only the newest are kept", async () => {
  const { sink, text } = sinkIn("c", { rotateBytes: 1, filesMax: 2 });
  for (const line of ["1", "2", "3", "4", "5"]) {
    sink.write(line);
    await sink.flush();
  }
  expect(text()).toEqual(["3\n", "4\n", "5\n"]);
});

test("log file: a disk that fails is reported once and stops nothing", async () => {
  const errors: unknown[] = [];
  const common = { defaultName: "x", rotateBytes: 0, rotateAfterMs: 1e9, filesMax: 0, clock: new ManualClock() };
  const sink = new FileSink({ ...common, path: "/proc/nowhere/f.log", onError: (error) => errors.push(error) });
  for (const line of ["1", "2"]) {
    sink.write(line);
    await sink.flush();
  }
  expect(errors).toHaveLength(1);
});
