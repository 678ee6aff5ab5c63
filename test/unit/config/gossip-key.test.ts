import { expect, test } from "bun:test";
import { gossipKeyProblem } from "../../../src/config/gossip-key.ts";

test("keys of 16, 24 and 32 bytes are good, as in Consul", () => {
  for (const bytes of [16, 24, 32]) expect(gossipKeyProblem(new Uint8Array(bytes).toBase64())).toBeUndefined();
});

test("others are refused in Consul's words", () => {
  expect(gossipKeyProblem("YWJj")).toBe("key size must be 16, 24 or 32 bytes");
  expect(gossipKeyProblem("abc")).toBe("illegal base64 data at input byte 0");
  expect(gossipKeyProblem("abcd!bcd")).toBe("illegal base64 data at input byte 4");
  expect(gossipKeyProblem("=")).toBe("illegal base64 data at input byte 0");
});
