import { z } from "zod";
import { logLevelOf } from "../../config/log-level.ts";
import { encodeGoJson } from "../../lib/go-json.ts";
import { LineQueue } from "../../lib/line-queue.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { TelemetryDeps } from "../agent-deps.ts";
import { flag, one } from "../query-schema.ts";
import { defineRoute, json, reply } from "../route.ts";

const metrics = defineRoute({
  method: "GET",
  path: "/v1/agent/metrics",
  answeredBy: "agent",
  summary: "Measurements of this agent: JSON of the last 10 seconds, or Prometheus text",
  query: z.object({ dc: one, format: one }),
  answer: z.record(z.string(), z.unknown()),
  acl: "agent:read",
  handle({ query, raw }, { telemetry }: TelemetryDeps) {
    if (!wantsPrometheus(query.format, raw.headers.get("accept"))) return json(telemetry.metrics());
    const exposition = telemetry.prometheus();
    if (exposition === undefined) {
      throw new Refusal("Prometheus is not enabled since its retention time is not positive", 415);
    }
    return reply({ headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" }, body: exposition });
  },
});

const stream = defineRoute({
  method: "GET",
  path: "/v1/agent/metrics/stream",
  answeredBy: "agent",
  summary: "Follow the measurements of this agent: a line of JSON at the end of each 10 seconds",
  query: z.object({ dc: one }),
  answer: z.record(z.string(), z.unknown()),
  acl: "agent:read",
  beyondConsul: true,
  isEndless: true,
  handle: ({ onClose }, { telemetry }: TelemetryDeps) =>
    reply({ headers: { "content-type": "application/json" }, body: metricsStream(telemetry, onClose()) }),
});

/** An interval is taken only when the reader has room for it; a slow one misses some. */
function metricsStream(telemetry: TelemetryDeps["telemetry"], onEnd: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const ended = new AbortController();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const metrics = await telemetry.nextMetrics(ended.signal);
      if (!ended.signal.aborted) controller.enqueue(encoder.encode(`${encodeGoJson(metrics)}\n`));
    },
    cancel() {
      ended.abort();
      onEnd();
    },
  });
}

/** Prometheus asks by its Accept header, whatever the format parameter says. */
function wantsPrometheus(format: string | undefined, accept: string | null): boolean {
  if (format !== undefined) return format === "prometheus";
  return accept?.startsWith("application/openmetrics-text") || /^text\/plain;\s*version=0\.0\.4/.test(accept ?? "");
}

/** Lines that wait for a slow reader of the monitor. */
const MONITOR_LINES_MAX = 512;

const monitor = defineRoute({
  method: "GET",
  path: "/v1/agent/monitor",
  answeredBy: "agent",
  summary: "Follow the log of this agent",
  query: z.object({ dc: one, loglevel: one, logjson: flag }),
  answer: z.string(),
  acl: "agent:read",
  handle({ query, onClose }, { telemetry }: TelemetryDeps) {
    const level = logLevelOf(query.loglevel || "info");
    if (level === undefined) throw new Refusal(`Bad request: Unknown log level: ${query.loglevel}`, 400);
    const lines = new LineQueue(MONITOR_LINES_MAX);
    const unsubscribe = telemetry.subscribe(level, query.logjson ?? false, (line) => lines.push(line));
    return reply({
      headers: { "content-type": "text/plain; charset=utf-8" },
      body: lineStream(lines, unsubscribe, onClose()),
    });
  },
});

/** A stream of what a queue gives; it takes from the queue only what its reader has room for. */
function lineStream(queue: LineQueue, ...onEnd: (() => void)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const ended = new AbortController();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { lines, dropped } = await queue.take(ended.signal);
      if (ended.signal.aborted) return;
      const lost = dropped === 0 ? "" : `[WARN] Monitor dropped ${dropped} logs during monitor request\n`;
      controller.enqueue(encoder.encode(`${lost}${lines.join("\n")}\n`));
    },
    cancel() {
      ended.abort();
      for (const end of onEnd) end();
    },
  });
}

export const agentTelemetryRoutes = [metrics, stream, monitor] as const;
