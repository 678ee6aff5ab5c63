import { expect, test } from "bun:test";
import { compatibilityDocs } from "../../../src/http/compatibility.ts";
import { ACL_ROUTES, LATER_ROUTES } from "../../../src/http/later.ts";
import { routes } from "../../../src/http/table.ts";

test("docs/compatibility.md is what the table of routes says; bun scripts/compatibility-docs.ts writes it", async () => {
  expect(await Bun.file("docs/compatibility.md").text()).toBe(compatibilityDocs(routes));
});

test("no route is both served and promised for later", () => {
  const served = new Set<string>(routes.map((route) => route.path));
  for (const { path } of [...LATER_ROUTES, ...ACL_ROUTES]) expect(served.has(path)).toBe(false);
});
