import { describe, expect, test } from "bun:test";
import {
  decodeCheck,
  decodeDeregistration,
  decodeRegistration,
  decodeService,
} from "../../../src/model/registration.ts";

describe("catalog registration (recorded, Consul 1.8.7)", () => {
  test("keys are matched without regard to case, and unknown ones are refused", () => {
    expect(decodeRegistration({ node: "x", nodemeta: { a: "1" }, service: { service: "s" } })).toMatchObject({
      Node: { Node: "x", Meta: { a: "1" } },
      Service: { ID: "s", Service: "s" },
    });
    expect(() => decodeRegistration({ Bogus: 1 })).toThrow('json: unknown field "Bogus"');
    expect(() => decodeDeregistration({ Bogus: 1 })).toThrow('json: unknown field "Bogus"');
    expect(() => decodeRegistration({ Service: { Namespace: "x" } })).toThrow(
      'json: unknown field "Namespace" - Namespaces are a Consul Enterprise feature',
    );
  });

  test("a wrong type is refused in Go's words", () => {
    expect(() => decodeRegistration({ Node: 5 })).toThrow(
      "json: cannot unmarshal number into Go struct field RegisterRequest.Node of type string",
    );
    expect(() => decodeRegistration([])).toThrow(
      "json: cannot unmarshal array into Go value of type structs.RegisterRequest",
    );
  });

  test("the single check comes behind those of the list, and both get the node", () => {
    const { Checks } = decodeRegistration({ Node: "x", Check: { Name: "one" }, Checks: [{ Name: "two", Node: "y" }] });
    expect(Checks.map((check) => [check.CheckID, check.Node])).toEqual([
      ["two", "y"],
      ["one", "x"],
    ]);
  });

  test("weights that say nothing count as one, but a warning weight of zero is zero", () => {
    expect(decodeService({ Service: "s" }).Weights).toEqual({ Passing: 1, Warning: 1 });
    expect(decodeService({ Service: "s", Weights: { Passing: 5 } }).Weights).toEqual({ Passing: 5, Warning: 0 });
    expect(decodeService({ Service: "s", Weights: { Passing: -1, Warning: -2 } }).Weights).toEqual({
      Passing: 1,
      Warning: 1,
    });
  });

  test("a proxy is kept as Consul prints it: its keys in order, empty ones left out", () => {
    const { Proxy: proxy } = decodeService({
      Service: "p",
      Proxy: {
        expose: { Checks: true, Paths: [{ Path: "/x", ListenerPort: 5, Protocol: "http" }] },
        mesh_gateway: { Mode: "local" },
        Config: { z: 1, a: { c: 1, b: null } },
        upstreams: [{ DestinationName: "db", LocalBindPort: 5, Config: {} }],
        local_service_port: 0,
        destination_service_name: "web",
      },
    });
    expect(JSON.stringify(proxy)).toBe(
      '{"DestinationServiceName":"web","Config":{"a":{"b":null,"c":1},"z":1},' +
        '"Upstreams":[{"DestinationType":"","DestinationName":"db","Datacenter":"","LocalBindPort":5,"Config":{},"MeshGateway":{}}],' +
        '"MeshGateway":{"Mode":"local"},"Expose":{"Checks":true,"Paths":[{"ListenerPort":5,"Path":"/x","Protocol":"http","ParsedFromCheck":false}]}}',
    );
    expect(JSON.stringify(decodeService({ Service: "p" }).Proxy)).toBe('{"MeshGateway":{},"Expose":{}}');
    expect(decodeService({ Service: "p", Connect: { native: true, Unknown: 1 } }).Connect).toEqual({ Native: true });
  });

  test("a proxy as it is printed is taken back as it is, so that an agent can register at a server what it has", () => {
    const paths = [{ ListenerPort: 5, Path: "/x", LocalPathPort: 6, Protocol: "http", ParsedFromCheck: true }];
    const upstream = { DestinationName: "db", Config: { protocol: "grpc" }, MeshGateway: { Mode: "local" } };
    const proxy = { DestinationServiceName: "web", Upstreams: [upstream], Expose: { Checks: true, Paths: paths } };
    const once = decodeService({ Service: "p", Proxy: proxy }).Proxy;
    expect(once.Expose).toEqual({ Checks: true, Paths: paths });
    expect(JSON.stringify(decodeService({ Service: "p", Proxy: once }).Proxy)).toBe(JSON.stringify(once));
  });

  test("a check's definition is kept as Consul prints it: durations as texts, TTL as a number", () => {
    const { Definition } = decodeCheck({
      Definition: {
        Bogus: 4,
        TTL: "10s",
        http: "low",
        Timeout: 5_000_000_000,
        DeregisterCriticalServiceAfter: "90m",
        Interval: "0s",
      },
    });
    expect(JSON.stringify(Definition)).toBe(
      '{"Timeout":"5s","DeregisterCriticalServiceAfter":"1h30m0s","HTTP":"low","TTL":10000000000}',
    );
    expect(() => decodeCheck({ Definition: { Interval: "zz" } })).toThrow('time: invalid duration "zz"');
  });

  test.each([
    [{ HTTP: "http://x" }, ""],
    [{ HTTP: "http://x", Interval: "1s" }, "http"],
    [{ TCP: "x:1", Interval: "1s" }, "tcp"],
    [{ GRPC: "x:1", Interval: "1s" }, "grpc"],
    [{ TTL: "10s" }, "ttl"],
    [{ ScriptArgs: ["a"] }, "script"],
    [{ AliasService: "a" }, "alias"],
    [{ DockerContainerID: "x", ScriptArgs: ["a"], Interval: "1s" }, "docker"],
    [{ Interval: "10s" }, ""],
  ])("the definition %j is of type %j in a registration, unless the check says otherwise", (Definition, type) => {
    const registered = (Check: object) => decodeRegistration({ Node: "x", Check }).Checks[0]?.Type;
    expect(registered({ Definition })).toBe(type);
    expect(registered({ Definition, Type: "mine" })).toBe("mine");
    expect(decodeCheck({ Definition }).Type).toBe("");
  });
});
