import { expect, test } from "bun:test";
import { indexOfId, UserEvents } from "../../../src/agent/user-events.ts";
import { Refusal } from "../../../src/lib/refusal.ts";
import { Publisher } from "../../../src/state/publisher.ts";
import { silentLogger } from "../../support/silent.ts";

function rig() {
  let count = 0;
  const publisher = new Publisher();
  const orders: (Uint8Array | null)[] = [];
  const events: UserEvents = new UserEvents({
    broadcast(name, payload) {
      if (name.length + payload.length > 512) throw new Refusal("user event exceeds configured limit of 512 bytes");
      events.receive({ name, payload, ltime: 3 });
    },
    onExec: (payload) => orders.push(payload),
    log: silentLogger,
    target: { nodeName: () => "n1", services: () => [{ name: "web", tags: ["v1"] }] },
    publisher,
    uuid: () => `00000000-0000-4000-8000-${String(++count).padStart(12, "0")}`,
  });
  const fire = (Name: string, more = {}) =>
    events.fire({ Name, Payload: null, NodeFilter: "", ServiceFilter: "", TagFilter: "", ...more });
  return { publisher, events, fire, orders };
}

test("an event is kept here only when every filter matches this node", () => {
  const { events, fire } = rig();
  fire("all");
  fire("here", { NodeFilter: "^n1$", ServiceFilter: "we", TagFilter: "v" });
  fire("not here", { NodeFilter: "n2" });
  fire("no such tag", { ServiceFilter: "web", TagFilter: "v2" });
  expect(events.list("").value.map((event) => event.Name)).toEqual(["all", "here"]);
});

test("the version of a list is the newest event's id as a number, on every agent the same", () => {
  const { events, fire } = rig();
  expect(events.list("").version).toBe("1");
  const { ID } = fire("e");
  expect(events.list("e").version).toBe(indexOfId(ID).toString());
  expect(indexOfId("ffffffff-ffff-ffff-0000-000000000001")).toBe(0xfffffffffffffffen);
});

test("only the last 256 are kept", () => {
  const { events, fire } = rig();
  for (let i = 0; i < 300; i++) fire(`e${i}`);
  const { value } = events.list("");
  expect([value.length, value[0]?.Name]).toEqual([256, "e44"]);
});

test("an order to run a program is in no list, wakes nobody, and comes only to the nodes that it is for", () => {
  const { publisher, events, fire, orders } = rig();
  let woken = 0;
  publisher.subscribe(events.list("").interest, () => woken++);
  fire("_rexec", { Payload: new Uint8Array([1]) });
  fire("_rexec", { NodeFilter: "n2" });
  fire("_rexec", { NodeFilter: "n1" });
  expect(orders).toEqual([new Uint8Array([1]), null]);
  expect([events.list("").value, woken]).toEqual([[], 0]);
});

test("an event wakes who waits for its name or for all", () => {
  const { publisher, events, fire } = rig();
  let woken = 0;
  publisher.subscribe(events.list("a").interest, () => woken++);
  fire("b");
  expect(woken).toBe(0);
  fire("a");
  expect(woken).toBe(1);
});

test.each([
  [{ NodeFilter: "(" }, "Invalid node filter: error parsing regexp"],
  [{ TagFilter: "v1" }, "Cannot provide tag filter without service filter"],
  [
    { Name: "x".repeat(500) },
    'error broadcasting event to segment "": user event exceeds configured limit of 512 bytes',
  ],
])("%p is refused in Consul's words", (more, text) => {
  expect(() => rig().fire("e", more)).toThrow(text);
});

test("what gossip brings and is no event of an agent is left out", () => {
  const { events } = rig();
  for (const name of ["deploy", "consul:new-leader", "consul:event:cut"]) {
    events.receive({ name, payload: Uint8Array.of(0x81, 0xa1), ltime: 1 });
  }
  expect(events.list("").value).toEqual([]);
});
