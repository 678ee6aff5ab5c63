import { expect, test } from "bun:test";
import { nameLoneServer } from "../../../src/app/found-state.ts";
import { openMemoryStorage } from "../../../src/storage/open.ts";
import { silentLogger } from "../../support/silent.ts";

const SELF = { id: "a", address: "10.0.0.1:8300" };

test("data of a version without clusters is that of the only server; all else is left as it is", async () => {
  const { store } = openMemoryStorage();
  const run = async () => nameLoneServer(store, await store.open(), SELF, () => "new", silentLogger);
  expect((await run()).clusterId).toBe("");
  await store.append([{ index: 1, term: 1, type: "noop", data: "" }]);
  const named = await run();
  expect(named.clusterId).toBe("new");
  expect(named.configurations.at(-1)?.configuration).toEqual({ servers: [{ ...SELF, voter: true }] });
  const again = await nameLoneServer(store, named, SELF, () => "other", silentLogger);
  expect(again.clusterId).toBe("new");
});
