import { expect, test } from "bun:test";
import { type WatchAnswer, watchAnswers } from "../../../../src/model/watch/answering.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";

/** Asks what answers one after the other, and then nothing any more. */
function asking(answers: (WatchAnswer | Error)[], waitsBy: "index" | "events" = "index") {
  const clock = new ManualClock();
  const controller = new AbortController();
  const asked: string[] = [];
  const told: unknown[] = [];
  const failures: string[] = [];
  const over = (async () => {
    const ask = async (cursor: string) => {
      asked.push(cursor);
      const next = answers.shift();
      if (next === undefined) controller.abort();
      if (next instanceof Error) throw next;
      return next ?? { cursor, body: undefined };
    };
    const onFailure = (reason: string, retry: string) => void failures.push(`${reason} ${retry}`);
    for await (const { body } of watchAnswers({ waitsBy, clock, ask, onFailure }, controller.signal)) told.push(body);
  })();
  return { clock, asked, told, failures, over };
}

const answer = (cursor: string, body: unknown): WatchAnswer => ({ cursor, body });

test("each question begins where the last answer ended; an index that goes back begins anew", async () => {
  const { asked, told, over } = asking([answer("5", "a"), answer("9", "b"), answer("3", "c"), answer("4", "d")]);
  await over;
  expect(told).toEqual(["a", "b", "c", "d"]);
  expect(asked).toEqual(["", "5", "9", "", "4"]);
});

test("the index of events has no order", async () => {
  const { asked, over } = asking([answer("9", "a"), answer("3", "b")], "events");
  await over;
  expect(asked).toEqual(["", "9", "3"]);
});

test("an answer that did not wait is not asked for again at once, as those of a server that stops", async () => {
  const { clock, asked, told, over } = asking([answer("5", "a"), answer("5", "a"), answer("6", "b")]);
  await settle();
  expect(asked).toEqual(["", "5"]);
  clock.advance(250);
  await over;
  expect(told).toEqual(["a", "b"]);
});

test("failures are told and waited for: 5 s times the square of their number, at most 3 minutes", async () => {
  const failed = Array.from({ length: 8 }, () => new Error("no"));
  const { clock, failures, told, over } = asking([...failed, answer("1", "a"), new Error("again")]);
  while (told.length === 0) {
    await settle();
    clock.advance(180_000);
  }
  await settle();
  clock.advance(5_000);
  await over;
  const retries = ["5s", "20s", "45s", "1m20s", "2m5s", "3m0s", "3m0s", "3m0s"];
  expect(failures).toEqual([...retries.map((retry) => `no ${retry}`), "again 5s"]);
});

test("an answer without an index is a failure, since the next question would not wait", async () => {
  const { failures, over, clock } = asking([answer("", "a")]);
  await settle();
  clock.advance(5_000);
  await over;
  expect(failures).toEqual(["the answer has no X-Consul-Index 5s"]);
});
