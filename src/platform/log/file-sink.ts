import { appendFile, mkdir, readdir, rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { LogSink } from "./hub.ts";

export interface FileSinkOptions {
  /** A file, or a directory when it ends in a slash. */
  path: string;
  /** Name of the file in a directory. */
  defaultName: string;
  /** 0 for no limit. */
  rotateBytes: number;
  rotateAfterMs: number;
  /** Finished files that are kept: 0 all, below 0 none. */
  filesMax: number;
  clock: Clock;
  /** Told of the first failure of a series, as the log itself can't carry it. */
  onError: (error: unknown) => void;
}

/** Lines wait this long, so that an SD card sees one write for many. */
const FLUSH_MS = 100;
const PENDING_BYTES_MAX = 4 << 20;

/**
 * Appends to a file that is replaced by size or age. As in Consul the file being written carries its time of birth, in
 * nanoseconds, in its name (`consul-1795257376618395618.log`).
 */
export class FileSink implements LogSink {
  readonly #options: FileSinkOptions;
  readonly #directory: string;
  readonly #stem: string;
  readonly #extension: string;
  #file: string | undefined;
  #bornMs = 0;
  #bytes = 0;
  #pending: string[] = [];
  #pendingBytes = 0;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();
  #hasFailed = false;

  constructor(options: FileSinkOptions) {
    this.#options = options;
    const isDirectory = options.path.endsWith("/");
    const name = isDirectory ? options.defaultName : basename(options.path);
    this.#directory = isDirectory ? options.path : dirname(options.path);
    this.#extension = extname(name) || ".log";
    this.#stem = name.slice(0, name.length - extname(name).length);
  }

  write(line: string): void {
    // Over the limit the disk is stuck, and memory matters more than the log.
    if (this.#pendingBytes > PENDING_BYTES_MAX) return;
    this.#pending.push(line);
    this.#pendingBytes += line.length + 1;
    this.#timer ??= this.#options.clock.after(FLUSH_MS, () => {
      this.#timer = undefined;
      void this.flush();
    });
  }

  /** Resolves when all lines so far are written, or have failed. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const text = this.#pending.map((line) => `${line}\n`).join("");
      this.#pending = [];
      this.#pendingBytes = 0;
      if (text !== "") await this.#append(text);
    });
    return this.#writing;
  }

  async #append(text: string): Promise<void> {
    try {
      await this.#rotate();
      const bytes = Buffer.from(text);
      await appendFile(this.#file as string, bytes, { mode: 0o640 });
      this.#bytes += bytes.length;
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) this.#options.onError(error);
      this.#hasFailed = true;
    }
  }

  async #rotate(): Promise<void> {
    const { rotateBytes, rotateAfterMs, clock } = this.#options;
    const now = clock.nowMs();
    const isOld = now - this.#bornMs >= rotateAfterMs;
    const isFull = rotateBytes > 0 && this.#bytes >= rotateBytes;
    if (this.#file !== undefined && !isOld && !isFull) return;
    await mkdir(this.#directory, { recursive: true });
    this.#bornMs = now;
    this.#bytes = 0;
    this.#file = join(this.#directory, `${this.#stem}-${this.#bornNs(now)}${this.#extension}`);
    await this.#prune();
  }

  #lastNs = 0n;
  /** Milliseconds as nanoseconds, but never the same number twice. */
  #bornNs(nowMs: number): bigint {
    const ns = BigInt(Math.floor(nowMs)) * 1_000_000n;
    this.#lastNs = ns > this.#lastNs ? ns : this.#lastNs + 1n;
    return this.#lastNs;
  }

  async #prune(): Promise<void> {
    const { filesMax } = this.#options;
    if (filesMax === 0) return;
    const all = await readdir(this.#directory);
    const own = all.filter(
      (name) =>
        name.startsWith(`${this.#stem}-`) &&
        name.endsWith(this.#extension) &&
        /^[0-9]+$/.test(name.slice(this.#stem.length + 1, -this.#extension.length)) &&
        name !== basename(this.#file ?? ""),
    );
    const stale = own.sort().slice(0, Math.max(0, own.length - Math.max(0, filesMax)));
    for (const name of stale) await rm(join(this.#directory, name), { force: true });
  }
}
