import { PROTOCOL_VERSION } from "../../../src/rpc/hello.ts";
import type { Hello } from "../../../src/rpc/types.ts";

/** What the server `nodeId` says of itself. */
export function helloOf(nodeId: string, change: Partial<Hello> = {}): Hello {
  return {
    protocol: PROTOCOL_VERSION,
    nodeId,
    nodeName: `name-${nodeId}`,
    datacenter: "dc1",
    clusterId: "",
    address: `${nodeId}.test:8300`,
    expect: 3,
    mayVote: true,
    version: "0.1.0",
    stateFormat: 1,
    known: [],
    taggedAddresses: {},
    nodeMeta: {},
    ...change,
  };
}
