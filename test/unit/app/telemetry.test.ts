import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTelemetry } from "../../../src/app/telemetry.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { configOf } from "../config/fixture.ts";

function start(text: string) {
  const lines: string[] = [];
  const console = { write: (line: string) => void lines.push(line) };
  return { lines, telemetry: startTelemetry(configOf(text), console, new ManualClock(), "h1") };
}

test("Prometheus is off until its retention time is set, as in Consul", () => {
  expect(start("").telemetry.prometheus).toBeUndefined();
  const { meter, prometheus } = start('telemetry { prometheus_retention_time = "60s" }').telemetry;
  meter.count("kvs.apply");
  expect(prometheus?.text()).toContain("consul_kvs_apply 1");
});

test("gauges carry the host's name unless it is disabled; the prefix and the filters hold", () => {
  const names = (text: string) => {
    const { meter, memory } = start(text).telemetry;
    meter.gauge("state.nodes", 1);
    meter.gauge("runtime.sys_bytes", 1);
    return memory.summary().Gauges.map(({ Name }) => Name);
  };
  expect(names("")).toEqual(["consul.h1.runtime.sys_bytes", "consul.h1.state.nodes"]);
  expect(names('telemetry { disable_hostname = true metrics_prefix = "m" prefix_filter = ["-m.runtime"] }')).toEqual([
    "m.state.nodes",
  ]);
});

test("a daemon's address needs a port, and its key is named", () => {
  expect(() => start('telemetry { statsd_address = "localhost" }')).toThrow(
    'telemetry.statsd_address: "localhost" is not host:port',
  );
});

test("measurements are pushed only where a daemon is configured, and what is pending is sent at the end", async () => {
  expect(start("").telemetry.isPushed).toBe(false);
  const received = Promise.withResolvers<string>();
  const daemon = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: { data: (_socket, bytes) => received.resolve(bytes.toString()) },
  });
  const text = `telemetry { dogstatsd_addr = "127.0.0.1:${daemon.port}" dogstatsd_tags = ["site:north"] }`;
  const { telemetry } = start(text);
  expect(telemetry.isPushed).toBe(true);
  telemetry.meter.sample("kvs.apply", 2, undefined, 4);
  await telemetry.close();
  expect(await received.promise).toBe("consul.kvs.apply:2.000000|ms|@0.250000|#site:north");
  daemon.close();
});

test("the log file has every line at the end, without waiting for its timer", async () => {
  const dir = mkdtempSync(join(tmpdir(), "muster-log-"));
  const { telemetry, lines } = start(`log_file = "${dir}/"`);
  telemetry.hub.logger("agent").info("the last word");
  await telemetry.close();
  const [name = ""] = readdirSync(dir);
  expect(readFileSync(join(dir, name), "utf8")).toBe(`${lines[0]}\n`);
  rmSync(dir, { recursive: true });
});
