import { expect, test } from "bun:test";
import { QuietLog } from "../../../../src/gossip/pool/quiet-log.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { RecordingLogger } from "../../../support/recording-logger.ts";

function rig() {
  const [clock, inner] = [new ManualClock(), new RecordingLogger()];
  return { clock, inner, log: new QuietLog(inner, clock) };
}

test("one warning is said ten times in a minute, and then how often it was left out", () => {
  const { clock, inner, log } = rig();
  for (let left = 50; left > 0; left--) log.warn("old event");
  log.error("another");
  expect(inner.lines).toHaveLength(11);
  expect(inner.lines[10]).toEqual({ level: "error", message: "another", fields: { "lines left out before": 40 } });
  clock.advance(60_000);
  log.warn("old event", { from: "a" });
  expect(inner.lines[11]?.fields).toEqual({ from: "a" });
});

test("warnings of ever new texts are a hundred in a minute, news are a thousand", () => {
  const { inner, log } = rig();
  for (let at = 0; at < 5000; at++) {
    log.warn(`name conflict for ${at}`);
    log.info(`joined: ${at}`);
  }
  expect([inner.messages("warn").length, inner.messages("info").length]).toEqual([100, 1000]);
});

test("what is for debugging is not limited", () => {
  const { inner, log } = rig();
  for (let left = 2000; left > 0; left--) {
    log.debug("x");
    log.named("part").trace("y");
  }
  expect(inner.lines).toHaveLength(4000);
});
