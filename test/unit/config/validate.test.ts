import { describe, expect, test } from "bun:test";
import { ConfigError } from "../../../src/config/error.ts";
import { loadConfig } from "../../../src/config/load.ts";
import recorded from "../../fixtures/config-validate.json";

const MACHINE = {
  hostname: "edge-1",
  interfaces: [{ interface: "eth0", address: "10.0.0.5", prefixLength: 24, up: true }],
};

/** Where Muster differs on purpose, by a part of the text, with the reason. */
const DIFFERENCES: readonly (readonly [string, string])[] = [
  ['hcl:a = "x', "HCL errors have texts of their own; the place is still given"],
  ["hcl:ports { http = 1 ", "HCL errors have texts of their own; the place is still given"],
  ["hcl:a = ", "a value that is missing at the end of the file is an error"],
  ["probe_interval", "Consul names the key with two dots"],
  ['"encrypt":"AAAAAAAAAAAAAAAAAAAA"', "Consul takes any length here and fails at the start"],
  ["socket_path", "known since Consul 1.10"],
  ['"advertise_addr":"foo"', "Consul says it twice"],
  ['"advertise_addr":"1.2.3.4', "Consul says it twice"],
  ['"bind_addr":"foo"', "the text goes on with what is wrong with the word"],
  ['"bind_addr":"{{ GetFoo }}"', "the text goes on with what is wrong with the template"],
  ['"segments":', "an enterprise key, understood and ignored"],
  ['"reconnect_timeout":"y"', "Consul does not look at this duration here"],
  ['"config":{"x":null}', "Consul takes it, and its servers end when it is written"],
  ["/etc/passwd", "asked of the file system, not of the configuration"],
];

function verdict(format: "json" | "hcl", text: string): { message: string | undefined; warnings: readonly string[] } {
  try {
    const source = { name: `x.${format}`, format, text };
    return {
      message: undefined,
      warnings: loadConfig({ dev: false, sources: [source], flags: {}, machine: MACHINE }).warnings,
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { message: error.message.replace(/ \(did you mean \w+\?\)/g, ""), warnings: [] };
  }
}

/** Consul prints its list of unknown keys in no order. */
function sortedLines(text: string): string[] {
  return text.trim().split("\n").sort();
}

describe("a configuration is judged as `consul validate` does", () => {
  for (const { format, text, valid, output } of recorded) {
    if (DIFFERENCES.some(([part]) => `${format}:${text}`.includes(part))) continue;
    test(`${format}: ${text.slice(0, 150)}`, () => {
      const { message, warnings } = verdict(format as "json" | "hcl", text);
      if (!valid) expect(sortedLines(`Config validation failed: ${message}`)).toEqual(sortedLines(output));
      else expect(message).toBeUndefined();
      if (valid && output !== "") expect(warnings).toEqual(expect.arrayContaining(output.split("\n")));
    });
  }
});

test("an unknown key is named with the key that was probably meant", () => {
  const source = { name: "a.json", format: "json", text: '{"NodeName": "x", "ports": {"htpt": 1}}' } as const;
  expect(() => loadConfig({ dev: true, sources: [source], flags: {}, machine: MACHINE })).toThrow(
    "failed to parse a.json: 2 errors occurred:\n\t* invalid config key NodeName (did you mean node_name?)\n" +
      "\t* invalid config key ports.htpt (did you mean http?)\n\n",
  );
});
