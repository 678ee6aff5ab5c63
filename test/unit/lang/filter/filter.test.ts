import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compileFilter } from "../../../../src/lang/filter/compile.ts";
import type { StructSpec } from "../../../../src/lang/filter/field-spec.ts";
import { CHECK_FIELDS } from "../../../../src/lang/filter/fields/check.ts";
import { NODE_FIELDS } from "../../../../src/lang/filter/fields/node.ts";
import { NODE_SERVICE_FIELDS } from "../../../../src/lang/filter/fields/node-service.ts";
import { SERVICE_HEALTH_FIELDS } from "../../../../src/lang/filter/fields/service-health.ts";
import { SERVICE_NODE_FIELDS } from "../../../../src/lang/filter/fields/service-node.ts";
import { FILTER_CHARS_MAX, parseFilter } from "../../../../src/lang/filter/parse.ts";
import { Refusal } from "../../../../src/lib/refusal.ts";
import recorded from "../../../fixtures/filter.json";

const FIELDS: Record<string, StructSpec> = {
  node: NODE_FIELDS,
  serviceNode: SERVICE_NODE_FIELDS,
  serviceHealth: SERVICE_HEALTH_FIELDS,
  check: CHECK_FIELDS,
  nodeService: NODE_SERVICE_FIELDS,
};
const ITEMS: Record<string, unknown[]> = recorded.items;

function filterOf(of: string, text: string): (item: unknown) => boolean {
  return compileFilter(parseFilter(text), FIELDS[of] as StructSpec);
}

function refusalOf(text: string, of = "node"): string | undefined {
  try {
    filterOf(of, text);
    return undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    expect(error.status).toBe(500);
    return error.message;
  }
}

describe("a filter that Consul 1.8.7 refuses is refused in its words", () => {
  for (const { of, filter, error } of recorded.errors)
    test(`${of}: ${JSON.stringify(filter)}`, () => expect(refusalOf(filter, of)).toBe(error));
});

describe("a filter keeps the items that Consul 1.8.7 keeps", () => {
  for (const { of, filter, matched } of recorded.matches)
    test(`${of}: ${filter}`, () => {
      const keeps = filterOf(of, filter);
      const kept = (ITEMS[of] ?? []).flatMap((item, index) => (keeps(item) ? [index] : []));
      expect(kept).toEqual(matched);
    });
});

describe("a hostile filter gets an answer", () => {
  const word = fc.constantFrom(
    "Node",
    "Meta",
    "and",
    "or",
    "not",
    "in",
    "is",
    "empty",
    "contains",
    "matches",
    "(",
    ")",
    "[",
    "]",
    '"',
    "`",
    "==",
    "!=",
    ".",
    " ",
    "\n",
    "0",
    "1.5",
    "-",
    "x",
    "\\",
    "é",
    "😀",
  );
  test("any text parses or is a Refusal", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word, { maxLength: 40 }).map((words) => words.join("")),
        ),
        (text) => {
          refusalOf(text);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("deep nesting is refused before the stack ends", () => {
    expect(refusalOf("(".repeat(30_000))).toBe("filter expression nests too deeply");
    expect(refusalOf("not ".repeat(10_000))).toBe("filter expression nests too deeply");
    expect(refusalOf(`${"(".repeat(100)}Node == x${")".repeat(100)}`)).toBeUndefined();
  });

  test("a list of a thousand alternatives is fine", () => {
    expect(refusalOf(Array.from({ length: 1000 }, (_, i) => `Node == "n${i}"`).join(" or "))).toBeUndefined();
  });

  test("a text over the limit is refused", () => {
    expect(refusalOf(`Node == "${"x".repeat(FILTER_CHARS_MAX)}"`)).toContain("exceeds");
  });
});

test("fields that an item lacks count as zero values", () => {
  expect(filterOf("nodeService", 'Proxy.DestinationServiceName == ""')({ ID: "web" })).toBe(true);
  expect(filterOf("nodeService", "Port == 0 and Connect.Native == false and Tags is empty")({})).toBe(true);
  expect(filterOf("node", "Meta is empty")({ Meta: null })).toBe(true);
});

test("a name that every object inherits is no key of a map", () => {
  expect(filterOf("node", "constructor in Meta")({ Meta: {} })).toBe(false);
  expect(filterOf("node", 'Meta.toString == ""')({ Meta: {} })).toBe(false);
});
