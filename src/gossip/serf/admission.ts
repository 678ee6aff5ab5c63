import type { Alive, PushedNode, Versions } from "../messages.ts";
import type { PoolMember, PoolOptions } from "../types.ts";
import { decodeTags, META_BYTES_MAX } from "../wire/tags.ts";

/** What a member without them is said to speak. */
const NO_VERSIONS: Versions = {
  protocolMin: 0,
  protocolMax: 0,
  protocolCurrent: 0,
  delegateMin: 0,
  delegateMax: 0,
  delegateCurrent: 0,
};

/** Why a member that is alive is not taken in, if so. */
export function refusalOfAlive(alive: Alive, refuse: PoolOptions["refuse"]): string | undefined {
  const { node: name, at, meta, versions } = alive;
  if (versions === undefined) return `member ${name} does not say which protocol versions it speaks`;
  return tooLong(alive.node, meta) ?? refuse([{ name, at, tags: decodeTags(meta), status: "none", versions }]);
}

/** Why a peer's members are not merged, if so. */
export function refusalOfMerge(nodes: readonly PushedNode[], refuse: PoolOptions["refuse"]): string | undefined {
  for (const { name, meta } of nodes) {
    const fault = tooLong(name, meta);
    if (fault !== undefined) return fault;
  }
  return refuse(nodes.map(memberOf));
}

function memberOf({ name, at, meta, state, versions = NO_VERSIONS }: PushedNode): PoolMember {
  const status = state === "dead" ? "failed" : state === "left" ? "left" : "none";
  return { name, at, tags: decodeTags(meta), status, versions };
}

function tooLong(name: string, meta: Uint8Array): string | undefined {
  if (meta.length <= META_BYTES_MAX) return undefined;
  return `tags of member ${name} exceed the limit of ${META_BYTES_MAX} bytes`;
}
