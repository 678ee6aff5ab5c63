import { describe, expect, test } from "bun:test";
import type { KeyringAnswer, KeyringOrder } from "../../../../src/agent/keyring.ts";
import { operatorKeyringRoutes } from "../../../../src/http/routes/operator-keyring.ts";
import { Refusal } from "../../../../src/lib/refusal.ts";
import { httpRig } from "../../../support/http-rig.ts";

const KEY = "cg8StVXbQJ0gPvMd9o7yrg==";

const answer = (more: Partial<KeyringAnswer> = {}): KeyringAnswer => ({
  ...{ wan: false, datacenter: "dc1", error: "", messages: {} },
  ...{ keys: { [KEY]: 2 }, primaryKeys: { [KEY]: 2 }, members: 2 },
  ...more,
});

function rig(answers: readonly KeyringAnswer[] = [answer({ wan: true }), answer()]) {
  const orders: [KeyringOrder, boolean | "here"][] = [];
  const keyring = {
    order(order: KeyringOrder, isLocalOnly: boolean) {
      orders.push([order, isLocalOnly]);
      return Promise.resolve(answers);
    },
    orderHere(order: KeyringOrder) {
      orders.push([order, "here"]);
      return Promise.resolve(answer());
    },
  };
  const { send } = httpRig(operatorKeyringRoutes, { keyring });
  const ask = async (method: string, query = "", body?: string) => {
    const response = await send(method, `/v1/operator/keyring${query}`, body === undefined ? {} : { body });
    return { status: response.status, text: await response.text() };
  };
  return { ask, send, orders };
}

describe("the keys of the pools", () => {
  test("are listed pool by pool, as Consul 1.8.7 prints them", async () => {
    const { ask, orders } = rig();
    const pool = { Datacenter: "dc1", Segment: "", Keys: { [KEY]: 2 }, PrimaryKeys: { [KEY]: 2 }, NumNodes: 2 };
    const { status, text } = await ask("GET", "?relay-factor=2");
    expect([status, JSON.parse(text)]).toEqual([
      200,
      [
        { WAN: true, ...pool },
        { WAN: false, ...pool },
      ],
    ]);
    expect(orders).toEqual([[{ action: "list", key: "", relayFactor: 2 }, false]]);
  });

  test("are asked of the own datacenter alone on demand; another value than true or false is refused", async () => {
    const { ask, orders } = rig();
    await ask("GET", "?local-only=true");
    await ask("GET", "?local-only");
    await ask("GET", "?local-only=0");
    expect(orders.map(([, isLocalOnly]) => isLocalOnly)).toEqual([true, false, false]);
    expect(await ask("GET", "?local-only=x")).toEqual({
      status: 400,
      text: 'Bad request: Error parsing local-only: strconv.ParseBool: parsing "x": invalid syntax',
    });
  });

  test("are changed by method, with nothing to say when all members did it", async () => {
    const { ask, orders } = rig();
    const body = JSON.stringify({ Key: KEY });
    for (const method of ["POST", "PUT", "DELETE"])
      expect(await ask(method, "", body)).toEqual({ status: 200, text: "" });
    expect(orders.map(([{ action, key }]) => `${action} ${key}`)).toEqual([
      `install ${KEY}`,
      `use ${KEY}`,
      `remove ${KEY}`,
    ]);
  });
});

describe("what could not be done is told in Consul's words", () => {
  test("with the pools and members that failed", async () => {
    const failed = "Requested key is not in the keyring";
    const { ask } = rig([
      answer({ wan: true, error: "1/1 nodes reported failure", messages: { "s1.dc1": failed } }),
      answer({ error: "2/2 nodes reported failure", messages: { s1: failed, c1: failed } }),
      answer({ datacenter: "dc2", error: "" }),
    ]);
    expect(await ask("PUT", "", "{}")).toEqual({
      status: 500,
      text:
        "5 errors occurred:\n\t* WAN error: 1/1 nodes reported failure\n" +
        `\t* s1.dc1: ${failed}\n\t* dc1 (LAN) error: 2/2 nodes reported failure\n\t* c1: ${failed}\n\t* s1: ${failed}\n\n`,
    });
    const one = rig([answer({ error: "1/2 nodes reported success" })]);
    expect((await one.ask("GET")).text).toBe("1 error occurred:\n\t* dc1 (LAN) error: 1/2 nodes reported success\n\n");
  });

  const bad: [string, string, string | undefined, string][] = [
    ["GET", "?relay-factor=9", undefined, "Invalid relay-factor: Relay factor must be in range: [0, 5]"],
    ["GET", "?relay-factor=-1", undefined, "Invalid relay-factor: Relay factor must be in range: [0, 5]"],
    ["GET", "?relay-factor=x", undefined, 'Error parsing relay factor: strconv.Atoi: parsing "x": invalid syntax'],
    [
      ...(["GET", `?relay-factor=${"9".repeat(30)}`, undefined] as const),
      `Error parsing relay factor: strconv.Atoi: parsing "${"9".repeat(30)}": value out of range`,
    ],
    ["POST", "", "", "Request decode failed: EOF"],
    ["POST", "", "xx", "Request decode failed: invalid character 'x' looking for beginning of value"],
    ["POST", "?relay-factor=7", "{}", "Invalid relay-factor: Relay factor must be in range: [0, 5]"],
    ["POST", "?local-only=true", "{}", "Invalid use of local-only: local-only can only be set for list requests"],
  ];
  for (const [method, query, body, why] of bad)
    test(`${method} ${query} ${body}`, async () => {
      const { ask, orders } = rig();
      expect(await ask(method, query, body)).toEqual({ status: 400, text: `Bad request: ${why}` });
      expect(orders).toEqual([]);
    });

  test("by a client agent", async () => {
    const refuse = () => Promise.reject(new Refusal("keyring operations must run against a server node"));
    const { send } = httpRig(operatorKeyringRoutes, { keyring: { order: refuse, orderHere: refuse } });
    const response = await send("GET", "/v1/operator/keyring");
    expect([response.status, await response.text()]).toEqual([
      500,
      "keyring operations must run against a server node",
    ]);
  });
});

test("servers of other datacenters give orders to the own pool", async () => {
  const { send, orders } = rig();
  const put = (body: unknown) => send("PUT", "/v1/internal/keyring", { body: JSON.stringify(body) });
  const response = await put({ Action: "use", Key: KEY, RelayFactor: 1 });
  expect([response.status, await response.json()]).toEqual([200, answer()]);
  expect(orders).toEqual([[{ action: "use", key: KEY, relayFactor: 1 }, "here"]]);
  expect((await put({ Action: "burn" })).status).toBe(400);
});
