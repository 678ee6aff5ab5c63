import dgram from "node:dgram";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Labels } from "../../ports/meter.ts";
import type { MetricsSink } from "./sink.ts";

const FLUSH_MS = 100;
/** Fits one packet of Ethernet with room for tunnels. */
const DATAGRAM_BYTES_MAX = 1_400;
/** What comes faster than it can be sent is dropped: these are numbers for curves. */
const PENDING_LINES_MAX = 4_096;

export interface StatsdOptions {
  clock: Clock;
  host: string;
  port: number;
  /** DogStatsD sends labels as tags, plain statsd puts their values into the name. */
  dialect: "statsd" | "dogstatsd";
  /** `key:value` tags that every line carries (DogStatsD). */
  tags: readonly string[];
  onError: (error: unknown) => void;
}

/** Sends measurements to a statsd daemon, many lines a datagram. Lost ones stay lost. */
export class StatsdSink implements MetricsSink {
  readonly #options: StatsdOptions;
  readonly #socket: dgram.Socket;
  #pending: string[] = [];
  #timer: Timer | undefined;
  #hasFailed = false;

  constructor(options: StatsdOptions) {
    this.#options = options;
    this.#socket = dgram.createSocket(options.host.includes(":") ? "udp6" : "udp4");
    this.#socket.on("error", (error) => this.#failed(error));
    this.#socket.unref();
  }

  count(name: string, n: number, labels: Labels): void {
    this.#push(name, String(n), "c", labels);
  }

  gauge(name: string, value: number, labels: Labels): void {
    this.#push(name, value.toFixed(6), "g", labels);
  }

  sample(name: string, value: number, labels: Labels, times: number): void {
    // The protocol's sample rate: the daemon counts this one as 1 / rate.
    this.#push(name, value.toFixed(6), times === 1 ? "ms" : `ms|@${(1 / times).toPrecision(6)}`, labels);
  }

  #push(name: string, value: string, type: string, labels: Labels): void {
    if (this.#pending.length >= PENDING_LINES_MAX) return;
    const { dialect, tags, clock } = this.#options;
    this.#pending.push(statsdLine(dialect, name, value, type, labels, tags));
    this.#timer ??= clock.after(FLUSH_MS, () => {
      this.#timer = undefined;
      void this.flush();
    });
  }

  /** Sends what is pending now; resolves when it is sent or has failed. */
  async flush(): Promise<void> {
    const datagrams = packLines(this.#pending, DATAGRAM_BYTES_MAX);
    this.#pending = [];
    await Promise.all(datagrams.map((datagram) => this.#send(datagram)));
  }

  #send(datagram: string): Promise<void> {
    const { host, port } = this.#options;
    return new Promise((resolve) => {
      this.#socket.send(datagram, port, host, (error) => {
        if (error) this.#failed(error);
        else this.#hasFailed = false;
        resolve();
      });
    });
  }

  /** Reported once a series of failures, or a missing daemon would fill the log. */
  #failed(error: unknown): void {
    if (!this.#hasFailed) this.#options.onError(error);
    this.#hasFailed = true;
  }

  /** Sends the rest and closes. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.flush();
    this.#socket.close();
  }
}

/** `name:value|type`, with labels as the dialect has them. */
export function statsdLine(
  dialect: StatsdOptions["dialect"],
  name: string,
  value: string,
  type: string,
  labels: Labels,
  tags: readonly string[],
): string {
  if (dialect === "statsd") {
    const flat = [name, ...Object.values(labels)].map((part) => part.replace(/[:\s|]/g, "_")).join(".");
    return `${flat}:${value}|${type}`;
  }
  const all = [...tags, ...Object.entries(labels).map(([label, text]) => `${label}:${text}`)];
  const tail = all.length === 0 ? "" : `|#${all.map((tag) => tag.replace(/[|,#\n]/g, "_")).join(",")}`;
  return `${name.replace(/[:|\s]/g, "_")}:${value}|${type}${tail}`;
}

/** Lines joined by line ends into texts of at most `bytesMax`; a longer line stands alone. */
export function packLines(lines: readonly string[], bytesMax: number): string[] {
  const packed: string[] = [];
  let open = "";
  for (const line of lines) {
    if (open !== "" && Buffer.byteLength(open) + 1 + Buffer.byteLength(line) > bytesMax) {
      packed.push(open);
      open = "";
    }
    open = open === "" ? line : `${open}\n${line}`;
  }
  if (open !== "") packed.push(open);
  return packed;
}
