import { describe, expect, test } from "bun:test";
import { type FlagSpec, GoFlagError, parseGoFlags } from "../../../src/lang/goflags.ts";

const SPECS = [
  { name: "stale", kind: "bool", doc: "", nullable: true },
  { name: "wan", kind: "bool", doc: "", default: false },
  { name: "name", kind: "string", doc: "", default: "anon" },
  { name: "n", kind: "int", doc: "", default: 1 },
  { name: "port", kind: "int", doc: "", nullable: true },
  { name: "flags", kind: "uint", doc: "" },
  { name: "trailing", kind: "uint", doc: "", nullable: true },
  { name: "timeout", kind: "duration", doc: "" },
  { name: "contact", kind: "duration", doc: "", nullable: true },
  { name: "tag", kind: "strings", doc: "" },
  { name: "meta", kind: "map", doc: "" },
  { name: "node-meta", kind: "colon-map", doc: "" },
] as const satisfies readonly FlagSpec[];

const parse = (...argv: string[]) => parseGoFlags(SPECS, argv);
const failure = (...argv: string[]): string => {
  try {
    parse(...argv);
  } catch (error) {
    if (error instanceof GoFlagError) return error.message;
    throw error;
  }
  return "no error";
};

describe("Go flags: what is a flag", () => {
  test("-x v, -x=v, --x v and --x=v mean the same", () => {
    for (const argv of [["-name", "a"], ["-name=a"], ["--name", "a"], ["--name=a"]])
      expect(parse(...argv).values.name).toBe("a");
  });

  test("parsing stops at the first word that is no flag, and a lone dash is such a word", () => {
    expect(parse("-wan", "key", "-name=a")).toMatchObject({ values: { name: "anon" }, args: ["key", "-name=a"] });
    expect(parse("-", "-wan").args).toEqual(["-", "-wan"]);
  });

  test("-- ends the flags and is dropped", () => {
    expect(parse("-wan", "--", "-name=a").args).toEqual(["-name=a"]);
  });

  test("a bool flag never takes the next word", () => {
    expect(parse("-wan", "false")).toMatchObject({ values: { wan: true }, args: ["false"] });
    expect(parse("-wan=false").values.wan).toBe(false);
  });

  test("a value may look like a flag or hold further equal signs", () => {
    expect(parse("-name", "-wan").values.name).toBe("-wan");
    expect(parse("-name=a=b").values.name).toBe("a=b");
    expect(parse("-name=").values.name).toBe("");
  });

  test("defaults fill in, and `given` tells what was written", () => {
    const parsed = parse("-n", "1");
    expect([parsed.values.n, parsed.values.name, parsed.values.tag]).toEqual([1, "anon", undefined]);
    expect([...parsed.given]).toEqual(["n"]);
  });
});

describe("Go flags: values", () => {
  test("a repeated list appends, a repeated scalar overwrites, a repeated map merges", () => {
    const { values } = parse(
      "-tag",
      "a",
      "-tag=b",
      "-n=2",
      "-n=3",
      "-meta",
      "a=1",
      "-meta",
      "b=2=3",
      "-node-meta=x:y:z",
    );
    expect(values.tag).toEqual(["a", "b"]);
    expect(values.n).toBe(3);
    expect(values.meta).toEqual({ a: "1", b: "2=3" });
    expect(values["node-meta"]).toEqual({ x: "y:z" });
  });

  test("a colon map takes a key without a value", () => {
    expect(parse("-node-meta", "rack").values["node-meta"]).toEqual({ rack: "" });
  });

  test("Go's integers take Go literals", () => {
    for (const [text, value] of [
      ["0x10", 16],
      ["-0b11", -3],
      ["0o17", 15],
      ["017", 15],
      ["1_000", 1000],
      ["+5", 5],
    ] as const)
      expect(parse(`-n=${text}`).values.n).toBe(value);
  });

  test("unsigned integers keep all 64 bits", () => {
    expect(parse("-flags=18446744073709551615").values.flags).toBe(18446744073709551615n);
  });

  test("durations become milliseconds", () => {
    expect(parse("-timeout=1m30s").values.timeout).toBe(90_000);
  });
});

describe("Go flags: errors in Go's words (recorded from Consul 1.8.7)", () => {
  test.each([
    [["-zzz"], "flag provided but not defined: -zzz"],
    [["-zzz=1"], "flag provided but not defined: -zzz"],
    [["-n"], "flag needs an argument: -n"],
    [["-=a"], "bad flag syntax: -=a"],
    [["---a"], "bad flag syntax: ---a"],
    [["-n", "x"], 'invalid value "x" for flag -n: parse error'],
    [["-n=1_0_"], 'invalid value "1_0_" for flag -n: parse error'],
    [["-flags=-1"], 'invalid value "-1" for flag -flags: parse error'],
    [["-flags=99999999999999999999"], 'invalid value "99999999999999999999" for flag -flags: value out of range'],
    [["-timeout", "5"], 'invalid value "5" for flag -timeout: parse error'],
    [["-wan=foo"], 'invalid boolean value "foo" for -wan: parse error'],
    [["-meta=foo"], 'invalid value "foo" for flag -meta: Missing "=" value in argument: foo'],
  ])("Go's own flags: %p", (argv, text) => {
    expect(failure(...argv)).toBe(text);
  });

  test.each([
    [["-stale=foo"], 'invalid boolean value "foo" for -stale: strconv.ParseBool: parsing "foo": invalid syntax'],
    [["-port=x"], 'invalid value "x" for flag -port: strconv.Atoi: parsing "x": invalid syntax'],
    [
      ["-port=99999999999999999999"],
      'invalid value "99999999999999999999" for flag -port: strconv.Atoi: parsing "99999999999999999999": value out of range',
    ],
    [["-trailing=x"], 'invalid value "x" for flag -trailing: strconv.ParseUint: parsing "x": invalid syntax'],
    [["-contact=5"], 'invalid value "5" for flag -contact: time: missing unit in duration "5"'],
  ])("nullable flags: %p", (argv, text) => {
    expect(failure(...argv)).toBe(text);
  });

  test("-h and -help ask for help unless they are defined", () => {
    for (const word of ["-h", "--help", "-h=true"]) {
      expect(() => parse(word)).toThrow(expect.objectContaining({ helpWanted: true }));
    }
    expect(parseGoFlags([{ name: "h", kind: "bool", doc: "" }], ["-h"]).values.h).toBe(true);
  });
});
