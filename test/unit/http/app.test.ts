import { expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { withoutWait } from "../../../src/http/endpoint.ts";
import { READ_QUERY } from "../../../src/http/query-schema.ts";
import { defineRoute, json, reply } from "../../../src/http/route.ts";
import { Refusal } from "../../../src/lib/refusal.ts";
import { Publisher } from "../../../src/state/publisher.ts";
import { httpRig } from "../../support/http-rig.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { silentMeter } from "../../support/silent.ts";

interface Deps {
  state: { value: unknown; index: number; reads: number };
}

const thing = defineRoute({
  method: "GET",
  path: "/v1/thing/:name{.*}",
  summary: "Read the thing",
  query: z.object(READ_QUERY),
  answer: z.unknown(),
  acl: "none",
  blocking: "index",
  namespaced: true,
  read(_request, { state }: Deps) {
    state.reads++;
    return { value: state.value, index: state.index, interest: { topics: ["thing"] } };
  },
});
const put = defineRoute({
  method: "PUT",
  path: "/v1/thing/:name{.*}",
  summary: "Echo",
  query: z.object({}),
  body: z.object({ Name: z.string(), Count: z.number().int().optional() }),
  answer: z.unknown(),
  acl: "none",
  handle: ({ params, body }) => json({ params, body }),
});

function rig(options: Parameters<typeof httpRig>[2] = {}) {
  const state: Deps["state"] = { value: ["<a>"], index: 7, reads: 0 };
  return { state, ...httpRig([thing, put], { state }, options) };
}

test("a read answers compact JSON with Go's escapes and the index headers", async () => {
  const { send } = rig();
  const answer = await send("GET", "/v1/thing/a");
  expect(await answer.text()).toBe('["\\u003ca\\u003e"]');
  expect(answer.headers.get("x-consul-index")).toBe("7");
  expect(answer.headers.get("x-consul-knownleader")).toBe("true");
  expect(answer.headers.get("content-type")).toBe("application/json");
  expect(answer.headers.get("vary")).toBe("Accept-Encoding");
});

test("any presence of pretty indents by four and ends the line", async () => {
  const answer = await rig().send("GET", "/v1/thing/a?pretty=false");
  expect(await answer.text()).toBe('[\n    "\\u003ca\\u003e"\n]\n');
});

test("gzip when accepted, however small", async () => {
  const answer = await rig().send("GET", "/v1/thing/a", { headers: { "accept-encoding": "gzip" } });
  expect(answer.headers.get("content-encoding")).toBe("gzip");
  expect(gunzipSync(await answer.arrayBuffer()).toString()).toBe('["\\u003ca\\u003e"]');
});

test("a weight of 0 refuses gzip", async () => {
  const encoding = async (accepted: string) => {
    const answer = await rig().send("GET", "/v1/thing/a", { headers: { "accept-encoding": accepted } });
    return answer.headers.get("content-encoding");
  };
  expect(await encoding("br, gzip;q=0.5")).toBe("gzip");
  expect(await encoding("gzip;q=0")).toBeNull();
  expect(await encoding("deflate;q=0.5")).toBeNull();
});

test("the root says what it is", async () => {
  const answer = await rig().send("GET", "/");
  expect([answer.status, await answer.text()]).toEqual([200, "Consul Agent"]);
});

test("index 0 is answered as 1: clients read 0 as no index", async () => {
  const { send, state } = rig();
  state.index = 0;
  expect((await send("GET", "/v1/thing/a")).headers.get("x-consul-index")).toBe("1");
});

test("the second equal read comes from the cache until its topic changes", async () => {
  const { send, state, publisher } = rig();
  await send("GET", "/v1/thing/a");
  await send("GET", "/v1/thing/a");
  expect(state.reads).toBe(1);
  state.value = ["new"];
  publisher.publish(new Set(["other"]), 8);
  expect(await (await send("GET", "/v1/thing/a")).text()).toBe('["\\u003ca\\u003e"]');
  publisher.publish(new Set(["thing"]), 8);
  expect(await (await send("GET", "/v1/thing/a")).text()).toBe('["new"]');
});

test("a caller with a token is never answered from the cache", async () => {
  const { send, state } = rig();
  await send("GET", "/v1/thing/a");
  await send("GET", "/v1/thing/a", { headers: { "x-consul-token": "t" } });
  await send("GET", "/v1/thing/a?token=t");
  expect(state.reads).toBe(3);
});

test("a blocking read waits for its topic, not for others, and lifts the idle timeout meanwhile", async () => {
  const publisher = new Publisher();
  const { send, state, held } = rig({ publisher, clock: new ManualClock() });
  let answered: Response | undefined;
  const waiting = send("GET", "/v1/thing/a?index=7").then((answer) => {
    answered = answer;
  });
  await settle();
  state.index = 8;
  publisher.publish(new Set(["other"]), 8);
  await settle();
  expect(answered).toBeUndefined();
  expect(held).toEqual(["hold"]);
  publisher.publish(new Set(["thing"]), 8);
  await waiting;
  expect(answered?.headers.get("x-consul-index")).toBe("8");
  expect(held).toEqual(["hold", "release"]);
});

test("a blocking read ends with what there is when the agent stops", async () => {
  const publisher = new Publisher();
  const { send } = rig({ publisher, clock: new ManualClock() });
  const waiting = send("GET", "/v1/thing/a?index=7&wait=10s");
  await settle();
  publisher.close();
  expect((await waiting).headers.get("x-consul-index")).toBe("7");
});

test("a blocking read that is woken without a newer index waits on", async () => {
  const publisher = new Publisher();
  const clock = new ManualClock();
  const { send, state } = rig({ publisher, clock });
  const waiting = send("GET", "/v1/thing/a?index=7&wait=10s");
  await settle();
  publisher.publish(new Set(["thing"]), 8);
  await settle();
  state.index = 9;
  publisher.publish(new Set(["thing"]), 9);
  expect((await waiting).headers.get("x-consul-index")).toBe("9");
});

test("when the wait is over the last answer is given", async () => {
  const clock = new ManualClock();
  const { send } = rig({ clock });
  const waiting = send("GET", "/v1/thing/a?index=99&wait=2s");
  await settle();
  expect(clock.pendingMs).toEqual([2000]);
  clock.advance(2000);
  expect((await waiting).headers.get("x-consul-index")).toBe("7");
});

test("more waiting requests than one client may have are refused, and those that end make room", async () => {
  const publisher = new Publisher();
  const { send } = rig({ publisher, clock: new ManualClock(), settings: { waitingPerClientMax: 1 } });
  const abort = new AbortController();
  const first = send("GET", "/v1/thing/a?index=7", { signal: abort.signal });
  await settle();
  expect((await send("GET", "/v1/thing/a?index=7")).status).toBe(429);
  abort.abort();
  await first;
  const again = send("GET", "/v1/thing/a?index=7");
  await settle();
  publisher.publishAll(8);
  void again;
});

test.each([
  ["/v1/thing/a?index=x", 400, "Invalid index"],
  ["/v1/thing/a?index=18446744073709551616", 400, "Invalid index"],
  ["/v1/thing/a?wait=10", 400, "Invalid wait time"],
  ["/v1/thing/a?stale&consistent", 400, "Cannot specify ?stale with ?consistent, conflicting semantics."],
  ["/v1/thing/a?max_stale=x", 400, 'Invalid max_stale value "x"'],
  ["/v1/thing/a?dc=nowhere", 500, "No path to datacenter"],
  ["/v1/thing/a?ns=x", 400, 'Bad request: Invalid query parameter: "ns" - Namespaces are a Consul Enterprise feature'],
])("%s is refused in Consul's words", async (path, status, text) => {
  const answer = await rig().send("GET", path);
  expect([answer.status, await answer.text()]).toEqual([status, text]);
});

test("a namespace or seconds that are none in a header are refused, also when the answer is kept", async () => {
  const { send } = rig();
  await send("GET", "/v1/thing/a");
  const namespaced = await send("GET", "/v1/thing/a", { headers: { "x-consul-namespace": "x" } });
  expect([namespaced.status, await namespaced.text()]).toEqual([
    400,
    'Bad request: Invalid header: "X-Consul-Namespace" - Namespaces are a Consul Enterprise feature',
  ]);
  const cacheControl = async (value: string) => {
    const answer = await send("GET", "/v1/thing/a", { headers: { "cache-control": value } });
    return [answer.status, await answer.text()];
  };
  expect(await cacheControl("must-revalidate, max-age=x")).toEqual([400, "Invalid Cache-Control header."]);
  expect(await cacheControl("stale-if-error=-1")).toEqual([400, "Invalid Cache-Control header."]);
  expect((await cacheControl("no-cache, max-age=30"))[0]).toBe(200);
});

test("a read that failed has the headers of one that saw nothing; what is refused before it has none", async () => {
  const { send } = rig();
  const indexHeaders = async (path: string) => {
    const { headers } = await send("GET", path);
    return ["x-consul-index", "x-consul-knownleader", "x-consul-lastcontact"].map((name) => headers.get(name));
  };
  expect(await indexHeaders("/v1/thing/a?dc=nowhere")).toEqual(["1", "false", "0"]);
  expect(await indexHeaders("/v1/thing/a?index=x")).toEqual([null, null, null]);
  const bare = httpRig([{ ...thing, bareRefusals: true }], {});
  expect((await bare.send("GET", "/v1/thing/a?dc=nowhere")).headers.get("x-consul-index")).toBeNull();
});

test("?cached tells whether the answer was kept, where Consul's agents keep it", async () => {
  const { send, publisher } = httpRig([{ ...thing, agentCache: true }], { state: { value: [], index: 7, reads: 0 } });
  const cacheHeaders = async (path: string) => {
    const { headers } = await send("GET", path);
    return [headers.get("x-cache"), headers.get("age")];
  };
  expect(await cacheHeaders("/v1/thing/a?cached")).toEqual(["MISS", null]);
  expect(await cacheHeaders("/v1/thing/a?cached")).toEqual(["HIT", "0"]);
  publisher.publish(new Set(["thing"]), 8);
  expect(await cacheHeaders("/v1/thing/a?cached")).toEqual(["MISS", null]);
  expect(await cacheHeaders("/v1/thing/a")).toEqual([null, null]);
});

test("a kept answer has the index of now where that moves without the answer", async () => {
  let index = 7;
  const read = () => ({ value: [], index, indexNow: () => index, interest: { topics: ["thing"] } });
  const { send } = httpRig([{ ...thing, read }], {});
  await send("GET", "/v1/thing/a");
  index = 9;
  expect((await send("GET", "/v1/thing/a")).headers.get("x-consul-index")).toBe("9");
});

test("the wrong method is 405 with the list of the right ones; OPTIONS answers it", async () => {
  const { send } = rig();
  const wrong = await send("POST", "/v1/thing/a");
  expect([wrong.status, wrong.headers.get("allow"), await wrong.text()]).toEqual([
    405,
    "OPTIONS,GET,PUT",
    "method POST not allowed",
  ]);
  const options = await send("OPTIONS", "/v1/thing/a");
  expect([options.status, options.headers.get("allow"), await options.text()]).toEqual([200, "OPTIONS,GET,PUT", ""]);
});

test("unknown paths are 404 and empty; a subtree without its slash and doubled slashes redirect", async () => {
  const { send } = rig();
  expect((await send("GET", "/v1/nope")).status).toBe(404);
  expect((await send("GET", "/v1/thing?x=1")).headers.get("location")).toBe("/v1/thing/?x=1");
  expect((await send("GET", "/v1/thing//a")).headers.get("location")).toBe("/v1/thing/a");
});

test("unprintable and undecodable paths are 400 and empty; half an escape is a bad request", async () => {
  const { send } = rig();
  for (const path of ["/v1/thing/%00", "/v1/thing/%0a", "/v1/thing/%e0%a4"]) {
    const answer = await send("GET", path);
    expect([path, answer.status, await answer.text()]).toEqual([path, 400, ""]);
  }
  for (const path of ["/v1/thing/%zz", "/v1/thing/%2"]) {
    const answer = await send("GET", path);
    expect([path, answer.status, await answer.text()]).toEqual([path, 400, "400 Bad Request"]);
  }
});

test("path parameters may hold slashes and escapes, or nothing", async () => {
  const { send } = rig();
  const name = async (path: string) => {
    const answer = await send("PUT", path, { body: '{"Name":"n"}' });
    return ((await answer.json()) as { params: { name: string } }).params.name;
  };
  expect(await name("/v1/thing/a/b%2Fc%20d")).toBe("a/b/c d");
  expect(await name("/v1/thing/")).toBe("");
});

test("bodies are JSON whatever the content type says; keys match without regard to case", async () => {
  const { send } = rig();
  const answer = await send("PUT", "/v1/thing/a", {
    body: '{"name":"n"}',
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });
  expect((await answer.json()) as unknown).toEqual({ params: { name: "a" }, body: { Name: "n" } });
});

test.each([
  ["", "Request decode failed: EOF"],
  ["{", "Request decode failed: unexpected EOF"],
  ["x", "Request decode failed: invalid character 'x' looking for beginning of value"],
  ['{"Name" 1}', "Request decode failed: invalid character '1' after object key"],
])("the body %p is refused in Go's words", async (body, text) => {
  const answer = await rig().send("PUT", "/v1/thing/a", { body });
  expect([answer.status, await answer.text()]).toEqual([400, text]);
});

test("blocked endpoints and configured headers", async () => {
  const { send } = rig({ settings: { blockedEndpoints: ["/v1/thing"], responseHeaders: { "x-own": "1" } } });
  const blocked = await send("GET", "/v1/thing/a");
  expect([blocked.status, await blocked.text()]).toEqual([403, "Endpoint is blocked by agent configuration"]);
  expect([blocked.headers.get("x-own"), blocked.headers.get("vary")]).toEqual(["1", "Accept-Encoding"]);
  const wrong = await rig({ settings: { responseHeaders: { "x-own": "1" } } }).send("POST", "/v1/thing/a");
  expect(wrong.headers.get("x-own")).toBe("1");
  const open = await rig({ settings: { responseHeaders: { "x-own": "1" } } }).send("GET", "/v1/thing/a?index=x");
  expect(open.headers.get("x-own")).toBe("1");
});

test("unprintable paths are taken where the configuration says so", async () => {
  const { send } = rig({ settings: { takesUnprintablePaths: true } });
  expect((await send("GET", "/v1/thing/%01")).status).toBe(200);
});

test("who may not write is refused by the method alone, and reads", async () => {
  const asked: string[] = [];
  const { send } = rig({
    settings: {
      mayWrite(address) {
        asked.push(address);
        return false;
      },
    },
  });
  const refused = await send("PUT", "/v1/thing/a", { body: "no JSON" });
  expect([refused.status, await refused.text()]).toEqual([403, "Access is restricted"]);
  expect((await send("POST", "/v1/thing/a")).status).toBe(405);
  expect((await send("GET", "/v1/thing/a")).status).toBe(200);
  expect((await send("OPTIONS", "/v1/thing/a")).status).toBe(200);
  expect(asked).toEqual(["127.0.0.1"]);
});

test("answers from memory are measured with those that are made", async () => {
  const samples: unknown[] = [];
  const clock = new ManualClock();
  const meter = { ...silentMeter, sample: (...sample: unknown[]) => void samples.push(sample) };
  const { send, state } = rig({ clock, meter });
  await send("GET", "/v1/thing/a");
  clock.advance(1);
  await send("GET", "/v1/thing/a");
  expect(state.reads).toBe(1);
  expect(samples).toEqual([
    ["http.GET.v1.thing._", 0, undefined, 1],
    ["http.GET.v1.thing._", 0, undefined, 1],
  ]);
});

test("a Reply keeps its own status, headers and body", async () => {
  const route = defineRoute({
    method: "GET",
    path: "/v1/own",
    summary: "Own",
    query: z.object({}),
    answer: z.unknown(),
    acl: "none",
    handle: () => reply({ status: 418, headers: { "content-type": "text/tea" }, body: "tea" }),
  });
  const answer = await httpRig([route], {}).send("GET", "/v1/own");
  expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([418, "text/tea", "tea"]);
});

test("an unexpected error is a 500 that tells nothing", async () => {
  const { send } = httpRig([thing], { state: undefined });
  const answer = await send("GET", "/v1/thing/a");
  expect([answer.status, await answer.text()]).toEqual([500, "internal error"]);
});

test("routes of later versions say so; access control answers as Consul does without it", async () => {
  const { send } = rig();
  const later = await send("GET", "/v1/connect/intentions");
  expect([later.status, await later.text()]).toEqual([
    501,
    "/v1/connect/intentions (service mesh) is not in this version of Muster yet",
  ]);
  const acl = await send("GET", "/v1/acl/token/self");
  expect([acl.status, await acl.text()]).toEqual([401, "ACL support disabled"]);
  expect((await send("OPTIONS", "/v1/acl/token")).headers.get("allow")).toBe("OPTIONS,PUT");
  expect((await send("POST", "/v1/acl/tokens")).status).toBe(405);
});

test.each([
  ["http://h/v1/kv/a?index=5&wait=10s", "http://h/v1/kv/a"],
  ["http://h/v1/kv/a?recurse&index=5", "http://h/v1/kv/a?recurse"],
  ["http://h/v1/kv/a?index=5&recurse&wait=1s&pretty", "http://h/v1/kv/a?recurse&pretty"],
  ["http://h/v1/kv/a?tag=index=5", "http://h/v1/kv/a?tag=index=5"],
  ["http://h/v1/kv/a", "http://h/v1/kv/a"],
])("%s waits for the answer of %s", (url, same) => {
  expect(withoutWait(url)).toBe(same);
});

test("of many that wait for one answer, the first that is woken makes it for all", async () => {
  const publisher = new Publisher();
  const { send, state } = rig({ publisher, clock: new ManualClock() });
  const waiting = Array.from({ length: 50 }, (_, i) => send("GET", `/v1/thing/a?index=7&wait=${i + 10}s`));
  await settle();
  const before = state.reads;
  state.index = 8;
  state.value = ["new"];
  publisher.publish(new Set(["thing"]), 8);
  for (const answer of await Promise.all(waiting)) {
    expect([answer.headers.get("x-consul-index"), await answer.text()]).toEqual(["8", '["new"]']);
  }
  expect(state.reads - before).toBe(1);
});

test.each([
  ["unknown", "leadership lost while committing log"],
  ["refused", "No cluster leader"],
] as const)("a write that failed says that its outcome is %s; a read has none", async (outcome, text) => {
  const fail = () => {
    throw new Refusal(text, 500, outcome);
  };
  const described = {
    path: "/v1/fail",
    summary: "Fail",
    query: z.object({}),
    answer: z.unknown(),
    acl: "none",
  } as const;
  const rows = [
    defineRoute({ ...described, method: "PUT", handle: fail }),
    defineRoute({ ...described, method: "GET", handle: fail }),
  ];
  const { send } = httpRig(rows, {});
  const write = await send("PUT", "/v1/fail");
  expect([write.status, await write.text(), write.headers.get("x-muster-outcome")]).toEqual([500, text, outcome]);
  expect((await send("GET", "/v1/fail")).headers.get("x-muster-outcome")).toBeNull();
});
