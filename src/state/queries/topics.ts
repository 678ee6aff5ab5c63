import type { Topic } from "../topics.ts";

/** Any prepared query appeared, changed or ended. */
export const QUERIES_TOPIC: Topic = "queries";
/** One prepared query. */
export const queryTopic = (id: string): Topic => `query/${id.toLowerCase()}`;
