import { nsToMs } from "../../model/go-decode.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Http2Prober, HttpProber, SocketProber } from "../../ports/probes.ts";
import type { ProcessRunner } from "../../ports/process.ts";
import type { Random } from "../../ports/random.ts";
import { AliasCheck, type AliasSource } from "./alias.ts";
import type { Probe } from "./check.ts";
import { dockerProbe } from "./docker.ts";
import { grpcProbe } from "./grpc.ts";
import { h2pingProbe } from "./h2ping.ts";
import { httpProbe } from "./http.ts";
import type { CheckKind } from "./kind.ts";
import { ConcurrencyLimit } from "./limit.ts";
import { osServiceProbe } from "./os-service.ts";
import { PolledCheck } from "./polled.ts";
import type { CheckContext, CheckFactory } from "./runners.ts";
import { scriptProbe } from "./script.ts";
import { tcpProbe } from "./tcp.ts";
import { thresholdsOf } from "./thresholds.ts";
import { udpProbe } from "./udp.ts";

/** Programs cost memory and processor time, connections hardly any. */
const PROCESSES_MAX = 32;
const CONNECTIONS_MAX = 512;

export interface FactoryOptions {
  clock: Clock;
  random: Random;
  processes: ProcessRunner;
  http: HttpProber;
  sockets: SocketProber;
  /** Called when the first check needs HTTP/2. */
  loadHttp2: () => Promise<Http2Prober>;
  aliasSource: AliasSource;
  /** The environment's `DOCKER_HOST`; empty for Docker's socket. */
  dockerHost: string;
}

/** How each kind of check is made. */
export function checkFactories(options: FactoryOptions): Record<Exclude<CheckKind, "ttl">, CheckFactory> {
  const { clock, random, processes, http, sockets, loadHttp2, aliasSource, dockerHost } = options;
  const processLimit = new ConcurrencyLimit(PROCESSES_MAX);
  const connectionLimit = new ConcurrencyLimit(CONNECTIONS_MAX);
  const polled =
    (limit: ConcurrencyLimit, probeOf: (context: CheckContext) => Probe): CheckFactory =>
    (context) =>
      new PolledCheck({
        clock,
        random,
        limit,
        intervalMs: nsToMs(context.run.Interval),
        thresholds: thresholdsOf(context.run),
        probe: probeOf(context),
        report: context.report,
      });
  return {
    alias: ({ id, run, report }) => new AliasCheck({ id, run, report, clock, source: aliasSource }),
    script: polled(processLimit, ({ run, outputBytesMax }) => scriptProbe(run, outputBytesMax, processes)),
    os_service: polled(processLimit, ({ run, outputBytesMax }) => osServiceProbe(run, outputBytesMax, processes)),
    docker: polled(connectionLimit, ({ run, outputBytesMax }) => dockerProbe(run, outputBytesMax, http, dockerHost)),
    http: polled(connectionLimit, ({ run, outputBytesMax }) => httpProbe(run, outputBytesMax, http)),
    tcp: polled(connectionLimit, ({ run }) => tcpProbe(run, sockets)),
    udp: polled(connectionLimit, ({ run }) => udpProbe(run, sockets)),
    grpc: polled(connectionLimit, ({ run }) => grpcProbe(run, loadHttp2)),
    h2ping: polled(connectionLimit, ({ run }) => h2pingProbe(run, loadHttp2)),
  };
}
