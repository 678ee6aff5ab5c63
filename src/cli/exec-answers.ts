import { decodeGoJson } from "../lib/go-json.ts";
import { pause } from "../lib/pause.ts";
import { type CommandContext, errorText } from "./context.ts";

/** Code for a node that failed or was not heard of any more. */
const EXIT_NODE_FAILED = 2;
const MS_PER_S = 1000;
const NEWLINE = 10;

export interface Watched {
  /** Prefix of the keys, without a slash behind. */
  readonly dir: string;
  readonly waitMs: number;
  readonly isVerbose: boolean;
}

/** What a node wrote under its name. */
type NodeAnswer = { readonly node: string } & (
  | { readonly kind: "ack" | "alive" }
  | { readonly kind: "output"; readonly bytes: Uint8Array }
  | { readonly kind: "exit"; readonly code: number }
);

/** Prints what the nodes answer until nothing has come for a while, and gives the exit code. */
export async function awaitNodes(context: CommandContext, watched: Watched): Promise<number> {
  const { clock, interrupted } = context;
  const startMs = clock.monotonicMs();
  const done = new AbortController();
  const answers = follow(context, watched, AbortSignal.any([interrupted, done.signal]));
  const seen = { acknowledged: 0, ended: 0, failed: 0 };
  try {
    let next = answers.next();
    for (;;) {
      const waitMs = seen.acknowledged > seen.ended ? 2 * watched.waitMs : watched.waitMs;
      const quiet = new AbortController();
      const found = await Promise.race([next, pause(clock, waitMs, quiet.signal).then(() => "quiet" as const)]);
      quiet.abort();
      if (interrupted.aborted) return 1;
      if (found === "quiet") break;
      if (found.done) return 1;
      count(seen, found.value);
      show(context, found.value, watched.isVerbose);
      next = answers.next();
    }
  } finally {
    done.abort();
  }
  context.print(`${seen.ended} / ${seen.acknowledged} node(s) completed / acknowledged`);
  const seconds = (clock.monotonicMs() - startMs) / MS_PER_S;
  if (watched.isVerbose) context.print(`Completed in ${seconds.toFixed(2)} seconds`);
  return seen.failed > 0 || seen.ended < seen.acknowledged ? EXIT_NODE_FAILED : 0;
}

function count(seen: { acknowledged: number; ended: number; failed: number }, answer: NodeAnswer): void {
  if (answer.kind === "ack") seen.acknowledged++;
  if (answer.kind !== "exit") return;
  seen.ended++;
  if (answer.code !== 0) seen.failed++;
}

function show(context: CommandContext, answer: NodeAnswer, isVerbose: boolean): void {
  const { node } = answer;
  if (answer.kind === "output") showOutput(context, node, answer.bytes);
  else if (answer.kind === "exit") context.print(`==> ${node}: finished with exit code ${answer.code}`);
  else if (isVerbose) context.print(`==> ${node}: ${answer.kind === "ack" ? "acknowledged" : "heartbeat received"}`);
}

/** Line by line behind the node's name; white space at the end is left out, as Consul does. */
function showOutput(context: CommandContext, node: string, bytes: Uint8Array): void {
  const lines: Uint8Array[] = [];
  let from = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, from)) {
    lines.push(bytes.subarray(from, at + 1));
    from = at + 1;
  }
  const text = Buffer.concat([...lines, bytes.subarray(from)].flatMap((line) => [Buffer.from(`    ${node}: `), line]));
  let end = text.length;
  while (end > 0 && isSpace(text[end - 1] ?? 0)) end--;
  context.print(text.subarray(0, end));
}

/** Tab to carriage return, and the space. */
const isSpace = (byte: number) => byte === 32 || (byte >= 9 && byte <= 13);

/** Each answer once, in the order of the keys but a node's exit behind its output. Ends when the keys can't be read. */
async function* follow(
  context: CommandContext,
  { dir, waitMs }: Watched,
  signal: AbortSignal,
): AsyncGenerator<NodeAnswer, void> {
  const { api, complain } = context;
  const seen = new Set<string>();
  let index: string | undefined;
  while (!signal.aborted) {
    const query = { keys: "", wait: `${waitMs}ms`, index };
    let keys: readonly string[];
    try {
      const response = await api.send("GET", `/v1/kv/${dir}/`, { query, signal, accept: [404] });
      const text = await response.text();
      index = response.headers.get("X-Consul-Index") ?? undefined;
      keys = response.status === 404 ? [] : (decodeGoJson(text) as string[]);
    } catch (error) {
      if (!signal.aborted) complain(`Failed to read results: ${errorText(error)}`);
      return;
    }
    const fresh = keys.map((key) => key.slice(dir.length + 1)).filter((name) => name !== "job" && !seen.has(name));
    for (const name of fresh.sort((one, other) => Number(isExit(one)) - Number(isExit(other)))) {
      seen.add(name);
      const answer = await readAnswer(context, dir, name, signal);
      if (signal.aborted) return;
      if (answer !== undefined) yield answer;
    }
  }
}

const EXIT = "/exit";
const ACK = "/ack";
const OUTPUT = "/out/";
const isExit = (name: string) => name.endsWith(EXIT);

/** Undefined for what can't be read; then the reason has been told. */
async function readAnswer(
  { api, complain }: CommandContext,
  dir: string,
  name: string,
  signal: AbortSignal,
): Promise<NodeAnswer | undefined> {
  if (name.endsWith(ACK)) return { kind: "ack", node: name.slice(0, -ACK.length) };
  const outputAt = name.lastIndexOf(OUTPUT);
  if (!isExit(name) && outputAt === -1) {
    complain(`Unknown key '${name}', ignoring.`);
    return undefined;
  }
  const key = `${dir}/${name}`;
  let bytes: Uint8Array;
  try {
    bytes = await (await api.send("GET", `/v1/kv/${key}`, { query: { raw: "" }, signal })).bytes();
  } catch (error) {
    if (!signal.aborted) complain(`Failed to read key '${key}': ${errorText(error)}`);
    return undefined;
  }
  if (!isExit(name)) {
    const node = name.slice(0, outputAt);
    return bytes.length === 0 ? { kind: "alive", node } : { kind: "output", node, bytes };
  }
  const text = new TextDecoder().decode(bytes);
  if (/^[+-]?\d{1,10}$/.test(text)) return { kind: "exit", node: name.slice(0, -EXIT.length), code: Number(text) };
  complain(`Failed to parse exit code '${text}'`);
  return undefined;
}
