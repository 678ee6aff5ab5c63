import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decodeJoinToken, encodeJoinToken } from "../../../src/config/join-token.ts";
import { loadCommandLine } from "../../../src/config/load-command-line.ts";
import type { FileReader } from "../../../src/config/read.ts";
import { MACHINE } from "./fixture.ts";

const KEY = "cg8StVXbQJ0gPvMd9o7yrg==";
const TOKEN = encodeJoinToken({ datacenter: "home", encrypt: KEY, retryJoin: ["10.0.0.1", "[fd00::1]:8301"] });

/** What an early version printed: later ones must read it for ever. */
const OF_VERSION_1 =
  "muster1_eyJkYyI6ImhvbWUiLCJrZXkiOiJjZzhTdFZYYlFKMGdQdk1kOW83eXJnPT0iLCJqb2luIjpbIjEwLjAuMC4xIiwiW2ZkMDA6OjFdOjgzMDEiXX2QrU6B";

describe("a join token", () => {
  test("is one line that names its version, and gives back what it was made of", () => {
    expect(TOKEN).toMatch(/^muster1_[A-Za-z0-9_-]+$/);
    const any = fc.record({
      datacenter: fc.string(),
      encrypt: fc.constantFrom("", KEY),
      retryJoin: fc.array(fc.string(), { maxLength: 5 }),
    });
    fc.assert(fc.property(any, (token) => expect(decodeJoinToken(` ${encodeJoinToken(token)}\n`)).toEqual(token)));
  });

  test("of the first version is read for ever", () => {
    expect(decodeJoinToken(OF_VERSION_1)).toEqual(decodeJoinToken(TOKEN));
  });

  test("that was cut or mistyped is refused, and its text is in no message", () => {
    for (const bad of [TOKEN.slice(0, -1), TOKEN.slice(0, 20), TOKEN.replace("Z", "Y"), "muster1_", "muster1_AAAA"]) {
      const failure = () => decodeJoinToken(bad);
      expect(failure).toThrow("the join token was cut or mistyped");
      expect(failure).not.toThrow(bad.slice(8, 16) || "muster1_x");
    }
  });

  test("never gets past its checksum when one character is another", () => {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const places = fc.record({ at: fc.integer({ min: 8, max: TOKEN.length - 1 }), to: fc.constantFrom(...letters) });
    fc.assert(
      fc.property(places, ({ at, to }) => {
        if (TOKEN[at] === to) return;
        expect(() => decodeJoinToken(TOKEN.slice(0, at) + to + TOKEN.slice(at + 1))).toThrow();
      }),
    );
  });

  test("of another kind or version is refused with what is expected", () => {
    expect(() => decodeJoinToken("cg8StVXbQJ0gPvMd9o7yrg==")).toThrow('one line that begins with "muster1_"');
    expect(() => decodeJoinToken(TOKEN.replace("muster1", "muster2"))).toThrow("is of version 2, and this version");
    expect(() => encodeJoinToken({ datacenter: "a", encrypt: "abcd", retryJoin: [] })).toThrow(
      "Invalid encryption key: key size must be 16, 24 or 32 bytes",
    );
  });
});

function readerOf(files: Readonly<Record<string, string>>): FileReader {
  return {
    kindOf: (path) => Promise.resolve(Object.hasOwn(files, path) ? "file" : null),
    readFile: (path) =>
      Object.hasOwn(files, path) ? Promise.resolve(files[path] ?? "") : Promise.reject(new Error("ENOENT")),
    listDir: () => Promise.resolve([]),
  };
}

function load(words: string, options: { files?: Record<string, string>; env?: Record<string, string> } = {}) {
  const { files = {}, env = {} } = options;
  return loadCommandLine(["-data-dir=/d", ...words.split(" ").filter(Boolean)], {
    machine: MACHINE,
    env,
    reader: readerOf(files),
  });
}

describe("a node that is given a join token", () => {
  const taken = { datacenter: "home", encrypt: KEY, retryJoin: ["10.0.0.1", "[fd00::1]:8301"] };

  test("takes key, datacenter and addresses of it: from a file, the environment or a flag", async () => {
    const fromFile = await load("-join-token-file=/t", { files: { "/t": `${TOKEN}\n` } });
    expect([fromFile.config, fromFile.warnings]).toMatchObject([taken, []]);
    const fromEnvironment = await load("", { env: { MUSTER_JOIN_TOKEN: TOKEN } });
    expect([fromEnvironment.config, fromEnvironment.warnings]).toMatchObject([taken, []]);
    const fromFlag = await load(`-join-token=${TOKEN}`);
    expect(fromFlag.config).toMatchObject(taken);
    expect(fromFlag.warnings).toEqual([expect.stringContaining("use -join-token-file or MUSTER_JOIN_TOKEN")]);
  });

  test("does not keep the token", async () => {
    const { config } = await load(`-join-token=${TOKEN}`);
    expect(JSON.stringify(config)).not.toContain(TOKEN);
  });

  test("goes by its own configuration where that says something, and is told where that differs", async () => {
    const own = await load("-datacenter=away -encrypt=MDEyMzQ1Njc4OWFiY2RlZg== -retry-join=a", {
      env: { MUSTER_JOIN_TOKEN: TOKEN },
    });
    expect(own.config).toMatchObject({
      datacenter: "away",
      encrypt: "MDEyMzQ1Njc4OWFiY2RlZg==",
      retryJoin: ["a"],
    });
    expect(own.warnings).toEqual([
      expect.stringContaining("encrypt is not that of the join token"),
      expect.stringContaining("datacenter is not that of the join token"),
    ]);
    const joining = await load("-join=b", { env: { MUSTER_JOIN_TOKEN: TOKEN } });
    expect(joining.config).toMatchObject({ startJoin: ["b"], retryJoin: [] });
  });

  test("that is bad, or in a file that can't be read, does not start", async () => {
    await expect(load("-join-token=x")).rejects.toThrow("this is no join token");
    await expect(load("-join-token-file=/none")).rejects.toThrow('join_token_file "/none": ENOENT');
  });
});
