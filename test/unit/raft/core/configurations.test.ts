import { describe, expect, test } from "bun:test";
import type { Configuration } from "../../../../src/raft/configuration.ts";
import { changed } from "../../../../src/raft/core/changes.ts";
import { Configurations } from "../../../../src/raft/core/configurations.ts";
import { isAlone, isQuorum, isVoter, quorumValue } from "../../../../src/raft/core/quorum.ts";

/** `a b -c`: a and b vote, c doesn't. */
function of(text: string): Configuration {
  const servers = text.split(" ").map((word) => {
    const id = word.replace("-", "");
    return { id, address: `${id}:8300`, voter: !word.startsWith("-") };
  });
  return { servers: text === "" ? [] : servers };
}

describe("configurations in the log", () => {
  const known = () => {
    const configurations = new Configurations([{ index: 1, configuration: of("a") }]);
    configurations.append(5, of("a -b"));
    configurations.append(9, of("a b"));
    return configurations;
  };

  test("the newest is in force, committed or not (thesis 4.1)", () => {
    expect(known().latest).toEqual({ index: 9, configuration: of("a b") });
    expect(known().asOf(8).index).toBe(5);
    expect(new Configurations([]).latest.configuration.servers).toEqual([]);
  });

  test("when its entry is truncated, the one before is in force again", () => {
    const configurations = known();
    expect(configurations.truncate(10)).toBe(false);
    expect(configurations.truncate(6)).toBe(true);
    expect(configurations.latest.index).toBe(5);
    configurations.truncate(1);
    expect(configurations.latest.index).toBe(1);
  });

  test("compaction keeps the one that holds at the log's beginning", () => {
    const configurations = known();
    configurations.forget(7);
    expect(configurations.asOf(3).index).toBe(5);
    expect(configurations.latest.index).toBe(9);
  });
});

describe("quorums", () => {
  test("a value is reached when a majority of the voters has it; others don't count (thesis 4.2.1)", () => {
    const reached: Record<string, number> = { a: 9, b: 4, c: 7, d: 99 };
    expect(quorumValue(of("a b c -d"), (id) => reached[id] ?? 0)).toBe(7);
    expect(quorumValue(of("a b"), (id) => reached[id] ?? 0)).toBe(4);
    expect(quorumValue(of("a b c d"), (id) => reached[id] ?? 0)).toBe(7);
    expect(quorumValue(of(""), () => 1)).toBe(Number.NEGATIVE_INFINITY);
  });

  test("half of an even number is no majority", () => {
    expect(isQuorum(of("a b c d"), new Set(["a", "b"]))).toBe(false);
    expect(isQuorum(of("a b c d"), new Set(["a", "b", "d"]))).toBe(true);
    expect(isQuorum(of("a b c"), new Set(["a", "x", "y"]))).toBe(false);
  });

  test("who is alone, and who votes", () => {
    expect([isAlone(of("a"), "a"), isAlone(of("a -b"), "a"), isAlone(of("b"), "a")]).toEqual([true, false, false]);
    expect([isVoter(of("a -b"), "a"), isVoter(of("a -b"), "b"), isVoter(of("a"), "z")]).toEqual([true, false, false]);
  });
});

describe("changes", () => {
  const servers = (result: ReturnType<typeof changed>) => (typeof result === "string" ? result : result);

  test("a new server begins without a vote, and a known one keeps its vote with a new address", () => {
    expect(servers(changed(of("a"), { kind: "add", server: { id: "b", address: "b:8300" } }))).toEqual(of("a -b"));
    const moved = changed(of("a"), { kind: "add", server: { id: "a", address: "new:1" } });
    expect(moved).toEqual({ servers: [{ id: "a", address: "new:1", voter: true }] });
  });

  test("promote, demote, remove", () => {
    expect(changed(of("a -b"), { kind: "promote", serverId: "b" })).toEqual(of("a b"));
    expect(changed(of("a b"), { kind: "demote", serverId: "b" })).toEqual(of("a -b"));
    expect(changed(of("a b"), { kind: "remove", serverId: "a" })).toEqual(of("b"));
  });

  test("what changes nothing, or would leave nobody to vote, is refused", () => {
    expect(changed(of("a b"), { kind: "promote", serverId: "b" })).toBe("already so");
    expect(changed(of("a -b"), { kind: "demote", serverId: "b" })).toBe("already so");
    expect(changed(of("a"), { kind: "add", server: { id: "a", address: "a:8300" } })).toBe("already so");
    expect(changed(of("a -b"), { kind: "remove", serverId: "a" })).toBe("last voter");
    expect(changed(of("a -b"), { kind: "demote", serverId: "a" })).toBe("last voter");
    expect(changed(of("a"), { kind: "remove", serverId: "z" })).toBe("no such server");
  });
});
