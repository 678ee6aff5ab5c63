import { afterAll, expect, test } from "bun:test";
import { MeterFanout } from "../../../../src/platform/metrics/fanout.ts";
import { InMemorySink } from "../../../../src/platform/metrics/in-memory.ts";
import { PrometheusSink } from "../../../../src/platform/metrics/prometheus.ts";
import { measureRuntime } from "../../../../src/platform/metrics/runtime.ts";
import { packLines, StatsdSink, statsdLine } from "../../../../src/platform/metrics/statsd.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const common = { prefix: "consul", prefixFilter: [], filterDefault: true };

test("metrics: an interval of 10 seconds has count, sum, rate, mean and deviation", () => {
  const clock = new ManualClock();
  const sink = new InMemorySink(clock);
  const meter = new MeterFanout({ ...common, sinks: [sink] });
  for (const value of [2, 4]) meter.sample("kvs.apply", value);
  meter.count("rpc.request", 5);
  meter.gauge("raft.last_index", 7, { node: "n1" });
  clock.advance(10_000);
  const deviation = Math.SQRT2;
  expect(sink.summary()).toEqual({
    Timestamp: "2027-01-15 08:00:00 +0000 UTC",
    Gauges: [{ Name: "consul.raft.last_index", Value: 7, Labels: { node: "n1" } }],
    Points: [],
    Counters: [
      { Name: "consul.rpc.request", Count: 1, Rate: 0.5, Sum: 5, Min: 5, Max: 5, Mean: 5, Stddev: 0, Labels: {} },
    ],
    Samples: [
      { Name: "consul.kvs.apply", Count: 2, Rate: 0.6, Sum: 6, Min: 2, Max: 4, Mean: 3, Stddev: deviation, Labels: {} },
    ],
  });
});

test("metrics: the last finished interval is shown, the running one only while there is none", () => {
  const clock = new ManualClock();
  const sink = new InMemorySink(clock);
  sink.count("a", 1, {});
  expect(sink.summary().Counters).toHaveLength(1);
  clock.advance(10_000);
  sink.count("b", 1, {});
  expect(sink.summary().Counters.map((counter) => counter.Name)).toEqual(["a"]);
});

test("metrics: the longest filter that fits a name decides", () => {
  const sink = new InMemorySink(new ManualClock());
  const prefixFilter = ["-consul.http", "+consul.http.GET", "noise"];
  const meter = new MeterFanout({ ...common, prefixFilter, sinks: [sink] });
  for (const name of ["http.PUT", "http.GET.v1", "raft"]) meter.count(name);
  expect(sink.summary().Counters.map((counter) => counter.Name)).toEqual(["consul.http.GET.v1", "consul.raft"]);
});

test("metrics: Prometheus text has HELP, TYPE, safe names and escaped labels", () => {
  const clock = new ManualClock();
  const sink = new PrometheusSink(clock, 60_000);
  const meter = new MeterFanout({ ...common, sinks: [sink] });
  meter.count("client.rpc", 2);
  meter.count("client.rpc", 3);
  meter.gauge("autopilot.healthy", 1, { why: 'a"b\\' });
  for (const value of [1, 2, 3]) meter.sample("raft.apply-time", value);
  expect(sink.text()).toBe(
    `${[
      "# HELP consul_autopilot_healthy consul_autopilot_healthy",
      "# TYPE consul_autopilot_healthy gauge",
      'consul_autopilot_healthy{why="a\\"b\\\\"} 1',
      "# HELP consul_client_rpc consul_client_rpc",
      "# TYPE consul_client_rpc counter",
      "consul_client_rpc 5",
      "# HELP consul_raft_apply_time consul_raft_apply_time",
      "# TYPE consul_raft_apply_time summary",
      'consul_raft_apply_time{quantile="0.5"} 2',
      'consul_raft_apply_time{quantile="0.9"} 3',
      'consul_raft_apply_time{quantile="0.99"} 3',
      "consul_raft_apply_time_sum 6",
      "consul_raft_apply_time_count 3",
    ].join("\n")}\n`,
  );
});

test("metrics: quantiles are of the last 10 seconds, and silent series are forgotten after the retention", () => {
  const clock = new ManualClock();
  const sink = new PrometheusSink(clock, 60_000);
  sink.sample("a", 1, {}, 1);
  clock.advance(11_000);
  expect(sink.text()).toContain('a{quantile="0.5"} NaN\n');
  clock.advance(60_000);
  expect(sink.text()).toBe("");
});

test("metrics: labels made of user input can't fill the memory", () => {
  const sink = new PrometheusSink(new ManualClock(), 60_000);
  const inMemory = new InMemorySink(new ManualClock());
  for (let i = 0; i < 10_010; i++) {
    sink.count("a", 1, { i: String(i) });
    inMemory.count("a", 1, { i: String(i) });
  }
  expect(sink.text().split("\n")).toHaveLength(10_003);
  expect(inMemory.summary().Counters).toHaveLength(10_000);
});

test("metrics: statsd has labels in the name, DogStatsD as tags, and neither can be broken by them", () => {
  const labels = { node: "n:1|x" };
  expect(statsdLine("statsd", "consul.a", "1", "c", labels, [])).toBe("consul.a.n_1_x:1|c");
  expect(statsdLine("dogstatsd", "consul.a", "1", "c", labels, ["dc:dc1"])).toBe("consul.a:1|c|#dc:dc1,node:n:1_x");
  expect(packLines(["aa", "bb", "cccccccc"], 5)).toEqual(["aa\nbb", "cccccccc"]);
});

const cleanups: (() => void)[] = [];
afterAll(() => {
  for (const cleanup of cleanups) cleanup();
});

test("metrics: a statsd daemon gets the lines of one flush in one datagram", async () => {
  const received = Promise.withResolvers<string>();
  const daemon = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: { data: (_socket, data) => received.resolve(data.toString()) },
  });
  const clock = new ManualClock();
  const options = { clock, host: "127.0.0.1", port: daemon.port, tags: [], onError: () => undefined };
  const sink = new StatsdSink({ ...options, dialect: "statsd" });
  cleanups.push(
    () => daemon.close(),
    () => sink.close(),
  );
  const meter = new MeterFanout({ ...common, hostname: "h1", sinks: [sink] });
  meter.count("rpc", 2);
  meter.gauge("index", 1.5);
  meter.sample("time", 0.25);
  clock.advance(100);
  expect(await received.promise).toBe("consul.rpc:2|c\nconsul.h1.index:1.500000|g\nconsul.time:0.250000|ms");
});

test("metrics: the process is measured by its live heap and its resident memory", () => {
  const sink = new InMemorySink(new ManualClock());
  measureRuntime(new MeterFanout({ ...common, sinks: [sink] }));
  const gauges = sink.summary().Gauges;
  expect(gauges.map((gauge) => gauge.Name)).toEqual(["consul.runtime.alloc_bytes", "consul.runtime.sys_bytes"]);
  expect(gauges.every((gauge) => gauge.Value > 0)).toBe(true);
});

test("metrics: one observation may stand for many, in every sink", () => {
  const clock = new ManualClock();
  const memory = new InMemorySink(clock);
  const prometheus = new PrometheusSink(clock, 60_000);
  const meter = new MeterFanout({ ...common, sinks: [memory, prometheus] });
  meter.sample("kvs.apply", 2, undefined, 3);
  meter.sample("kvs.apply", 6);
  const [sample] = memory.summary().Samples;
  expect([sample?.Count, sample?.Sum, sample?.Mean, sample?.Stddev]).toEqual([4, 12, 3, 2]);
  expect(prometheus.text()).toContain("consul_kvs_apply_sum 12\nconsul_kvs_apply_count 4\n");
});

test("metrics: a gauge that was measured for who asks is shown at once, beside those of the finished interval", () => {
  const clock = new ManualClock();
  const sink = new InMemorySink(clock);
  sink.gauge("a", 1, {});
  sink.gauge("b", 1, {});
  clock.advance(10_000);
  sink.gauge("b", 2, {});
  expect(sink.summary().Gauges.map(({ Name, Value }) => [Name, Value])).toEqual([
    ["a", 1],
    ["b", 2],
  ]);
});

test("metrics: other filters hold for names that were measured before", () => {
  const sink = new InMemorySink(new ManualClock());
  const meter = new MeterFanout({ ...common, sinks: [sink] });
  meter.count("http.GET");
  meter.setFilters({ prefixFilter: ["-consul.http"], filterDefault: true });
  meter.count("http.GET");
  meter.setFilters({ prefixFilter: [], filterDefault: false });
  meter.count("http.GET");
  expect(sink.summary().Counters[0]?.Count).toBe(1);
});
