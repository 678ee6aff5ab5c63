import { z } from "zod";
import { Refusal } from "../../lib/refusal.ts";
import type { Clock } from "../../ports/clock.ts";
import { eventStream, type StreamSource, type StreamTopic } from "../event-stream.ts";
import { flag, many, one } from "../query-schema.ts";
import { defineRoute, reply } from "../route.ts";

export interface StreamDeps {
  stream: StreamSource & {
    clock: Clock;
    /** The topic of that name, or undefined when there is no such kind. */
    topic(name: string): StreamTopic | undefined;
  };
}

const TOPICS_MAX = 64;
export const TOPIC_KINDS =
  "kv/<key>, kv/<prefix>* , service/<name>, node/<name>, session/<id>, config/<kind>, config/<kind>/<name>, services, nodes, checks, sessions, config";

export const streamRoutes = [
  defineRoute({
    method: "GET",
    path: "/v1/stream",
    isEndless: true,
    summary: "Follow topics as server-sent events, resumable with Last-Event-ID",
    query: z.object({ topic: many, dc: one, last_event_id: one, stale: flag, consistent: flag }),
    answer: z.object({ Topic: z.string(), Index: z.number().int(), Value: z.unknown() }),
    acl: ["key:read", "service:read", "node:read", "session:read"],
    beyondConsul: true,
    async handle({ query, raw, onClose, readable }, { stream }: StreamDeps) {
      const names = query.topic ?? [];
      if (names.length === 0) throw new Refusal(`Missing ?topic=: name at least one of ${TOPIC_KINDS}`, 400);
      if (names.length > TOPICS_MAX) throw new Refusal(`Too many topics (${names.length} > ${TOPICS_MAX})`, 400);
      const topics = names.map((name) => {
        const topic = stream.topic(name);
        if (topic === undefined) throw new Refusal(`Unknown topic ${JSON.stringify(name)}: use ${TOPIC_KINDS}`, 400);
        return topic;
      });
      // A client that comes from another server must not be sent back in time by one that has not applied as much.
      await readable();
      const resumeFrom = raw.headers.get("last-event-id") ?? query.last_event_id;
      return reply({
        headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
        body: eventStream(topics, parseEventId(resumeFrom), { source: stream, clock: stream.clock, onEnd: onClose() }),
      });
    },
  }),
] as const;

function parseEventId(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new Refusal(`Invalid Last-Event-ID ${JSON.stringify(text)}: it is an index`, 400);
  return Number(text);
}
