import type { Configuration } from "../../../src/raft/configuration.ts";
import type { Cluster, Thread } from "./cluster.ts";
import type { Command } from "./command.ts";
import { makeMessage } from "./made-message.ts";
import { messageCommands } from "./message-commands.ts";
import { ScenarioNode } from "./node.ts";
import { reportCommands } from "./report-commands.ts";
import { addressOf, parseChange } from "./text.ts";
import { Words } from "./words.ts";

/** Draws of the servers differ, so that the first one campaigns first: 1.1, 1.2, 1.3 times the timeout. */
const CHANCE_STEP = 0.1;

function configurationOf(words: Words): Configuration {
  const server = (voter: boolean) => (id: string) => ({ id, address: addressOf(id), voter });
  return {
    servers: [...words.list("voters").map(server(true)), ...words.list("learners").map(server(false))],
  };
}

/** Whoever starts has heard of no leader and promises nothing: the tests begin when that is over. */
function addNode(cluster: Cluster, node: ScenarioNode): void {
  const isFirst = cluster.nodes.size === 0;
  if (isFirst) cluster.nowMs = 0;
  const { nowMs } = cluster;
  cluster.nowMs = Math.max(0, nowMs - cluster.timing.electionTimeoutMs);
  cluster.add(node);
  cluster.nowMs = isFirst ? cluster.timing.electionTimeoutMs : nowMs;
}

function newNode(id: string): ScenarioNode {
  return new ScenarioNode(id, Number((Number(id) * CHANCE_STEP).toFixed(3)));
}

/** `add-nodes 3 [learners=(4)]`: servers that were bootstrapped with each other. */
function addNodes(cluster: Cluster, words: Words): void {
  const voters = Array.from({ length: Number(words.word(0)) }, (_, at) => String(at + 1));
  const learners = words.list("learners");
  const data = JSON.stringify(
    configurationOf(new Words(`x voters=(${voters.join(" ")}) learners=(${learners.join(" ")})`)),
  );
  for (const id of [...voters, ...learners]) {
    const node = newNode(id);
    node.disk.hardState = { term: 1, votedFor: "" };
    node.disk.entries = [{ index: 1, term: 1, type: "configuration", data }];
    addNode(cluster, node);
  }
}

/**
 * `add-node 4`: an empty server. With `log=(1 1 2)` it has entries of these terms, the first one being the
 * configuration of `voters=` and `learners=`.
 */
function addOne(cluster: Cluster, words: Words): void {
  const node = newNode(words.word(0));
  const terms = words.list("log").map(Number);
  const data = JSON.stringify(configurationOf(words));
  node.disk.entries = terms.map((term, at) =>
    at === 0
      ? { index: 1, term, type: "configuration", data }
      : { index: at + 1, term, type: "command", data: `${at + 1}.${term}` },
  );
  node.disk.hardState = { term: words.number("term", terms.at(-1) ?? 0), votedFor: words.text("vote") ?? "" };
  addNode(cluster, node);
}

function setLimits(cluster: Cluster, words: Words): void {
  for (const key of Object.keys(cluster.limits) as (keyof typeof cluster.limits)[])
    if (words.has(key)) cluster.limits[key] = words.number(key);
}

function elect(cluster: Cluster, words: Words): void {
  const node = cluster.node(words.word(0));
  const wasQuiet = cluster.isQuiet;
  const ids = [...cluster.nodes.values()].filter(({ core }) => core !== undefined).map(({ id }) => id);
  cluster.isQuiet = true;
  cluster.step(node, { type: "campaign" });
  cluster.stabilize(ids);
  // Followers hear of the commit index a little later.
  cluster.advance(cluster.timing.commitNotifyMs, [node.id]);
  cluster.stabilize(ids);
  cluster.isQuiet = wasQuiet;
  const { role, term } = node.core?.status() ?? {};
  cluster.print(role === "leader" ? `${node.id} leads term ${term}` : `${node.id} is ${role} in term ${term}`);
}

function tickElection(cluster: Cluster, words: Words): void {
  const id = words.word(0);
  const deadlineMs = cluster.node(id).core?.nextDeadlineMs ?? Number.POSITIVE_INFINITY;
  if (deadlineMs === Number.POSITIVE_INFINITY) throw new Error(`server ${id} waits for nothing`);
  cluster.advance(Math.max(0, deadlineMs - cluster.nowMs), [id]);
}

const process =
  (thread: Thread): Command =>
  (cluster, words) => {
    const node = cluster.node(words.word(0));
    const underWay = { append: node.appends, read: node.reads, snapshot: node.snapshots }[thread].length;
    for (let left = words.number("count", underWay); left > 0; left--) if (!cluster.work(node, thread)) return;
  };

const all = (cluster: Cluster, words: Words) => (words.plain.length > 0 ? words.plain : [...cluster.nodes.keys()]);

function propose(cluster: Cluster, words: Words): void {
  const size = words.number("size", 0);
  const texts = size > 0 ? ["x".repeat(size)] : words.plain.slice(1);
  const drafts = texts.map((data) => ({ type: "command", data }) as const);
  cluster.step(cluster.node(words.word(0)), { type: "propose", id: cluster.freshId(), drafts });
}

/** Every command there is; `README.md` beside this folder tells of them. */
const COMMANDS: Readonly<Record<string, Command>> = {
  "add-nodes": addNodes,
  "add-node": addOne,
  "set-limits": setLimits,
  "set-randomized-election-timeout": (cluster, words) => {
    const timeoutMs = words.number("timeout");
    cluster.node(words.word(0)).chance = timeoutMs / cluster.timing.electionTimeoutMs - 1;
  },
  "log-level": (cluster, words) => {
    cluster.isQuiet = words.word(0) === "none";
  },
  bootstrap: (cluster, words) =>
    cluster.step(cluster.node(words.word(0)), { type: "bootstrap", configuration: configurationOf(words) }),
  recover: (cluster, words) =>
    cluster.step(cluster.node(words.word(0)), { type: "recover", configuration: configurationOf(words) }),
  campaign: (cluster, words) => cluster.step(cluster.node(words.word(0)), { type: "campaign" }),
  slept: (cluster, words) => cluster.step(cluster.node(words.word(0)), { type: "slept" }),
  elect,
  "tick-election": tickElection,
  advance: (cluster, words) => {
    const ids = words.plain.slice(1);
    cluster.advance(Number(words.word(0)), ids.length > 0 ? ids : [...cluster.nodes.keys()]);
  },
  run: (cluster, words) => {
    const ids = words.plain.length > 1 ? words.plain.slice(1) : [...cluster.nodes.keys()];
    cluster.advance(Number(words.word(0)), ids, () => cluster.stabilize(ids));
  },
  cut: (cluster, words) => {
    for (const place of words.plain) cluster.cut.add(place);
  },
  heal: (cluster, words) => {
    for (const place of words.plain) cluster.cut.delete(place);
  },
  propose,
  change: (cluster, words) => {
    const change = parseChange(words.word(1), words.word(2));
    cluster.step(cluster.node(words.word(0)), { type: "change", id: cluster.freshId(), change });
  },
  "transfer-leadership": (cluster, words) =>
    cluster.step(cluster.node(words.word(0)), { type: "transfer", id: cluster.freshId(), to: words.text("to") }),
  read: (cluster, words) => {
    const isConfirmed = words.text("mode") === "consistent";
    cluster.step(cluster.node(words.word(0)), { type: "read", id: Number(words.word(1)), isConfirmed });
  },
  "process-append-thread": process("append"),
  "process-read-thread": process("read"),
  "process-snapshot-thread": process("snapshot"),
  stabilize: (cluster, words) => cluster.stabilize(all(cluster, words)),
  snapshot: (cluster, words) => cluster.node(words.word(0)).disk.takeSnapshot(Number(words.word(1))),
  compact: (cluster, words) => {
    const node = cluster.node(words.word(0));
    const index = Number(words.word(1));
    node.disk.takeSnapshot(index);
    node.disk.compact(index);
    cluster.step(node, { type: "compacted", index });
  },
  "disk-full": (cluster, words) => {
    cluster.node(words.word(0)).isDiskFull = true;
  },
  "disk-free": (cluster, words) => {
    cluster.node(words.word(0)).isDiskFull = false;
  },
  "disk-stall": (cluster, words) => {
    cluster.node(words.word(0)).isDiskStalled = true;
  },
  "disk-go": (cluster, words) => {
    cluster.node(words.word(0)).isDiskStalled = false;
  },
  "damage-received": (cluster, words) => cluster.node(words.word(0)).damageReceived(),
  crash: (cluster, words) => cluster.node(words.word(0)).crash(words.number("kept", 0)),
  restart: (cluster, words) => cluster.start(cluster.node(words.word(0)), words.number("applied", 0)),
  inject: (cluster, words) => cluster.deliver(makeMessage(words)),
  ...messageCommands,
  ...reportCommands,
};

/** Runs a command line and gives what it printed; `ok` when that is nothing. */
export function runCommand(cluster: Cluster, line: string): string[] {
  const words = new Words(line);
  const command = COMMANDS[words.name];
  try {
    if (command === undefined)
      throw new Error(`no command ${words.name}; there are ${Object.keys(COMMANDS).join(" ")}`);
    command(cluster, words);
    if (words.unread.length > 0) throw new Error(`${words.name} does not know ${words.unread.join(" ")}`);
  } catch (error) {
    cluster.say(`error: ${error instanceof Error ? error.message : error}`);
  }
  const printed = cluster.takePrinted();
  return printed.length > 0 ? printed : ["ok"];
}
