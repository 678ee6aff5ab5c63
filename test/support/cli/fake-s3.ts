import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** Most names of one page of a listing; small, so that tests turn pages. */
const PAGE_NAMES_MAX = 3;

/**
 * One bucket behind HTTP that keeps objects as an S3-compatible store does: path-style addresses, and every request is
 * refused whose signature of version 4 is not that of its own keys.
 */
export class FakeS3 {
  readonly bucket = "backups";
  readonly region = "eu-central-1";
  readonly accessKeyId = "AKTEST";
  readonly secretAccessKey = "secret/of+test";
  readonly objects = new Map<string, Uint8Array>();
  /** `METHOD key` of what was taken, in order. */
  readonly requests: string[] = [];
  /** Answers what it gives, for faults of a store. */
  fault: (method: string, key: string) => Response | undefined = () => undefined;
  readonly #server: Bun.Server<undefined>;

  constructor() {
    this.#server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => this.#answer(request) });
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  stop(): Promise<void> {
    return this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const body = await request.bytes();
    const refusal = this.#checkSignature(request, url, body);
    if (refusal !== undefined) return failure(403, refusal);
    const [, bucket = "", ...rest] = url.pathname.split("/");
    if (bucket !== this.bucket) return failure(404, "NoSuchBucket");
    const key = rest.map(decodeURIComponent).join("/");
    this.requests.push(`${request.method} ${key}`);
    const fault = this.fault(request.method, key);
    if (fault !== undefined) return fault;
    if (request.method === "GET" && key === "") return this.#list(url.searchParams);
    return this.#object(request.method, key, body);
  }

  #object(method: string, key: string, body: Uint8Array): Response {
    if (method === "PUT") {
      this.objects.set(key, body);
      return new Response("", { headers: { ETag: `"${createHash("md5").update(body).digest("hex")}"` } });
    }
    if (method === "DELETE") {
      this.objects.delete(key);
      return new Response(null, { status: 204 });
    }
    return failure(405, "MethodNotAllowed");
  }

  #list(query: URLSearchParams): Response {
    const after = query.get("continuation-token") ?? "";
    const all = [...this.objects.keys()]
      .filter((key) => key.startsWith(query.get("prefix") ?? "") && key > after)
      .sort();
    const page = all.slice(0, PAGE_NAMES_MAX);
    const isTruncated = page.length < all.length;
    const contents = page.map(
      (key) => `<Contents><Key>${key}</Key><Size>${this.objects.get(key)?.length}</Size></Contents>`,
    );
    return xml(
      200,
      `<ListBucketResult><Name>${this.bucket}</Name><IsTruncated>${isTruncated}</IsTruncated>${contents.join("")}${
        isTruncated ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ""
      }</ListBucketResult>`,
    );
  }

  /** The code of S3's refusal, or undefined when the request is signed by our key. */
  #checkSignature(request: Request, url: URL, body: Uint8Array): string | undefined {
    const authorization = request.headers.get("authorization") ?? "";
    const [, key, date = "", region = "", names = "", signature = ""] =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
        authorization,
      ) ?? [];
    if (key === undefined) return "AccessDenied";
    if (key !== this.accessKeyId) return "InvalidAccessKeyId";
    if (region !== this.region) return "AuthorizationHeaderMalformed";
    const hash = request.headers.get("x-amz-content-sha256") ?? "";
    if (hash !== "UNSIGNED-PAYLOAD" && hash !== sha256(body)) return "XAmzContentSHA256Mismatch";
    const signed = names.split(";");
    const unsigned = [...request.headers.keys()].filter((name) => name.startsWith("x-amz-") && !signed.includes(name));
    if (unsigned.length > 0 || !signed.includes("host")) return "AccessDenied";
    const canonical = [
      request.method,
      url.pathname,
      [...url.searchParams]
        .map(([name, value]) => `${encode(name)}=${encode(value)}`)
        .sort()
        .join("&"),
      ...signed.map((name) => `${name}:${request.headers.get(name)?.trim()}`),
      "",
      names,
      hash,
    ].join("\n");
    const time = request.headers.get("x-amz-date") ?? "";
    const text = ["AWS4-HMAC-SHA256", time, `${date}/${region}/s3/aws4_request`, sha256(canonical)].join("\n");
    const signingKey = [date, region, "s3", "aws4_request"].reduce<string | Uint8Array>(
      (secret, part) => createHmac("sha256", secret).update(part).digest(),
      `AWS4${this.secretAccessKey}`,
    );
    const expected = createHmac("sha256", signingKey).update(text).digest("hex");
    return time.startsWith(date) && timingSafeEqual(Buffer.from(expected), Buffer.from(signature))
      ? undefined
      : "SignatureDoesNotMatch";
  }
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function failure(status: number, code: string): Response {
  return xml(status, `<Error><Code>${code}</Code><Message>refused</Message></Error>`);
}

function xml(status: number, text: string): Response {
  const headers = { "Content-Type": "application/xml" };
  return new Response(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`, { status, headers });
}
