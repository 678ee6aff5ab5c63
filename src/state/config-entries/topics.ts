import type { ConfigEntryKind } from "../../model/config-entry/config-entry.ts";
import type { Topic } from "../topics.ts";

/** Any config entry appeared, changed or left. */
export const CONFIG_ENTRIES_TOPIC: Topic = "config-entries";
/** Config entries of one kind. */
export const configKindTopic = (kind: ConfigEntryKind): Topic => `config-entries/${kind}`;
/** One config entry, whatever the case of its name. */
export const configEntryTopic = (kind: ConfigEntryKind, name: string): Topic =>
  `config-entry/${kind}/${nameKeyOf(name)}`;

/** What a name is looked up by. */
export const nameKeyOf = (name: string): string => name.toLowerCase();
