import type { Message } from "../../../src/raft/core/messages.ts";
import type { Cluster } from "./cluster.ts";
import type { Command } from "./command.ts";
import { messageText } from "./text.ts";
import type { Words } from "./words.ts";

/** Which messages `from=`, `to=` and `type=` mean; all without them. */
function chooser(words: Words): (message: Message) => boolean {
  const [from, to, types] = [words.list("from"), words.list("to"), words.list("type")];
  const allows = (list: readonly string[], value: string) => list.length === 0 || list.includes(value);
  return (message) => allows(from, message.from) && allows(to, message.to) && allows(types, message.type);
}

/**
 * `deliver-msgs 2 3 drop=(1)`: what is on its way to 2 and 3 arrives, what is on its way to 1 is lost. `pick=(2 1)` takes
 * these numbers of `show-msgs` in this order; with `keep=yes` the network has them still, as one that duplicates.
 */
const deliver: Command = (cluster, words) => {
  const isChosen = chooser(words);
  const dropped = words.list("drop");
  const picks = words.list("pick").map(Number);
  const isKept = words.text("keep") === "yes";
  take(cluster, (message) => dropped.includes(message.to) && isChosen(message), false).forEach((message) => {
    cluster.print(`> dropped: ${messageText(message)}`);
  });
  if (words.plain.length === 0 && picks.length === 0 && dropped.length > 0) return;
  const candidates = cluster.messages.filter(
    (message) => isChosen(message) && (words.plain.length === 0 || words.plain.includes(message.to)),
  );
  const chosen = picks.length === 0 ? candidates : picks.flatMap((at) => candidates[at - 1] ?? []);
  take(cluster, (message) => chosen.includes(message), isKept);
  for (const message of chosen) cluster.deliver(message);
};

function take(cluster: Cluster, isTaken: (message: Message) => boolean, isKept: boolean): Message[] {
  const taken = cluster.messages.filter(isTaken);
  if (!isKept) cluster.messages = cluster.messages.filter((message) => !taken.includes(message));
  return taken;
}

export const messageCommands: Readonly<Record<string, Command>> = {
  "deliver-msgs": deliver,
  "drop-msgs": (cluster, words) => {
    for (const message of take(cluster, chooser(words), false)) cluster.print(`> dropped: ${messageText(message)}`);
  },
  "show-msgs": (cluster, words) => {
    const isChosen = chooser(words);
    const shown = cluster.messages.filter(
      (message) => isChosen(message) && (words.plain.length === 0 || words.plain.includes(message.to)),
    );
    for (const [at, message] of shown.entries()) cluster.print(`${at + 1}. ${messageText(message)}`);
  },
};
