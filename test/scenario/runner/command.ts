import type { Cluster } from "./cluster.ts";
import type { Words } from "./words.ts";

/** What a word of a scenario does; it prints on the cluster. Throws an Error for a line that makes no sense. */
export type Command = (cluster: Cluster, words: Words) => void;
