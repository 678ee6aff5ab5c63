import { expect, test } from "bun:test";
import { agentReachabilityRoutes } from "../../../../src/http/routes/agent-reachability.ts";
import { httpRig } from "../../../support/http-rig.ts";

test("who answered of all members is told, and who of the living did not", async () => {
  const asked: boolean[] = [];
  const reachability = {
    test(wan: boolean) {
      asked.push(wan);
      const acks = [
        { name: "a", afterMs: 0.123456 },
        { name: "x", afterMs: 2 },
      ];
      return Promise.resolve({ members: 3, live: ["a", "b"], acks });
    },
  };
  const { send, held } = httpRig(agentReachabilityRoutes, { reachability });
  const response = await send("GET", "/v1/agent/reachability");
  expect(await response.json()).toEqual({
    Members: 3,
    Live: ["a", "b"],
    Acks: [
      { Name: "a", AfterMs: 0.123 },
      { Name: "x", AfterMs: 2 },
    ],
    Missing: ["b"],
    Unexpected: ["x"],
  });
  await send("GET", "/v1/agent/reachability?wan=1");
  expect(asked).toEqual([false, true]);
  expect(held[0]).toBe("hold");
});
