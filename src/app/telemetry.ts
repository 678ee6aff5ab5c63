import type { Config } from "../config/config.ts";
import { parseLogLevel } from "../config/log-level.ts";
import { splitHostPort } from "../lib/host-port.ts";
import { FileSink } from "../platform/log/file-sink.ts";
import { LogHub, type LogSink } from "../platform/log/hub.ts";
import { MeterFanout } from "../platform/metrics/fanout.ts";
import { InMemorySink } from "../platform/metrics/in-memory.ts";
import { PrometheusSink } from "../platform/metrics/prometheus.ts";
import type { MetricsSink } from "../platform/metrics/sink.ts";
import { StatsdSink } from "../platform/metrics/statsd.ts";
import type { Clock } from "../ports/clock.ts";

export interface Telemetry {
  hub: LogHub;
  meter: MeterFanout;
  memory: InMemorySink;
  prometheus: PrometheusSink | undefined;
  /** Whether measurements are sent somewhere, so that gauges are wanted without anybody asking. */
  isPushed: boolean;
  /** Sends and writes what is still pending. */
  close(): Promise<void>;
}

/** Logs and metrics as the configuration wants them; `console` gets every line too. Throws for an address without port. */
export function startTelemetry(config: Config, console: LogSink, clock: Clock, hostname: string): Telemetry {
  const level = parseLogLevel(config.logLevel);
  const { telemetry } = config;
  const file = fileSink(config, console, clock);
  const hub = new LogHub({
    clock,
    level,
    json: config.logJson,
    sinks: file === undefined ? [console] : [console, file],
  });
  const memory = new InMemorySink(clock);
  const retentionMs = telemetry.prometheusRetentionTimeMs;
  const prometheus = retentionMs > 0 ? new PrometheusSink(clock, retentionMs) : undefined;
  const statsd = statsdSinks(config, hub, clock);
  const sinks: MetricsSink[] = [memory, ...(prometheus === undefined ? [] : [prometheus]), ...statsd];
  const meter = new MeterFanout({
    prefix: telemetry.metricsPrefix,
    ...(telemetry.disableHostname ? {} : { hostname }),
    prefixFilter: telemetry.prefixFilter,
    filterDefault: telemetry.filterDefault,
    sinks,
  });
  return {
    ...{ hub, meter, memory, prometheus, isPushed: statsd.length > 0 },
    async close() {
      await Promise.all(statsd.map((sink) => sink.close()));
      await file?.flush();
    },
  };
}

function fileSink(config: Config, console: LogSink, clock: Clock): FileSink | undefined {
  if (config.logFile === "") return undefined;
  return new FileSink({
    path: config.logFile,
    defaultName: "muster.log",
    rotateBytes: config.logRotateBytes,
    rotateAfterMs: config.logRotateDurationMs,
    filesMax: config.logRotateMaxFiles,
    clock,
    onError: (error) => console.write(`the log file can't be written: ${String(error)}`),
  });
}

function statsdSinks({ telemetry }: Config, hub: LogHub, clock: Clock): StatsdSink[] {
  const { statsdAddress, dogstatsdAddr, dogstatsdTags } = telemetry;
  const log = hub.logger("agent.telemetry");
  const sink = (key: string, address: string, dialect: "statsd" | "dogstatsd", tags: readonly string[]) => {
    const at = splitHostPort(address);
    if (at === undefined) throw new Error(`telemetry.${key}: ${JSON.stringify(address)} is not host:port`);
    const onError = (error: unknown) => log.warn("metrics could not be sent", { address, error: String(error) });
    return new StatsdSink({ ...at, clock, dialect, tags, onError });
  };
  return [
    ...(statsdAddress === "" ? [] : [sink("statsd_address", statsdAddress, "statsd", [])]),
    ...(dogstatsdAddr === "" ? [] : [sink("dogstatsd_addr", dogstatsdAddr, "dogstatsd", dogstatsdTags)]),
  ];
}
