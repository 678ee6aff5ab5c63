import type { Command } from "./command.ts";
import type { ScenarioNode } from "./node.ts";
import { configurationText, entryText } from "./text.ts";

function statusText({ id, core, disk }: ScenarioNode): string {
  if (core === undefined) {
    const { term, votedFor } = disk.hardState;
    return `${id}: down; on its disk term ${term} vote ${votedFor || "none"}, log to ${disk.lastIndex}`;
  }
  const { role, term, leader, lastIndex, lastTerm, durableIndex, commitIndex, configuration } = core.status();
  const follows = role === "follower" ? ` of ${leader ?? "nobody"}` : "";
  const members = configurationText(configuration.configuration);
  return `${id}: ${role}${follows} in term ${term}, log to ${lastIndex}/${lastTerm}, durable ${durableIndex}, commit ${commitIndex}, configuration ${configuration.index}: ${members}`;
}

/** What the server knows, or after a crash what is on its disk. */
const raftLog: Command = (cluster, words) => {
  const { core, disk } = cluster.node(words.word(0));
  const status = core?.status();
  const first = disk.base.index + 1;
  const known = status === undefined ? undefined : core?.entries(first, status.lastIndex);
  if (disk.base.index > 0) cluster.print(`begins behind ${disk.base.index}/${disk.base.term}`);
  for (const entry of known ?? disk.entries) {
    const marks = [
      status !== undefined && entry.index > status.durableIndex ? " (not durable)" : "",
      status !== undefined && entry.index <= status.commitIndex ? " committed" : "",
    ];
    cluster.print(`${entryText(entry)}${marks.join("")}`);
  }
};

export const reportCommands: Readonly<Record<string, Command>> = {
  status: (cluster, words) => {
    const ids = words.plain.length > 0 ? words.plain : [...cluster.nodes.keys()];
    for (const id of ids) cluster.print(statusText(cluster.node(id)));
  },
  "raft-log": raftLog,
  progress: (cluster, words) => {
    for (const { id, state, match, next } of cluster.node(words.word(0)).core?.progress() ?? [])
      cluster.print(`${id}: ${state} match=${match} next=${next}`);
  },
  "has-lease": (cluster, words) => {
    const { core } = cluster.node(words.word(0));
    const applied = words.number("applied", core?.status().commitIndex ?? 0);
    cluster.print(core?.hasLease(cluster.nowMs, applied) ? "yes" : "no");
  },
  "configuration-of": (cluster, words) => {
    const status = cluster.node(words.word(0)).core?.status();
    if (status === undefined) return;
    const { configuration, committedConfiguration } = status;
    cluster.print(`in force ${configuration.index}: ${configurationText(configuration.configuration)}`);
    cluster.print(
      `committed ${committedConfiguration.index}: ${configurationText(committedConfiguration.configuration)}`,
    );
  },
};
