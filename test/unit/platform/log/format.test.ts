import { expect, test } from "bun:test";
import fc from "fast-check";
import { formatJson, formatText } from "../../../../src/platform/log/format.ts";

const timeMs = Date.parse("2026-11-21T08:33:01.659Z");
const record = { timeMs, level: "info", name: "agent.server", message: "text", fields: {} } as const;

test("log: a text line is Consul's", () => {
  expect(formatText({ ...record, fields: { key: "value", n: 1 } })).toBe(
    "2026-11-21T08:33:01.659Z [INFO]  agent.server: text: key=value n=1",
  );
  expect(formatText({ ...record, level: "error", fields: { why: "two words", gone: undefined } })).toBe(
    '2026-11-21T08:33:01.659Z [ERROR] agent.server: text: why="two words"',
  );
});

test("log: a JSON line has Consul's keys, then the fields by name", () => {
  expect(formatJson({ ...record, fields: { z: 1n, a: true } })).toBe(
    '{"@level":"info","@message":"text","@module":"agent.server","@timestamp":"2026-11-21T08:33:01.659000Z","a":true,"z":"1"}',
  );
});

test("log: whatever a field holds, a record stays one line without control characters", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (message, value) => {
      const line = formatText({ ...record, message, fields: { value } });
      expect(/\p{Cc}/u.test(line)).toBe(false);
      expect(formatJson({ ...record, message, fields: { value } })).not.toContain("\n");
    }),
    { numRuns: 50 },
  );
});
