/** A JSON value; integers beyond 2^53 are kept as strings such as `18446744073709551615n`. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** An HTTP request as it goes on the wire: the path is sent untouched, so that `//` and `%2F` can be asked. */
export interface HttpRequest {
  readonly kind: "http";
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Keep the body as text and compare its bytes instead of its JSON value. */
  readonly raw: boolean;
}

/** A DNS question; `ednsBytes` 0 sends no OPT record. */
export interface DnsRequest {
  readonly kind: "dns";
  readonly name: string;
  readonly type: string;
  readonly tcp: boolean;
  readonly ednsBytes: number;
}

/** A run of the command line in the area's own directory, which `files` are written to first. */
export interface CliRequest {
  readonly kind: "cli";
  readonly argv: readonly string[];
  readonly stdin: string;
  readonly files: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

/** A blocking query, and what is written while it hangs; `waitMs` is the `wait` that its path asks for. */
export interface BlockRequest {
  readonly kind: "block";
  readonly query: HttpRequest;
  readonly waitMs: number;
  readonly meanwhile: readonly HttpRequest[];
}

export type Request = HttpRequest | DnsRequest | CliRequest | BlockRequest;

export interface HttpAnswer {
  kind: "http";
  status: number;
  headers: Record<string, string>;
  /** How the JSON text was laid out; a client that compares bytes sees it. */
  layout?: "compact" | "pretty" | "pretty without newline" | "compact with newline";
  json?: Json;
  text?: string;
  /** Only for blocking queries. */
  waited?: "answered early" | "timed out";
  /** For each captured index asked for: how the index of this answer stands to it. */
  indexIs?: Record<string, "equal" | "higher" | "lower" | "absent">;
}

export interface DnsAnswer {
  kind: "dns";
  rcode: string;
  flags: string;
  question: string[];
  answer: string[];
  authority: string[];
  additional: string[];
  edns: string;
}

export interface CliAnswer {
  kind: "cli";
  exit: number;
  stdout: string;
  stderr: string;
}

/** No answer: refused, cut, timed out. The text says which. */
export interface NoAnswer {
  kind: "none";
  failure: string;
}

export type Answer = HttpAnswer | DnsAnswer | CliAnswer | NoAnswer;

/** Changes a normalised answer before it is compared, to leave out what no two runs share. */
export type Refinement = (answer: Answer) => Answer;

/**
 * Where a value for later requests comes from: `json:0.ID` (path into the JSON body), `header:x-consul-index`, or
 * `text:<regular expression with one group>` on the body, stdout or DNS text.
 */
export type Capture = `json:${string}` | `header:${string}` | `text:${string}`;

export interface Exchange {
  readonly id: string;
  readonly request: Request;
  readonly capture: Readonly<Record<string, Capture>>;
  /** Ask again until the raw answer contains this text (agent state reaches the catalog a moment later). */
  readonly until?: string;
  /** Ask again until the raw answer no longer contains this text. */
  readonly untilNot?: string;
  /** Names of captured indexes that the answer's index is compared with. */
  readonly compareTo: readonly string[];
  readonly refine: readonly Refinement[];
}

/** Exchanges that run in sequence against a fresh server of their own. */
export interface Area {
  readonly name: string;
  /** Agent configuration on top of the harness's own. */
  readonly config: Readonly<Record<string, Json>>;
  readonly exchanges: readonly Exchange[];
}
