import { describe, expect, test } from "bun:test";
import { checkedConfigEntry } from "../../../../src/model/config-entry/check.ts";
import { decodeConfigEntry } from "../../../../src/model/config-entry/decode.ts";

// Kinds of Consul 1.8.7 are compared with it in test/conformance/script/config*.ts; here are the later ones.

const checked = (body: object) => checkedConfigEntry(decodeConfigEntry(body));

function problem(body: object): string {
  try {
    checked(body);
  } catch (error) {
    expect((error as { status: number }).status).toBe(500);
    return (error as Error).message;
  }
  return "";
}

describe("service-intentions", () => {
  const intentions = (fields: object) => ({ Kind: "service-intentions", Name: "web", ...fields });
  const source = (fields: object) => intentions({ Sources: [{ Name: "api", ...fields }] });
  const permission = (HTTP: unknown) => source({ Permissions: [{ Action: "allow", HTTP }] });

  test("sources have their precedence, highest first, and are of the type consul", () => {
    const Sources = [
      { Name: "*", Action: "deny", LegacyID: "x" },
      { Name: "b", Action: "allow" },
      { Name: "a", Action: "deny" },
    ];
    const of = (Name: string) => {
      const entry = checked(intentions({ Name, Sources }));
      if (entry.Kind !== "service-intentions") throw new Error(entry.Kind);
      return entry.Sources?.map((one) => [one.Name, one.Precedence, one.Type, one.LegacyID]);
    };
    expect(of("web")).toEqual([
      ["b", 9, "consul", ""],
      ["a", 9, "consul", ""],
      ["*", 8, "consul", ""],
    ]);
    expect(of("*")?.map(([, precedence]) => precedence)).toEqual([6, 6, 5]);
  });

  test.each([
    [intentions({ Name: "" }), "Name is required"],
    [intentions({ Name: "a*" }), "Name: wildcard character '*' cannot be used with partial values"],
    [intentions({}), "At least one source is required"],
    [source({ Name: "" }), "Sources[0].Name is required"],
    [source({ Name: "a*" }), "Sources[0].Name: wildcard character '*' cannot be used with partial values"],
    [source({}), "Sources[0].Action must be set to 'allow' or 'deny'"],
    [source({ Action: "maybe" }), "Sources[0].Action must be set to 'allow' or 'deny'"],
    [source({ Action: "allow", Type: "x" }), "Sources[0].Type must be set to 'consul'"],
    [source({ Action: "allow", LegacyMeta: { a: "b" } }), "Sources[0].LegacyMeta must be omitted"],
    [source({ Action: "allow", Description: "é".repeat(257) }), "Sources[0].Description exceeds maximum length 512"],
    [
      source({ Action: "allow", Permissions: [{ Action: "allow", HTTP: { PathExact: "/" } }] }),
      "Sources[0].Action must be omitted if Permissions are specified",
    ],
    [
      { ...permission({ PathExact: "/" }), Name: "*" },
      "Sources[0].Permissions cannot be specified on intentions with wildcarded destinations",
    ],
    [source({ Permissions: [{}] }), "Sources[0].Permissions[0].Action must be set to 'allow' or 'deny'"],
    [source({ Permissions: [{ Action: "deny" }] }), "Sources[0].Permissions[0].HTTP is required"],
    [permission({}), "Sources[0].Permissions[0].HTTP should not be empty"],
    [permission({ PathExact: "a" }), `Sources[0].Permissions[0].HTTP.PathExact doesn't start with '/': "a"`],
    [permission({ PathPrefix: "a" }), `Sources[0].Permissions[0].HTTP.PathPrefix doesn't start with '/': "a"`],
    [
      permission({ PathExact: "/a", PathRegex: "b" }),
      "Sources[0].Permissions[0].HTTP should only contain at most one of PathExact, PathPrefix, or PathRegex",
    ],
    [permission({ Header: [{ Exact: "x" }] }), "Sources[0].Permissions[0].HTTP.Header[0] missing required Name field"],
    [
      permission({ Header: [{ Name: "x" }] }),
      "Sources[0].Permissions[0].HTTP.Header[0] should only contain one of Present, Exact, Prefix, Suffix, or Regex.",
    ],
    [permission({ Methods: ["get", "GET"] }), 'Sources[0].Permissions[0].HTTP.Methods contains "GET" more than once'],
    [
      intentions({
        Sources: [
          { Name: "a", Action: "allow" },
          { Name: "a", Action: "deny" },
        ],
      }),
      'Sources[1] defines "a" more than once',
    ],
    [
      intentions({
        Sources: [
          { Name: "a", Action: "allow" },
          { Name: "a", Action: "deny", Peer: "p" },
        ],
      }),
      "",
    ],
    [permission({ PathPrefix: "/", Methods: ["get"] }), ""],
  ])("%j: %s", (body, text) => {
    expect(problem(body)).toBe(text);
  });
});

describe("mesh", () => {
  test("is called mesh, whatever it was called", () => {
    expect(checked({ Kind: "mesh", Name: "x" }).Name).toBe("mesh");
  });

  test("knows the versions of TLS", () => {
    expect(problem({ Kind: "mesh", TLS: { Incoming: { TLSMinVersion: "TLSv1_2" } } })).toBe("");
    expect(problem({ Kind: "mesh", TLS: { Outgoing: { TLSMaxVersion: "1.2" } } })).toBe(
      "error in outgoing TLS configuration: no matching TLS version found for 1.2",
    );
  });
});

describe("exported-services", () => {
  const service = (fields: object) => ({ Kind: "exported-services", Name: "default", Services: [fields] });
  test.each([
    [{ ...service({}), Name: "x" }, 'exported-services Name must be "default"'],
    [service({}), "Services[0]: service name cannot be empty"],
    [service({ Name: "web" }), "Services[0]: must have at least one consumer"],
    [
      service({ Name: "web", Consumers: [{ Peer: "a", Partition: "b" }] }),
      "Services[0].Consumers[0]: must define at most one of Peer, Partition, or SamenessGroup",
    ],
    [
      service({ Name: "web", Consumers: [{ Peer: "a" }, { Peer: "*" }] }),
      "Services[0].Consumers[1]: exporting to all peers (wildcard) is not supported",
    ],
    [
      service({ Name: "web", Consumers: { Partition: "*" } }),
      "Services[0].Consumers[0]: exporting to all partitions (wildcard) is not supported",
    ],
    [service({ Name: "*", Consumers: [{ Peer: "a" }] }), ""],
  ])("%j: %s", (body, text) => {
    expect(problem(body)).toBe(text);
  });
});
