import { expect, test } from "bun:test";
import { streamTopics } from "../../../src/app/stream-topics.ts";
import { eventStream } from "../../../src/http/event-stream.ts";
import { RecentChanges } from "../../../src/state/recent-changes.ts";
import { stateRig } from "../../support/state-rig.ts";

const set = (key: string, value = "MQ==") => ({ type: "kv.set" as const, key, value, flags: "0" });

function streamRig() {
  const rig = stateRig();
  const topics = streamTopics(rig.db, new RecentChanges(rig.publisher), () => rig.machine.appliedIndex);
  let ended = 0;
  return {
    ...rig,
    ended: () => ended,
    open(names: string[], lastEventId?: number) {
      const chosen = names.map((name) => topics(name)).filter((topic) => topic !== undefined);
      const stream = eventStream(chosen, lastEventId, {
        source: {
          subscribe: (interest, onChange) => rig.publisher.subscribe(interest, onChange),
          appliedIndex: () => rig.machine.appliedIndex,
          isClosed: () => rig.publisher.isClosed,
        },
        clock: rig.clock,
        onEnd: () => ended++,
      });
      return new Reader(stream);
    },
    topics,
  };
}

class Reader {
  readonly #reader;
  #text = "";
  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }
  /** The next event with data; keeps comments apart. */
  async next(): Promise<{ id: number; data: { Topic: string; Index: number; Value: unknown } }> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end < 0) {
        const { value } = await this.#reader.read();
        this.#text += new TextDecoder().decode(value);
        continue;
      }
      const block = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 2);
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) return { id: Number(/^id: (\d+)$/m.exec(block)?.[1]), data: JSON.parse(data) };
    }
  }
  /** What is left until the end. */
  async rest(): Promise<string> {
    for (let read = await this.#reader.read(); !read.done; read = await this.#reader.read()) {
      this.#text += new TextDecoder().decode(read.value);
    }
    return this.#text;
  }
  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

test("each topic comes first as it is, then after each of its changes and of no others", async () => {
  const { open, apply } = streamRig();
  apply(set("a"));
  const stream = open(["kv/a"]);
  expect((await stream.next()).data).toMatchObject({ Topic: "kv/a", Value: { Key: "a", ModifyIndex: 1 } });
  apply(set("b"));
  apply(set("a", "Mg=="));
  expect(await stream.next()).toMatchObject({ id: 3, data: { Value: { Value: "Mg==" } } });
  apply({ type: "kv.delete", key: "a" });
  expect((await stream.next()).data.Value).toBeNull();
});

test("resumed, only what changed since comes again", async () => {
  const { open, apply } = streamRig();
  apply(set("a"));
  open(["kv/a"]);
  apply(set("b"));
  const stream = open(["kv/a", "kv/b", "kv/c"], 1);
  expect((await stream.next()).data.Topic).toBe("kv/b");
  apply(set("c"));
  expect((await stream.next()).data.Topic).toBe("kv/c");
});

test("a prefix is one topic with all its pairs", async () => {
  const { open, apply } = streamRig();
  apply(set("p/a"));
  const stream = open(["kv/p/*"], 1);
  apply(set("q"));
  apply(set("p/b"));
  expect((await stream.next()).data.Value).toMatchObject([{ Key: "p/a" }, { Key: "p/b" }]);
});

test("a reader that does not read costs a bounded queue and gets the newest value when it reads again", async () => {
  const { open, apply } = streamRig();
  const stream = open(["kv/a"]);
  const big = new Uint8Array(100_000);
  for (let i = 0; i < 50; i++) {
    big[0] = i;
    apply(set("a", big.toBase64()));
  }
  let last: { Value: unknown } = { Value: null };
  let events = 0;
  do {
    last = (await stream.next()).data;
    events++;
  } while ((last.Value as { ModifyIndex: number } | null)?.ModifyIndex !== 50);
  expect(events).toBeLessThan(10);
});

test("leaving ends every subscription and timer", async () => {
  const { open, clock, ended } = streamRig();
  const stream = open(["kv/a", "nodes", "service/web"]);
  await stream.cancel();
  expect(ended()).toBe(1);
  expect(clock.pendingMs).toEqual([]);
});

test("when the agent stops the stream ends, without another event", async () => {
  const { open, publisher, ended } = streamRig();
  const stream = open(["kv/a", "nodes"]);
  await stream.next();
  await stream.next();
  publisher.close();
  expect(await stream.rest()).toBe("");
  expect(ended()).toBe(1);
});

test("unknown kinds and empty names are no topics", () => {
  const { topics } = streamRig();
  for (const name of ["", "kv", "kv/", "nope", "nope/x", "services/web"]) expect(topics(name)).toBeUndefined();
});
