import { expect, test } from "bun:test";
import { openApiDocument } from "../../../src/http/openapi.ts";
import { routes } from "../../../src/http/table.ts";
import { httpRig } from "../../support/http-rig.ts";

interface Parameter {
  name: string;
  in: "path" | "query";
  required?: boolean;
  schema: { type: string };
}
interface Operation {
  operationId: string;
  parameters: Parameter[];
  responses: Record<string, unknown>;
}
const document = openApiDocument(routes, "1.0.0") as {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

/** Every object in the document, with its place. */
function* nodes(value: unknown, place = "#"): Generator<[place: string, node: Record<string, unknown>]> {
  if (typeof value !== "object" || value === null) return;
  yield [place, value as Record<string, unknown>];
  for (const [key, item] of Object.entries(value)) yield* nodes(item, `${place}/${key}`);
}

function resolve(ref: string): unknown {
  let at: unknown = document;
  for (const key of ref.slice(2).split("/")) at = (at as Record<string, unknown> | undefined)?.[key];
  return at;
}

test("every route of the table is there, under a name of its own", () => {
  for (const { path, method } of routes) {
    const name = path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}");
    expect(document.paths[name]?.[method.toLowerCase()]).toBeDefined();
  }
  expect(operations.length).toBe(routes.length);
  expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
});

test("every reference leads somewhere in the document", () => {
  for (const [place, node] of nodes(document)) {
    if (typeof node.$ref !== "string") continue;
    expect([place, resolve(node.$ref)]).not.toEqual([place, undefined]);
  }
});

test("every parameter of a path is declared and required, and no other is", () => {
  for (const { path, operation } of operations) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
    const declared = operation.parameters.filter((parameter) => parameter.in === "path");
    expect([path, declared.map(({ name }) => name)]).toEqual([path, inPath]);
    expect(declared.every(({ required }) => required === true)).toBe(true);
  }
});

test("no parameter is declared twice, and each says what it holds", () => {
  for (const { path, operation } of operations) {
    const names = operation.parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
    expect([path, names]).toEqual([path, [...new Set(names)]]);
    expect(operation.parameters.every(({ schema }) => ["string", "boolean", "array"].includes(schema.type))).toBe(true);
  }
});

test("flags are true by being there, and what may be repeated is a list", () => {
  const parameter = (path: string, name: string) =>
    document.paths[path]?.get?.parameters.find((candidate) => candidate.name === name);
  expect(parameter("/v1/kv/{key}", "recurse")).toEqual({
    ...{ name: "recurse", in: "query", allowEmptyValue: true },
    schema: { type: "boolean" },
  } as never);
  expect(parameter("/v1/stream", "topic")?.schema).toEqual({ type: "array", items: { type: "string" } } as never);
});

test("what the schemas say to the decoder alone is not in the document", () => {
  const keys = new Set([...nodes(document)].flatMap(([, node]) => Object.keys(node)));
  expect(keys.has("go")).toBe(false);
  expect(keys.has("$schema")).toBe(false);
});

test("every operation says what it answers, and every answer has a description", () => {
  for (const { operation } of operations) {
    const responses = Object.values(operation.responses) as { description?: string }[];
    expect(responses.length).toBeGreaterThan(0);
    expect(responses.every(({ description }) => Boolean(description))).toBe(true);
  }
});

test("every agent has it, whatever else its role gives it", async () => {
  const response = await httpRig(routes, {}).send("GET", "/v1/openapi.json");
  expect(response.status).toBe(200);
  expect(((await response.json()) as { openapi: string }).openapi).toBe("3.1.0");
});
