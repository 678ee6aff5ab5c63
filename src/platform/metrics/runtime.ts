import type { Meter } from "../../ports/meter.ts";

/**
 * Measures the process, under the names that dashboards of Consul know: `runtime.alloc_bytes` (live heap) and
 * `runtime.sys_bytes` (resident memory).
 */
export function measureRuntime(meter: Meter): void {
  const { heapUsed, rss } = process.memoryUsage();
  meter.gauge("runtime.alloc_bytes", heapUsed);
  meter.gauge("runtime.sys_bytes", rss);
}
