import { expect, test } from "bun:test";
import { discoveryChainRoutes } from "../../../../src/http/routes/discovery-chain.ts";
import type { ChainOverrides, CompiledDiscoveryChain } from "../../../../src/model/discovery-chain.ts";
import { Publisher } from "../../../../src/state/publisher.ts";
import { httpRig } from "../../../support/http-rig.ts";

const WEB = "/v1/discovery-chain/web";

function rig() {
  const asked: [string, string, ChainOverrides][] = [];
  const publisher = new Publisher();
  let index = 5;
  const discoveryChain = {
    get(service: string, datacenter: string, overrides: ChainOverrides) {
      asked.push([service, datacenter, overrides]);
      const value: CompiledDiscoveryChain = {
        ...{ ServiceName: service, Namespace: "default", Datacenter: datacenter || "dc1" },
        ...{ Protocol: overrides.protocol || "tcp", StartNode: "", Nodes: {}, Targets: {} },
      };
      return { value, index, interest: { topics: ["t"] } };
    },
  };
  const change = () => {
    index++;
    publisher.publish(new Set(["t"]), index);
  };
  return { ...httpRig(discoveryChainRoutes, { discoveryChain }, { publisher }), asked, change };
}

const post = (body: object) => ({ method: "POST", body: JSON.stringify(body) });

test("a chain is asked by service, datacenter and overrides", async () => {
  const { send, asked } = rig();
  await send("GET", "/v1/discovery-chain/a/b?compile-dc=dc2");
  await send("POST", WEB, post({ OverrideConnectTimeout: "1s", OverrideMeshGateway: { Mode: "none" } }));
  expect(asked).toEqual([
    ["a/b", "dc2", { connectTimeoutNs: 0, protocol: "", meshGatewayMode: "" }],
    ["web", "", { connectTimeoutNs: 1e9, protocol: "", meshGatewayMode: "none" }],
  ]);
});

test("an answer is kept for who asks the same again, but never for another body", async () => {
  const { send, asked } = rig();
  const protocolOf = async (answer: Promise<Response>) =>
    ((await (await answer).json()) as { Chain: CompiledDiscoveryChain }).Chain.Protocol;
  expect(await protocolOf(send("POST", WEB, post({ OverrideProtocol: "grpc" })))).toBe("grpc");
  expect(await protocolOf(send("POST", WEB, post({ OverrideProtocol: "http" })))).toBe("http");
  expect(await protocolOf(send("GET", WEB))).toBe("tcp");
  expect(await protocolOf(send("GET", WEB))).toBe("tcp");
  expect(asked.length).toBe(3);
});

test("who posts overrides can wait, too", async () => {
  const { send, change, held } = rig();
  const waiting = send("POST", `${WEB}?index=5&wait=1m`, post({ OverrideProtocol: "grpc" }));
  while (!held.includes("hold")) await Promise.resolve();
  change();
  const answer = await waiting;
  expect(answer.headers.get("x-consul-index")).toBe("6");
  expect(await answer.json()).toMatchObject({ Chain: { Protocol: "grpc" } });
});

test("refusals are Consul's", async () => {
  const { send } = rig();
  const said = async (answer: Promise<Response>) => [(await answer).status, await (await answer).text()];
  expect(await said(send("GET", "/v1/discovery-chain/"))).toEqual([400, "Bad request: Missing chain name"]);
  expect(await said(send("POST", WEB, { method: "POST", body: "" }))).toEqual([
    400,
    "Bad request: Request decoding failed: EOF",
  ]);
  expect(await said(send("POST", WEB, post({ OverrideMeshGateway: { Mode: "x" } })))).toEqual([
    400,
    "Invalid OverrideMeshGateway.Mode parameter",
  ]);
});
