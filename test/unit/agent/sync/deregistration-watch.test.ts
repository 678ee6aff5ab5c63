import { expect, test } from "bun:test";
import { watchDeregistrations } from "../../../../src/agent/sync/deregistration-watch.ts";
import { deregisteredTopic } from "../../../../src/state/deregistrations/topics.ts";
import { Publisher } from "../../../../src/state/publisher.ts";

test("each time that something of this node was deregistered on purpose is told, until the end", () => {
  const publisher = new Publisher();
  let news = 0;
  const stop = watchDeregistrations(publisher, "AB", () => news++);
  for (const id of ["ab", "ab", "cd"]) publisher.publish(new Set([deregisteredTopic(id)]), 1);
  expect(news).toBe(2);
  stop();
  publisher.publish(new Set([deregisteredTopic("ab")]), 2);
  expect(news).toBe(2);
});

test("the end of the publisher is no news", () => {
  const publisher = new Publisher();
  let news = 0;
  watchDeregistrations(publisher, "ab", () => news++);
  publisher.close();
  expect(news).toBe(0);
});
