import { describe, expect, test } from "bun:test";
import { programName } from "../../../src/cli/stdio.ts";
import { VERSION } from "../../../src/lib/version.ts";
import { runInProcess } from "../../support/cli/run-in-process.ts";

describe("commands without an agent", () => {
  test("version: our own first, by word and by flag", async () => {
    for (const word of ["version", "-v", "-version", "--version"])
      expect((await runInProcess([word])).stdout).toStartWith(`Muster v${VERSION}\n`);
  });

  test("version -format=json names the version and the protocols", async () => {
    const { stdout } = await runInProcess(["version", "-format=json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      Version: VERSION,
      Consul: "1.8.7",
      RPC: { Default: 2, Min: 2, Max: 3 },
    });
  });

  test("keygen prints 32 new bytes each time", async () => {
    const keys = [(await runInProcess(["keygen"])).stdout.trim(), (await runInProcess(["keygen"])).stdout.trim()];
    expect(keys.map((key) => Buffer.from(key, "base64").length)).toEqual([32, 32]);
    expect(keys[0]).not.toBe(keys[1]);
  });

  test("agent hands all its words on and gives the exit code back", async () => {
    const given: (readonly string[])[] = [];
    const runAgent = async (argv: readonly string[]) => given.push(argv) + 41;
    expect((await runInProcess(["agent", "-dev", "-zzz", "x"], { runAgent })).exit).toBe(42);
    expect(given).toEqual([["-dev", "-zzz", "x"]]);
  });

  test("the program is called as its file is", () => {
    expect(programName("/usr/bin/consul")).toBe("consul");
    expect(programName("/usr/bin/muster-arm64")).toBe("muster");
  });
});

describe("validate", () => {
  const validate = (verdict: { errors: string[]; warnings: string[] }, ...words: string[]) =>
    runInProcess(["validate", ...words], { validateConfig: async () => verdict });

  test("valid: says so, or nothing with -quiet; warnings always", async () => {
    const verdict = { errors: [], warnings: ["bootstrap = true: do not enable unless necessary"] };
    const stderr = "bootstrap = true: do not enable unless necessary\n";
    expect(await validate(verdict, "a.hcl")).toEqual({ exit: 0, stdout: "Configuration is valid!\n", stderr });
    expect(await validate(verdict, "-quiet", "a.hcl")).toEqual({ exit: 0, stdout: "", stderr });
  });

  test("invalid: exit 1 and the errors", async () => {
    const verdict = { errors: ["data_dir cannot be empty"], warnings: [] };
    expect(await validate(verdict, "a.hcl")).toEqual({
      exit: 1,
      stdout: "",
      stderr: "Config validation failed: data_dir cannot be empty\n",
    });
    const { exit, stdout } = await validate(verdict, "-format=json", "a.hcl");
    expect([exit, JSON.parse(stdout)]).toEqual([
      1,
      { Valid: false, Errors: ["data_dir cannot be empty"], Warnings: [] },
    ]);
  });

  test("a file that can't be read is an error of validation", async () => {
    const validateConfig = async () => {
      throw new Error("config: Open failed on x. open x: no such file or directory");
    };
    const { exit, stderr } = await runInProcess(["validate", "x"], { validateConfig });
    expect(exit).toBe(1);
    expect(stderr).toBe("Config validation failed: config: Open failed on x. open x: no such file or directory\n");
  });

  test("the format of files is hcl or json", async () => {
    expect((await validate({ errors: [], warnings: [] }, "-config-format=foo", "x")).stderr).toBe(
      "-config-format must be either 'hcl' or 'json'\n",
    );
  });
});
