import type { ParsedFlags } from "../lang/goflags.ts";
import { formatDurationNs, NS_PER_MS } from "../lib/duration.ts";
import { decodeGoJson, encodeGoJson } from "../lib/go-json.ts";
import { readSelf } from "./agent-self.ts";
import { startChild } from "./child.ts";
import { type CommandContext, CommandFailure, errorText, UsageFailure } from "./context.ts";
import { sleep } from "./sleep.ts";
import type { WATCH_FLAGS } from "./table/children.ts";
import { planWatch, type WatchPlan } from "./watch-plan.ts";

type Parsed = ParsedFlags<typeof WATCH_FLAGS>;

const RETRY_MS = 5_000;
const RETRY_MS_MAX = 180_000;

/** `watch`: prints once, or runs the child for what is there and for every change until it fails or an interrupt comes. */
export async function run(context: CommandContext, { values, args }: Parsed): Promise<number> {
  if (values.type === "") throw new UsageFailure("Watch type must be specified");
  const plan = readPlan(values);
  await readSelf(context);
  let shown: string | undefined;
  for await (const { data, index } of changes(context, plan, values.type)) {
    if (args.length === 0) {
      context.out.write(encodeGoJson(data, true));
      return 0;
    }
    const json = encodeGoJson(data);
    // The index also moves when something else changed that shares it.
    if (json === shown) continue;
    shown = json;
    await runChild(context, { words: args, shell: values.shell, json, index });
  }
  return 0;
}

function readPlan(values: Parsed["values"]): WatchPlan {
  try {
    return planWatch(values);
  } catch (error) {
    throw new CommandFailure(errorText(error));
  }
}

interface Change {
  readonly data: unknown;
  readonly index: string;
}

/** Answers with a new index, by long polls. A failure is told and tried again after 5 s times its count squared. */
async function* changes(context: CommandContext, plan: WatchPlan, type: string): AsyncGenerator<Change> {
  const signal = context.interrupted;
  let last = "";
  let failures = 0;
  while (!signal.aborted) {
    try {
      const query = { ...plan.query, index: last === "" ? undefined : last };
      const response = await context.api.send("GET", plan.path, { query, signal, accept: [404] });
      const text = await response.text();
      const index = response.headers.get("X-Consul-Index") ?? "";
      // Without an index the next question would not wait, and so would all that follow.
      if (index === "") throw new Error("the answer has no X-Consul-Index");
      failures = 0;
      if (index === last) continue;
      const data = plan.shape(response.status === 404 ? undefined : decodeGoJson(text), last);
      // An index that goes back belongs to a restored or new server: begin again.
      last = isBehind(index, last, type) ? "" : index;
      yield { data, index };
    } catch (error) {
      if (signal.aborted) return;
      failures++;
      const retryMs = Math.min(RETRY_MS * failures * failures, RETRY_MS_MAX);
      complain(context, type, errorText(error), retryMs);
      await sleep(context.clock, retryMs, signal);
    }
  }
}

/** The index of events is a hash and has no order. */
function isBehind(index: string, last: string, type: string): boolean {
  return type !== "event" && last !== "" && BigInt(index) < BigInt(last);
}

function complain(context: CommandContext, type: string, text: string, retryMs: number): void {
  const time = new Date(context.clock.nowMs()).toISOString();
  const retry = formatDurationNs(retryMs * NS_PER_MS);
  context.complain(
    `${time} [ERROR] watch.watch: Watch errored: type=${type} error=${JSON.stringify(text)} retry=${retry}`,
  );
}

interface ChildRun {
  readonly words: readonly string[];
  readonly shell: boolean;
  readonly json: string;
  readonly index: string;
}

async function runChild(context: CommandContext, { words, shell, json, index }: ChildRun): Promise<void> {
  const child = start();
  const stop = () => child.signal("SIGTERM");
  context.interrupted.addEventListener("abort", stop, { once: true });
  const failure = await child.exited;
  context.interrupted.removeEventListener("abort", stop);
  if (failure !== "" && !context.interrupted.aborted) throw new CommandFailure(`Error executing handler: ${failure}`);

  function start() {
    try {
      return startChild(context, { words, shell, env: { CONSUL_INDEX: index }, input: `${json}\n` });
    } catch (error) {
      throw new CommandFailure(`Error starting handler: ${errorText(error)}`);
    }
  }
}
