import { describe, expect, test } from "bun:test";
import { runTemplate } from "../../../../src/config/sockaddr/run.ts";
import recorded from "../../../fixtures/sockaddr.json";
import { MACHINE } from "../../../fixtures/sockaddr-templates.ts";

/** Where Muster differs on purpose, by a part of the template, with the reason. */
const DIFFERENCES: readonly (readonly [string, string])[] = [
  ['"mask"', "newer than Consul 1.8.7"],
  ["Attr ", "newer than Consul 1.8.7"],
  ['"size" "33"', "refused there when a machine has IPv4, although IPv6 may have it"],
  ['0" | join', "adding nothing overflows there"],
  ["+5000000000", "refused there, since it is more than the addresses of IPv4"],
  ['exclude "rfcs" "1918|4193"', "Go's excludes what is in none of them, once for each"],
  ['exclude "type" "IPv4|IPv6"', "the same"],
];

/** Go's sort is not stable, and its order of addresses of two families is no order: these are compared as sets. */
const hasTies = (template: string) => /sort "|GetPrivate\w+s|GetPublic\w+s/.test(template) || /\w\|\w/.test(template);

const asSet = (text: string) => text.split(/[ ,]/).sort();

describe("a template gives what Consul 1.8.7 gave on the same machine", () => {
  for (const { template, output } of recorded) {
    if (DIFFERENCES.some(([part]) => template.includes(part))) continue;
    test(template, () => {
      const run = () => runTemplate(`{{ ${template} }}`, MACHINE);
      if (output === null) expect(run).toThrow();
      else if (hasTies(template)) expect(asSet(run())).toEqual(asSet(output));
      else expect(run()).toBe(output);
    });
  }
});

describe("what Go leaves to chance or gets wrong is settled", () => {
  const cases: [string, string][] = [
    ['GetAllInterfaces | exclude "rfcs" "1918|4193|6890" | join "address" " "', "8.8.4.4 2a00:1450::5"],
    ['GetAllInterfaces | sort "-type,address" | limit 2 | join "address" " "', "::1 2a00:1450::5"],
    ['GetAllInterfaces | include "name" "eth1" | math "mask" "8" | join "string" " "', "10.0.0.0/8 10.0.0.0/8"],
    ['GetAllInterfaces | include "name" "eth1" | math "mask" "30" | join "string" " "', "10.0.0.4/16 10.0.0.4/24"],
    ['GetAllInterfaces | sort "default" | limit 3 | join "address" " "', "10.0.0.5 10.0.0.6 127.0.0.1"],
  ];
  for (const [template, expected] of cases)
    test(template, () => expect(runTemplate(`{{ ${template} }}`, MACHINE)).toBe(expected));
});

test("texts around templates stay, and minus signs take the blanks", () => {
  expect(runTemplate('a {{ GetInterfaceIP "eth1" }} {{- GetPublicIP -}}  b', MACHINE)).toBe("a 10.0.0.58.8.4.4b");
});

test("a list that is not printed otherwise is its addresses", () => {
  expect(runTemplate('{{ GetAllInterfaces | include "name" "eth1" }}', MACHINE)).toBe("10.0.0.5 10.0.0.6");
});

describe("a template that can't be read is refused with the reason", () => {
  const cases: [string, string][] = [
    ["{{ GetFoo }}", 'GetFoo: function "GetFoo" not defined'],
    ["{{ GetPrivateIP", "unclosed action"],
    ["{{ }}", "missing value for command"],
    ["{{ GetPrivateIP | }}", "missing value for command"],
    ['{{ GetPrivateInterfaces | include "x" "y" }}', 'include: unsupported filter "x"'],
    ['{{ GetPrivateInterfaces | include "name" "(" }}', "include: error parsing regexp"],
    ["{{ range GetPrivateInterfaces }}{{ end }}", "range is not known here"],
    ['{{ GetPrivateIP | attr "address" }}', "attr: argument 2 must be addresses"],
    ["{{ join }}", "join: wrong number of args for join: want 3 got 0"],
    ["{{ ) }}", "unexpected right paren"],
    [`{{ ${"(".repeat(30)} }}`, "more than 20 parentheses in each other"],
    ["{{ $x := 1 }}", 'unexpected "$" in command'],
    ["{{ 3 3 }}", "can't give argument to non-function"],
  ];
  for (const [text, why] of cases) test(text, () => expect(() => runTemplate(text, MACHINE)).toThrow(why));
});
