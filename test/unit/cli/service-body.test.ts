import { expect, test } from "bun:test";
import { serviceBody } from "../../../src/cli/service-body.ts";
import { decodeServiceDefinition } from "../../../src/model/definition.ts";

test("only what was said is sent, so that a server of an older version takes it", () => {
  const service = decodeServiceDefinition({
    Name: "web",
    Port: 80,
    Checks: [{ TTL: "10s" }],
    Connect: { SidecarService: {} },
  });
  expect(serviceBody(service)).toEqual({
    Name: "web",
    Port: 80,
    Checks: [{ TTL: 10_000_000_000 }],
    Connect: { SidecarService: {} },
  });
});

test("empty values under the user's own keys stay", () => {
  const service = decodeServiceDefinition({
    Name: "p",
    Kind: "connect-proxy",
    Meta: { empty: "" },
    Proxy: { DestinationServiceName: "web", Config: { off: false, none: 0 } },
  });
  expect(serviceBody(service)).toMatchObject({
    Meta: { empty: "" },
    Proxy: { DestinationServiceName: "web", Config: { off: false, none: 0 } },
  });
});
