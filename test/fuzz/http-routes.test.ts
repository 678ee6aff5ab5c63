import { expect, test } from "bun:test";
import { routes } from "../../src/http/table.ts";
import type { Dice } from "./harness/dice.ts";
import { ANSWER_MS_MAX, dice, runs, SEED, target } from "./harness/target.ts";

/** They end the agent or have no end, as they should; or look for a server at any name that comes along. */
const LEFT_OUT = new Set([
  "/v1/agent/leave",
  "/v1/agent/metrics/stream",
  "/v1/agent/monitor",
  "/v1/stream",
  "/v1/agent/join/:address{.*}",
]);
const ROUNDS_PER_ROUTE = 60;
const QUERY_NAMES =
  "cas acquire release flags ttl recurse keys separator raw dc ns stale consistent cached pretty index wait filter near node-meta tag passing note reason enable hash token replace-existing-checks name service wan segment format type".split(
    " ",
  );

const under = target();
const all = routes.filter(({ path }) => !LEFT_OUT.has(path));

function urlOf(path: string, random: Dice): string {
  const filled = path.replace(/:(\w+)(\{[^}]*\})?/g, () => encode(random.text(), random));
  const query = Array.from({ length: random.below(4) }, () => {
    const name = random.of(QUERY_NAMES);
    // Waits must end while the test runs.
    return name === "wait" ? "wait=5ms" : `${name}=${encode(random.text(), random)}`;
  });
  if (query.some((part) => part.startsWith("index="))) query.push("wait=5ms");
  return query.length === 0 ? filled : `${filled}?${query.join("&")}`;
}

function encode(text: string, random: Dice): string {
  if (random.chance(0.1)) return random.of(["%", "%ff", "%C3", "%00", "%2e%2e", "%2F"]);
  return encodeURIComponent(text.toWellFormed());
}

function bodyOf(random: Dice): string | Buffer {
  if (random.chance(0.7)) return random.json();
  if (random.chance(0.5)) return random.mutate(Buffer.from(random.json()));
  return random.bytes(200);
}

test(`every route takes any parameters and any body without an internal error (FUZZ_SEED=${SEED})`, async () => {
  const random = dice(1);
  const bad: string[] = [];
  for (const { method, path } of all) {
    for (let round = runs(ROUNDS_PER_ROUTE); round > 0; round--) {
      const url = urlOf(path, random);
      const body = method === "GET" ? undefined : bodyOf(random);
      const init = { method, ...(body === undefined ? {} : { body }), signal: AbortSignal.timeout(ANSWER_MS_MAX) };
      const said = await fetch(under.agent.url + url, init).then(
        async (answer) => `${answer.status} ${await answer.text()}`,
        (error: unknown) => String(error),
      );
      if (!/^\d{3} /.test(said) || said.includes("internal error")) {
        bad.push(`${method} ${url.slice(0, 300)} ${String(body).slice(0, 500)}: ${said.slice(0, 200)}`);
      }
    }
  }
  expect(bad).toEqual([]);
  await under.isWell();
});

const VALID: readonly (readonly [path: string, body: unknown])[] = [
  [
    "/v1/agent/service/register",
    {
      ID: "w",
      Name: "web",
      Port: 1,
      Tags: ["a"],
      Meta: { a: "b" },
      Weights: { Passing: 1, Warning: 1 },
      Check: { TTL: "10s", Status: "passing" },
      Connect: { SidecarService: {} },
    },
  ],
  [
    "/v1/agent/check/register",
    { ID: "c", Name: "c", HTTP: "http://127.0.0.1:1", Interval: "10s", Header: { a: ["b"] }, Timeout: "1s" },
  ],
  [
    "/v1/catalog/register",
    {
      Node: "n",
      Address: "127.0.0.1",
      NodeMeta: { a: "b" },
      TaggedAddresses: { lan: "127.0.0.1" },
      Service: { Service: "s", Port: 1 },
      Check: { Name: "c", Status: "passing" },
    },
  ],
  ["/v1/catalog/deregister", { Node: "n", ServiceID: "s", CheckID: "c" }],
  [
    "/v1/session/create",
    {
      Name: "s",
      TTL: "10s",
      LockDelay: "1s",
      Behavior: "delete",
      NodeChecks: ["serfHealth"],
      ServiceChecks: [{ ID: "x" }],
    },
  ],
  [
    "/v1/txn",
    [
      { KV: { Verb: "cas", Key: "k", Value: "eA==", Flags: 1, Index: 1, Session: "x" } },
      { Node: { Verb: "set", Node: { Node: "n", Address: "127.0.0.1" } } },
      { Service: { Verb: "get", Node: "n", Service: { ID: "s" } } },
      { Check: { Verb: "delete", Check: { Node: "n", CheckID: "c" } } },
    ],
  ],
  [
    "/v1/coordinate/update",
    { Node: "n", Coord: { Vec: [0, 0, 0, 0, 0, 0, 0, 0], Error: 1, Height: 1e-5, Adjustment: 0 } },
  ],
  ["/v1/agent/check/update/mem", { Status: "passing", Output: "x" }],
];
const MUTATIONS_PER_BODY = 150;

/** The body as JSON, some of its values being others. */
function withOthers(value: unknown, random: Dice): string {
  if (random.chance(0.1)) return random.json();
  if (Array.isArray(value)) return `[${value.map((item) => withOthers(item, random)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}:${withOthers(item, random)}`);
  return `{${members.join(",")}}`;
}

test(`bodies near valid ones are taken or refused (FUZZ_SEED=${SEED})`, async () => {
  const random = dice(2);
  const bad: string[] = [];
  for (const [path, body] of VALID) {
    for (let round = runs(MUTATIONS_PER_BODY); round > 0; round--) {
      const text = random.chance(0.5) ? random.mutate(Buffer.from(JSON.stringify(body))) : withOthers(body, random);
      const answer = await fetch(under.agent.url + path, {
        method: "PUT",
        body: text,
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      });
      const said = await answer.text();
      if (said.includes("internal error")) bad.push(`PUT ${path} ${String(text).slice(0, 600)}`);
    }
  }
  expect(bad).toEqual([]);
  await under.isWell();
});

const FILTERS = [
  'Service == "web"',
  'ServiceTags contains "a" and not ServiceMeta is empty',
  '"a" in Tags or Port != 80',
  'Meta["a"] matches "^b.*$"',
  "(Node.Node == x) and Checks is not empty",
];

test(`filter expressions near valid ones, and any text, are evaluated or refused (FUZZ_SEED=${SEED})`, async () => {
  const random = dice(3);
  const bad: string[] = [];
  for (let round = runs(400); round > 0; round--) {
    const path = random.of([
      "/v1/catalog/service/web",
      "/v1/health/service/web",
      "/v1/agent/services",
      "/v1/catalog/nodes",
    ]);
    const filter = random.chance(0.8) ? random.mutate(Buffer.from(random.of(FILTERS))).toString() : random.text();
    const url = `${path}?filter=${encodeURIComponent(filter.toWellFormed())}`;
    const answer = await fetch(under.agent.url + url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    if ((await answer.text()).includes("internal error")) bad.push(url);
  }
  expect(bad).toEqual([]);
  await under.isWell();
});
