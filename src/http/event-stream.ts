import { encodeGoJson } from "../lib/go-json.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Interest } from "../state/topics.ts";

/** One thing a stream follows. */
export interface StreamTopic {
  /** As the caller wrote it; comes back in each event. */
  name: string;
  interest: Interest;
  /** What the topic is now: JSON. */
  read(): unknown;
  /** Whether it changed after an index; true when that is not known any more. */
  changedSince(index: number): boolean;
}

export interface StreamSource {
  subscribe(interest: Interest, onChange: (index: number) => void): () => void;
  appliedIndex(): number;
  /** This agent stops: no change will come any more. */
  isClosed(): boolean;
}

/** A proxy cuts silent connections after a minute or less. */
const HEARTBEAT_MS = 25_000;
/** A client that does not read gets no more than this queued; what changes meanwhile is sent as it is by then. */
const QUEUE_BYTES_MAX = 256 * 1024;

/**
 * Server-sent events (WHATWG HTML 9.2) of topics: first each topic as it is, unless the caller resumes from an index
 * since which it did not change, then each topic again whenever it changed. `id` is the index to resume from. A slow
 * reader skips intermediate values, never the last one.
 */
export function eventStream(
  topics: readonly StreamTopic[],
  lastEventId: number | undefined,
  deps: { source: StreamSource; clock: Clock; onEnd: () => void },
): ReadableStream<Uint8Array> {
  const feed = new TopicFeed(topics, lastEventId, deps);
  const strategy = new ByteLengthQueuingStrategy({ highWaterMark: QUEUE_BYTES_MAX });
  return new ReadableStream<Uint8Array>(
    { start: (controller) => feed.start(controller), pull: () => feed.flush(), cancel: () => feed.end() },
    strategy,
  );
}

class TopicFeed {
  readonly #topics: readonly StreamTopic[];
  readonly #deps: { source: StreamSource; clock: Clock; onEnd: () => void };
  readonly #dirty: Set<StreamTopic>;
  readonly #unsubscribe = new Map<StreamTopic, () => void>();
  readonly #encoder = new TextEncoder();
  #isClosed = false;
  #heartbeat: Timer | undefined;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(
    topics: readonly StreamTopic[],
    lastEventId: number | undefined,
    deps: { source: StreamSource; clock: Clock; onEnd: () => void },
  ) {
    this.#topics = topics;
    this.#deps = deps;
    this.#dirty = new Set(topics.filter((topic) => lastEventId === undefined || topic.changedSince(lastEventId)));
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    for (const topic of this.#topics) this.#follow(topic);
    // Headers leave with the first byte, and the caller wants to know that it is connected.
    this.#send(`: connected\nretry: 2000\nid: ${this.#deps.source.appliedIndex()}\n\n`);
    this.flush();
    this.#beat();
  }

  end(): void {
    this.#heartbeat?.cancel();
    for (const unsubscribe of this.#unsubscribe.values()) unsubscribe();
    this.#deps.onEnd();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#controller?.close();
    this.end();
  }

  #follow(topic: StreamTopic): void {
    const unsubscribe = this.#deps.source.subscribe(topic.interest, () => {
      if (this.#deps.source.isClosed()) {
        this.#close();
        return;
      }
      this.#follow(topic);
      this.#dirty.add(topic);
      this.flush();
    });
    this.#unsubscribe.set(topic, unsubscribe);
  }

  /** Sends what changed while the client keeps up. */
  flush(): void {
    for (const topic of this.#dirty) {
      if ((this.#controller?.desiredSize ?? 0) <= 0) return;
      this.#dirty.delete(topic);
      const index = this.#deps.source.appliedIndex();
      const data = encodeGoJson({ Topic: topic.name, Index: index, Value: topic.read() ?? null });
      this.#send(`id: ${index}\nevent: change\ndata: ${data}\n\n`);
    }
  }

  #beat(): void {
    this.#heartbeat = this.#deps.clock.after(HEARTBEAT_MS, () => {
      if ((this.#controller?.desiredSize ?? 0) > 0) this.#send(": alive\n\n");
      this.#beat();
    });
  }

  #send(text: string): void {
    this.#controller?.enqueue(this.#encoder.encode(text));
  }
}
