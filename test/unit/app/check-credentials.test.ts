import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkCredentials } from "../../../src/app/check-credentials.ts";

const dir = mkdtempSync(join(tmpdir(), "muster-certs-"));
afterAll(() => rmSync(dir, { recursive: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};
const keys = {
  enableAgentTlsForChecks: true,
  caFile: file("ca.pem", "CA"),
  caPath: "",
  certFile: file("cert.pem", "CERT"),
  keyFile: file("key.pem", "KEY"),
};

test("checks show the agent's certificate and trust its authority only when told so", () => {
  expect(checkCredentials(keys)).toEqual({ ca: "CA", cert: "CERT", key: "KEY" });
  expect(checkCredentials({ ...keys, enableAgentTlsForChecks: false })).toEqual({});
});

test("all files of ca_path are trusted, and a certificate without its key is not shown", () => {
  const caPath = join(dir, "cas");
  mkdirSync(join(caPath, "more"), { recursive: true });
  file("cas/a.pem", "A");
  file("cas/b.pem", "B");
  const { ca = "", ...rest } = checkCredentials({ ...keys, caFile: "", caPath, keyFile: "" });
  expect(ca.split("\n").sort()).toEqual(["A", "B"]);
  expect(rest).toEqual({});
});

test("a file that can't be read is named with the key that wants it", () => {
  expect(() => checkCredentials({ ...keys, caFile: join(dir, "none.pem") })).toThrow(
    /^enable_agent_tls_for_checks: .*none\.pem/,
  );
});
