import { expect, test } from "bun:test";
import { newerApi } from "../../../src/app/newer-api.ts";
import type { Config } from "../../../src/config/config.ts";
import { Refusal } from "../../../src/lib/refusal.ts";
import { usageOf } from "../../../src/state/services/usage.ts";
import { World } from "../state/catalog/world.ts";

const member = (name: string, dc: string) => ({
  ...{ name: `${name}.${dc}`, state: "alive", address: "127.0.0.1", port: 8302 },
  tags: { role: "consul", dc, id: name, port: "8300", vsn: "2", build: "1.8.7:" },
});

test("usage elsewhere is that of the datacenters that answer", async () => {
  const world = new World();
  world.register("a", { service: { Service: "web" } });
  const there = usageOf(world.db);
  const members = [member("s1", "dc1"), member("s2", "dc2"), member("s3", "dc3"), member("s4", "dc4")];
  const answers: Record<string, { status: number; body: string }> = {
    dc2: { status: 200, body: JSON.stringify({ Usage: { dc2: there } }) },
    dc3: { status: 500, body: "No cluster leader" },
  };
  const { usage } = newerApi({
    core: {
      db: world.db,
      pools: { wan: { members: () => members, coordinate: () => undefined, coordinateOf: () => undefined } } as never,
      stateIndex: () => 3,
    },
    config: () => ({ datacenter: "dc1" }) as Config,
    calling: {
      ask: async (datacenter) => {
        const answer = answers[datacenter];
        if (answer === undefined) throw new Refusal("No path to datacenter");
        return { ...answer, index: "1" } as never;
      },
    },
  });
  expect(await usage.elsewhere(new AbortController().signal)).toEqual(new Map([["dc2", there]]));
});
