import type { ParsedFlags } from "../lang/goflags.ts";
import { NS_PER_MS } from "../lib/duration.ts";
import { decodeGoJson, encodeGoJson } from "../lib/go-json.ts";
import { pause } from "../lib/pause.ts";
import { type AgentSelf, readSelf } from "./agent-self.ts";
import { type CommandContext, CommandFailure, errorText, orFail, UsageFailure } from "./context.ts";
import { checkFilters, filterQuery } from "./event-filters.ts";
import { awaitNodes } from "./exec-answers.ts";
import { KeptSession } from "./kept-session.ts";
import type { EXEC_FLAGS } from "./table/event.ts";

type Parsed = ParsedFlags<typeof EXEC_FLAGS>;

/** What the nodes shall do, as they read it. */
interface Job {
  readonly Command?: string;
  readonly Args?: readonly string[];
  /** Base64. */
  readonly Script?: string;
  /** Nanoseconds. */
  readonly Wait: number;
}

/**
 * `exec`: keeps the order in the key/value store, tells the nodes of it by an event, and prints what they write beside it.
 * All of it goes with a session, so that nothing is left behind however this ends.
 */
export async function run(context: CommandContext, { values, args }: Parsed): Promise<number> {
  const job = await readJob(context, values, args);
  checkFilters(values);
  const tell = (line: string) => {
    if (values.verbose) context.print(line);
  };
  const self = await readSelf(context);
  const session = await orFail("Failed to create session", startSession(context, self, tell));
  // Nodes put the two together by Go's path.Join, which leaves no empty parts.
  const prefix = values.prefix.split("/").filter(Boolean).join("/");
  const dir = prefix === "" ? session.id : `${prefix}/${session.id}`;
  let hasJob = false;
  try {
    tell(`Created remote execution session: ${session.id}`);
    await orFail("Failed to create job file", upload(context, `${dir}/job`, job, session.id));
    hasJob = true;
    tell("Uploaded remote execution spec");
    if (!(await pause(context.clock, values["wait-repl"], context.interrupted))) return 1;
    const event = { Prefix: prefix, Session: session.id };
    const firing = context.api.put("/v1/event/fire/_rexec", { query: filterQuery(values), body: encodeGoJson(event) });
    const { ID } = decodeGoJson(await orFail("Failed to fire event", firing)) as { readonly ID: string };
    tell(`Fired remote execution event: ${ID}`);
    return await awaitNodes(context, { dir, waitMs: values.wait, isVerbose: values.verbose });
  } finally {
    await cleanUp(context, session, hasJob ? dir : undefined);
  }
}

async function readJob(
  context: CommandContext,
  { shell, wait }: Parsed["values"],
  args: readonly string[],
): Promise<Job> {
  const Wait = wait * NS_PER_MS;
  const command = args.join(" ");
  if (command === "-") {
    if (!shell) throw new CommandFailure("Cannot configure -shell=false when reading from stdin");
    const script = await context.stdin();
    if (script.length > 0) return { Script: Buffer.from(script).toString("base64"), Wait };
  } else if (command !== "") {
    return shell ? { Command: command, Wait } : { Args: args, Wait };
  }
  throw new UsageFailure("Must specify a command to execute");
}

/** The agent can't give its own node to a session of another datacenter, so that a server there must hold it. */
async function startSession(
  context: CommandContext,
  { Config: { Datacenter, NodeName } }: AgentSelf,
  tell: (line: string) => void,
): Promise<KeptSession> {
  const { datacenter } = context.api;
  if (datacenter === "" || datacenter === Datacenter)
    return await KeptSession.start(context, { Name: "Remote Exec", Behavior: "delete" });
  tell("Remote exec in foreign datacenter, using Session TTL");
  const Node = await remoteServer(context);
  tell(`Binding session to remote node ${Node}@${datacenter}`);
  const Name = `Remote Exec via ${NodeName}@${Datacenter}`;
  return await KeptSession.start(context, { Name, Node, NodeChecks: [], Behavior: "delete" });
}

async function remoteServer({ api }: CommandContext): Promise<string> {
  const failure = "Failed to find Consul server in remote datacenter";
  const query = { passing: "1" };
  const work = api.get<readonly { readonly Node: { readonly Node: string } }[]>("/v1/health/service/consul", { query });
  const [server] = await orFail(failure, work);
  if (server === undefined) throw new CommandFailure(failure);
  return server.Node.Node;
}

async function upload({ api }: CommandContext, key: string, job: Job, session: string): Promise<void> {
  const answer = await api.put(`/v1/kv/${key}`, { query: { acquire: session }, body: encodeGoJson(job) });
  if (!answer.includes("true")) throw new Error(`failed to acquire key ${key}`);
}

/** The session goes first: then no node can write any more, and what is deleted stays so. */
async function cleanUp({ api, complain }: CommandContext, session: KeptSession, dir: string | undefined) {
  try {
    await session.end();
    if (dir !== undefined) await api.delete(`/v1/kv/${dir}`, { query: { recurse: "" } });
  } catch (error) {
    complain(`Clean-up failed: ${errorText(error)}`);
  }
}
