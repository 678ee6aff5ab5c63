import { S3Client } from "bun";
import { pause } from "../lib/pause.ts";
import type { Clock } from "../ports/clock.ts";
import { errorText } from "./context.ts";
import type { S3StoreSettings } from "./snapshot-agent-settings.ts";
import { fileName, idOf, type SnapshotStore } from "./snapshot-agent-store.ts";

/** A store that does not answer is given up; the client itself has no limit. */
const ANSWER_MS_MAX = 300_000;
/** Pages of a thousand names each. */
const LIST_PAGES_MAX = 1_000;

/** A bucket of an S3-compatible store. */
export class S3Store implements SnapshotStore {
  readonly #client: S3Client;
  readonly #settings: S3StoreSettings;
  readonly #clock: Clock;

  constructor(settings: S3StoreSettings, clock: Clock) {
    const { accessKeyId, secretAccessKey, sessionToken, region, endpoint, isVirtualHosted, bucket } = settings;
    this.#settings = settings;
    this.#clock = clock;
    this.#client = new S3Client({
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === "" ? {} : { sessionToken }),
      region,
      endpoint,
      bucket,
      virtualHostedStyle: isVirtualHosted,
    });
  }

  nameOf(id: bigint): string {
    return `s3://${this.#settings.bucket}/${this.#key(id)}`;
  }

  async list(): Promise<bigint[]> {
    const prefix = `${this.#folder}consul-`;
    const ids: bigint[] = [];
    let continuationToken: string | undefined;
    for (let page = 0; page < LIST_PAGES_MAX; page++) {
      const answer = await this.#limited(
        `list ${this.#settings.bucket}/${prefix}*`,
        this.#client.list({ prefix, ...(continuationToken === undefined ? {} : { continuationToken }) }),
      );
      ids.push(...(answer.contents ?? []).flatMap(({ key }) => idOf(key.slice(this.#folder.length)) ?? []));
      continuationToken = answer.nextContinuationToken;
      if (!answer.isTruncated || continuationToken === undefined) return ids;
    }
    throw new Error(
      `s3://${this.#settings.bucket}/${prefix}* are more than ${LIST_PAGES_MAX} pages: remove some by hand`,
    );
  }

  async save(id: bigint, archive: Uint8Array, signal: AbortSignal): Promise<void> {
    const upload = this.#client.write(this.#key(id), archive, { type: "application/gzip" });
    await this.#limited(`write ${this.nameOf(id)}`, upload, signal);
  }

  async remove(id: bigint): Promise<void> {
    await this.#limited(`remove ${this.nameOf(id)}`, this.#client.delete(this.#key(id)));
  }

  get #folder(): string {
    return this.#settings.keyPrefix === "" ? "" : `${this.#settings.keyPrefix}/`;
  }

  #key(id: bigint): string {
    return this.#settings.staticName || `${this.#folder}${fileName(id)}`;
  }

  /** The result of `work`, with what was tried in the text of its failure. */
  async #limited<T>(what: string, work: Promise<T>, signal?: AbortSignal): Promise<T> {
    const done = new AbortController();
    const stop = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal]);
    const giveUp = pause(this.#clock, ANSWER_MS_MAX, stop).then((isOver) => {
      throw new Error(isOver ? `no answer for ${ANSWER_MS_MAX / 1000} s` : "stopped");
    });
    try {
      return await Promise.race([work, giveUp]);
    } catch (error) {
      throw new Error(`can't ${what}: ${reason(error)}`);
    } finally {
      done.abort();
    }
  }
}

/** Codes whose cause is never with the store's data, and what to look at. */
const ADVICE: Readonly<Record<string, string>> = {
  ConnectionRefused: "nothing listens at the endpoint; look at -aws-s3-endpoint and at the network",
  NoSuchBucket: "look at -aws-s3-bucket and -aws-s3-region",
  InvalidAccessKeyId: "the store does not know the key; look at AWS_ACCESS_KEY_ID",
  SignatureDoesNotMatch: "look at AWS_SECRET_ACCESS_KEY",
  RequestTimeTooSkewed: "set this machine's clock",
  AccessDenied: "the key needs s3:PutObject, and for -retain s3:ListBucket and s3:DeleteObject",
};

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const advice = ADVICE[code] === undefined ? "" : ` (${ADVICE[code]})`;
  return `${code === "" ? "" : `${code}: `}${errorText(error)}${advice}`;
}
