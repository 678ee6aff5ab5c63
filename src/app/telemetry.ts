import type { Config } from "../config/config.ts";
import { FileSink } from "../platform/log/file-sink.ts";
import { parseLevel } from "../platform/log/format.ts";
import { LogHub, type LogSink } from "../platform/log/hub.ts";
import { MeterFanout } from "../platform/metrics/fanout.ts";
import { InMemorySink } from "../platform/metrics/in-memory.ts";
import { PrometheusSink } from "../platform/metrics/prometheus.ts";
import type { Clock } from "../ports/clock.ts";

export interface Telemetry {
  hub: LogHub;
  meter: MeterFanout;
  memory: InMemorySink;
  prometheus: PrometheusSink | undefined;
}

/** Logs and metrics as the configuration wants them; `console` gets every line too. */
export function startTelemetry(config: Config, console: LogSink, clock: Clock, hostname: string): Telemetry {
  const sinks: LogSink[] = [console];
  if (config.logFile !== "") {
    sinks.push(
      new FileSink({
        path: config.logFile,
        defaultName: "muster.log",
        rotateBytes: config.logRotateBytes,
        rotateAfterMs: config.logRotateDurationMs,
        filesMax: config.logRotateMaxFiles,
        clock,
        onError: (error) => console.write(`the log file can't be written: ${String(error)}`),
      }),
    );
  }
  const level = parseLevel(config.logLevel);
  if (level === undefined) {
    throw new Error(`Invalid log level: ${config.logLevel}. Valid log levels are: [TRACE DEBUG INFO WARN ERR]`);
  }
  const hub = new LogHub({ clock, level, json: config.logJson, sinks });
  const memory = new InMemorySink(clock);
  const { telemetry } = config;
  const prometheus =
    telemetry.prometheusRetentionTimeMs > 0
      ? new PrometheusSink(clock, telemetry.prometheusRetentionTimeMs)
      : undefined;
  const meter = new MeterFanout({
    prefix: telemetry.metricsPrefix,
    ...(telemetry.disableHostname ? {} : { hostname }),
    prefixFilter: telemetry.prefixFilter,
    filterDefault: telemetry.filterDefault,
    sinks: prometheus === undefined ? [memory] : [memory, prometheus],
  });
  return { hub, meter, memory, prometheus };
}
