import { expect, test } from "bun:test";
import { configurationDocs } from "../../../src/config/docs.ts";

test("docs/configuration.md is what the table says (write it with scripts/config-docs.ts)", async () => {
  const written = await Bun.file(`${import.meta.dir}/../../../docs/configuration.md`).text();
  expect(written).toBe(configurationDocs());
});
