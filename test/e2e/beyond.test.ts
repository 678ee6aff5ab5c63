import { expect, test } from "bun:test";
import { musterClient } from "../../src/http/client.ts";
import { routes } from "../../src/http/table.ts";
import { until } from "../support/e2e/agent.ts";
import { ask, read, untilLeading } from "./harness/ask.ts";
import { withRig } from "./harness/rig.ts";

test("a key written with ?ttl= expires by itself, wakes who waits for it, and does so after kill -9 too", () =>
  withRig(async (rig) => {
    const first = await rig.server();
    expect((await ask(`${first.url}/v1/kv/short?ttl=1s`, "PUT", "1")).text.trim()).toBe("true");
    expect((await ask(`${first.url}/v1/kv/kept`, "PUT", "1")).text.trim()).toBe("true");
    const { index } = await ask(`${first.url}/v1/kv/short`);
    const woken = await ask(`${first.url}/v1/kv/short?index=${index}&wait=20s`);
    expect(woken.status).toBe(404);
    expect(woken.index).toBeGreaterThan(index);
    expect((await ask(`${first.url}/v1/kv/later?ttl=1s`, "PUT", "1")).text.trim()).toBe("true");
    await first.stop("SIGKILL");
    const second = await rig.server();
    await untilLeading(second.url);
    await until(async () => (await ask(`${second.url}/v1/kv/later`)).status === 404, "the key to expire");
    expect((await ask(`${second.url}/v1/kv/kept`)).status).toBe(200);
  }));

interface Event {
  readonly Topic: string;
  readonly Index: number;
  readonly Value: unknown;
}

/** Reads events of a stream until `enough`; gives them with the id to resume from. */
async function follow(url: string, lastId: string, enough: (events: readonly Event[]) => boolean) {
  const headers: Record<string, string> = lastId === "" ? {} : { "Last-Event-ID": lastId };
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(20_000) });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  const events: Event[] = [];
  let id = "";
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("id: ")) id = line.slice(4);
      if (line.startsWith("data: ")) events.push(JSON.parse(line.slice(6)) as Event);
    }
    if (enough(events)) break;
  }
  return { events, id };
}

test("/v1/stream tells changes, and over a restart resumes where the reader was: what changed is told, what did not is not", () =>
  withRig(async (rig) => {
    const first = await rig.server();
    await ask(`${first.url}/v1/kv/a`, "PUT", "1");
    await ask(`${first.url}/v1/kv/b`, "PUT", "1");
    const path = "/v1/stream?topic=kv/a&topic=kv/b";
    const before = await follow(first.url + path, "", (events) => events.length === 2);
    expect(before.events.map(({ Topic }) => Topic).sort()).toEqual(["kv/a", "kv/b"]);
    await ask(`${first.url}/v1/kv/a`, "PUT", "2");
    await first.stop("SIGKILL");

    const second = await rig.server();
    await untilLeading(second.url);
    const isSecond = ({ Topic, Value }: Event) => Topic === "kv/a" && JSON.stringify(Value).includes(btoa("2"));
    const after = await follow(second.url + path, before.id, (events) => events.some(isSecond));
    expect(Number(after.id)).toBeGreaterThan(Number(before.id));
    // Resumed at the end nothing is told until something changes.
    const idle = follow(second.url + path, after.id, (events) => events.length === 1);
    await ask(`${second.url}/v1/kv/b`, "PUT", "3");
    expect((await idle).events.map(({ Topic }) => Topic)).toEqual(["kv/b"]);
  }));

test("the typed client writes and reads as its types say", () =>
  withRig(async (rig) => {
    const agent = await rig.dev();
    const client = musterClient(agent.url);
    const leader: string = await (await client.v1.status.leader.$get({})).json();
    expect(leader).toContain(":");
    const created = await client.v1.session.create.$put({ query: {} }, { init: { body: '{"Name":"typed"}' } });
    const { ID }: { ID: string } = await created.json();
    const sessions = await (await client.v1.session.list.$get({})).json();
    const names: string[] = sessions.map(({ Name }) => Name);
    expect(names).toEqual(["typed"]);
    expect(sessions[0]?.ID).toBe(ID);
    const nodes = await (await client.v1.catalog.nodes.$get({ query: { pretty: "" } })).json();
    expect(nodes.map(({ Address }) => Address)).toEqual(["127.0.0.1"]);
    // @ts-expect-error: a path that the table of routes does not have
    const none: unknown = client.v1.status.nothing;
    expect(none).toBeDefined();
  }));

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { name: string; in: string; required?: boolean; schema: object }[];
  readonly responses: Readonly<Record<string, { description: string }>>;
}

test("the OpenAPI document has every route, whole operations, unique names, and no reference that leads nowhere", () =>
  withRig(async (rig) => {
    const agent = await rig.dev();
    type Document = {
      openapi: string;
      info: { title: string; version: string };
      paths: Record<string, Record<string, Operation>>;
    };
    const document = await read<Document>(`${agent.url}/v1/openapi.json`);
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
    expect(operations.length).toBe(routes.length);
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
    for (const { path, operation } of operations) {
      const inPath = operation.parameters.filter((parameter) => parameter.in === "path");
      expect(inPath.map(({ name }) => `{${name}}`).sort()).toEqual([...(path.match(/\{[^}]+\}/g) ?? [])].sort());
      expect(inPath.every(({ required }) => required === true)).toBe(true);
      expect(operation.parameters.every(({ schema }) => typeof schema === "object")).toBe(true);
      expect(operation.responses["200"]?.description).toBeString();
    }
    for (const [, target = ""] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = target
        .split("/")
        .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document);
      expect({ target, isThere: found !== undefined }).toEqual({ target, isThere: true });
    }
  }));
