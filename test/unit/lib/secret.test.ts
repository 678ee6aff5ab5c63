import { expect, test } from "bun:test";
import { inspect } from "node:util";
import { Secret } from "../../../src/lib/secret.ts";

test("secret: it prints nowhere, and is told only to whoever asks for it", () => {
  const secret = new Secret("s3cret");
  const printed = [
    `${secret}`,
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: [secret] }),
    String(secret),
  ];
  expect(printed.join(" ")).not.toContain("s3cret");
  expect(secret.reveal()).toBe("s3cret");
});
