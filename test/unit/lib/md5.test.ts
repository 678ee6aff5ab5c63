import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { md5Hex } from "../../../src/lib/md5.ts";

test("md5: any text gives the platform's digest", () => {
  const long = fc.nat({ max: 300 }).map((length) => "x".repeat(length));
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), long), (text) => {
      expect(md5Hex(text)).toBe(createHash("md5").update(Buffer.from(text, "utf8")).digest("hex"));
    }),
  );
});
