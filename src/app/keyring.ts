import { type KeyringAnswer, type KeyringOrder, orderKeys } from "../agent/keyring.ts";
import type { KeyringDeps } from "../http/operator-deps.ts";
import type { Calling } from "./calling.ts";
import { datacenterNames } from "./datacenters.ts";
import type { Pools } from "./pools.ts";

/** Each datacenter has a pool of its own, which only its members can give an order to. */
const PATH = "/v1/internal/keyring";

/** Orders about the keys of gossip, as a server gives them to its own pools and has servers of other datacenters give them. */
export function keyringOf({ lan, wan }: Pools, { ask }: Pick<Calling, "ask">, own: string): KeyringDeps["keyring"] {
  const here = (order: KeyringOrder) => orderKeys(lan, { wan: false, datacenter: own }, order);
  const there = async (datacenter: string, order: KeyringOrder): Promise<KeyringAnswer> => {
    const { action, key, relayFactor } = order;
    const body = JSON.stringify({ Action: action, Key: key, RelayFactor: relayFactor });
    try {
      const { status, body: text } = await ask(datacenter, PATH, { method: "PUT", body });
      return status === 200 ? (JSON.parse(text) as KeyringAnswer) : failed(datacenter, text);
    } catch (error) {
      return failed(datacenter, error instanceof Error ? error.message : String(error));
    }
  };
  return {
    async order(order, isLocalOnly) {
      if (isLocalOnly) return [await here(order)];
      const others = datacenterNames(wan, own).slice(1);
      const inWan = wan === undefined ? [] : [orderKeys(wan, { wan: true, datacenter: own }, order)];
      const inOthers = others.map((datacenter) => there(datacenter, order));
      return Promise.all([...inWan, here(order), ...inOthers]);
    },
    orderHere: here,
  };
}

function failed(datacenter: string, error: string): KeyringAnswer {
  return { wan: false, datacenter, error, messages: {}, keys: {}, primaryKeys: {}, members: 0 };
}
