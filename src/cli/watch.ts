import type { ParsedFlags } from "../lang/goflags.ts";
import { decodeGoJson, encodeGoJson } from "../lib/go-json.ts";
import { type Answering, watchAnswers } from "../model/watch/answering.ts";
import type { WatchQuestion } from "../model/watch/question.ts";
import { readSelf } from "./agent-self.ts";
import { startChild } from "./child.ts";
import { type CommandContext, CommandFailure, errorText, UsageFailure } from "./context.ts";
import type { WATCH_FLAGS } from "./table/children.ts";
import { planWatch } from "./watch-plan.ts";

type Parsed = ParsedFlags<typeof WATCH_FLAGS>;

/** `watch`: prints once, or runs the child for what is there and for every change until it fails or an interrupt comes. */
export async function run(context: CommandContext, { values, args }: Parsed): Promise<number> {
  if (values.type === "") throw new UsageFailure("Watch type must be specified");
  const question = readQuestion(values);
  await readSelf(context);
  let shown: string | undefined;
  let index = "";
  for await (const answer of watchAnswers(answering(context, question, values.type), context.interrupted)) {
    const data = question.shape(answer.body, index);
    index = answer.cursor;
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

function readQuestion(values: Parsed["values"]): WatchQuestion {
  try {
    return planWatch(values);
  } catch (error) {
    throw new CommandFailure(errorText(error));
  }
}

function answering(context: CommandContext, { path, query, waitsBy }: WatchQuestion, type: string): Answering {
  return {
    waitsBy,
    clock: context.clock,
    async ask(cursor, signal) {
      const from = { ...query, index: cursor || undefined };
      const response = await context.api.send("GET", path, { query: from, signal, accept: [404] });
      const text = await response.text();
      return {
        cursor: response.headers.get("X-Consul-Index") ?? "",
        body: response.status === 404 ? undefined : decodeGoJson(text),
      };
    },
    onFailure(reason, retry) {
      const time = new Date(context.clock.nowMs()).toISOString();
      const error = JSON.stringify(reason);
      context.complain(`${time} [ERROR] watch.watch: Watch errored: type=${type} error=${error} retry=${retry}`);
    },
  };
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
