import type { Logger } from "../../src/ports/logger.ts";
import type { Meter } from "../../src/ports/meter.ts";

const nothing = () => undefined;

/** For tests that don't look at the log. */
export const silentLogger: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  named: () => silentLogger,
};

/** For tests that don't look at the metrics. */
export const silentMeter: Meter = { count: nothing, gauge: nothing, sample: nothing };
