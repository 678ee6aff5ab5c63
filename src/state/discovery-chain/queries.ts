import type { CompiledDiscoveryChain } from "../../model/discovery-chain.ts";
import { CONFIG_ENTRIES_INDEX, configEntry } from "../config-entries/queries.ts";
import { configEntryTopic } from "../config-entries/topics.ts";
import type { StateDb } from "../db.ts";
import { tableIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import type { Topic } from "../topics.ts";
import { type ChainRequest, compileChain } from "./compile.ts";
import { type EntryReader, remembering } from "./entries.ts";

const INDEXES = [CONFIG_ENTRIES_INDEX] as const;

/** The chain of a service, and as what is waited for all entries that were looked for: also those that there are none of. */
export function discoveryChain(db: StateDb, request: ChainRequest): QueryResult<CompiledDiscoveryChain> {
  const topics = new Set<Topic>();
  const read: EntryReader = (kind, name) => {
    topics.add(configEntryTopic(kind, name));
    return configEntry(db, kind, name);
  };
  const value = compileChain(request, remembering(read));
  return { value, ...tableIndex(db, INDEXES), interest: { topics: [...topics] } };
}
