import { z } from "zod";
import type { Hello } from "./types.ts";
import { parseJson } from "./wire.ts";

/** Of the frames and messages on a link. Servers of different versions refuse each other. */
export const PROTOCOL_VERSION = 1;

const KNOWN_MAX = 256;
const TEXT_MAX = 512;
const META_MAX = 128;

const text = z.string().max(TEXT_MAX);
const texts = z.record(text, text).refine((record) => Object.keys(record).length <= META_MAX);
const nodeId = z.string().min(1).max(128);
const address = z.string().max(300);

const helloSchema = z.object({
  protocol: z.int(),
  nodeId,
  nodeName: text,
  datacenter: text,
  clusterId: text,
  address,
  expect: z.int().min(0),
  mayVote: z.boolean(),
  version: text,
  stateFormat: z.int().min(0),
  known: z.array(z.object({ nodeId, address })).max(KNOWN_MAX),
  taggedAddresses: texts,
  nodeMeta: texts,
});

/** A server's words about itself, and which run of its process says them. */
export interface Introduction {
  /** Random, anew at each start: tells a server that was restarted from one that dialled twice. */
  instance: string;
  hello: Hello;
}

const introductionSchema = z.object({ instance: text, hello: helloSchema });
/** What every version of the protocol has. */
const anyVersionSchema = z.object({ hello: z.object({ protocol: z.int() }) });

export function encodeIntroduction(introduction: Introduction): Buffer {
  return Buffer.from(JSON.stringify(introduction));
}

/** The introduction, only its version when that is another one, or undefined when it is none. */
export function decodeIntroduction(payload: Buffer): Introduction | { protocol: number } | undefined {
  const json = payload.toString();
  const protocol = parseJson(anyVersionSchema, json)?.hello.protocol;
  if (protocol === undefined) return undefined;
  return protocol === PROTOCOL_VERSION ? parseJson(introductionSchema, json) : { protocol };
}

/**
 * Why two servers don't connect. `self` and `duplicate` are no faults: a server dialled itself, or one that it is
 * connected to already. `full`: there is no place left.
 */
const refusedSchema = z.object({
  code: z.enum(["self", "duplicate", "foreign", "full"]),
  text: z.string().max(1000),
  /** Who refuses. */
  nodeId,
});
export type Refused = z.infer<typeof refusedSchema>;

export function encodeRefused(refused: Refused): Buffer {
  return Buffer.from(JSON.stringify(refused));
}

export function decodeRefused(payload: Buffer): Refused | undefined {
  return parseJson(refusedSchema, payload.toString());
}

export function versionConflict(own: Introduction, protocol: number): Refused {
  return foreign(
    own,
    `the servers speak different versions of the protocol between servers, ${PROTOCOL_VERSION} and ${protocol}; run the same version of the program on both`,
  );
}

/** Why `own` can't be in one cluster with `other`; undefined when it can. */
export function conflictOf(own: Introduction, other: Introduction): Refused | undefined {
  const [a, b] = [own.hello, other.hello];
  if (a.nodeId === b.nodeId) {
    if (own.instance === other.instance)
      return { code: "self", text: "the address is the server's own", nodeId: a.nodeId };
    return foreign(
      own,
      `both servers have the node id ${a.nodeId}; a data directory that was copied from another server must be emptied`,
    );
  }
  if (a.datacenter !== b.datacenter) {
    return foreign(own, `${named(a)} is of datacenter "${a.datacenter}" and ${named(b)} of "${b.datacenter}"`);
  }
  if (a.clusterId !== "" && b.clusterId !== "" && a.clusterId !== b.clusterId) {
    return foreign(
      own,
      `${named(a)} belongs to cluster ${a.clusterId} and ${named(b)} to ${b.clusterId}; to make one join the other, empty its data directory`,
    );
  }
  return undefined;
}

function named(hello: Hello): string {
  return `"${hello.nodeName}" (${hello.address})`;
}

function foreign({ hello }: Introduction, text: string): Refused {
  return { code: "foreign", text: text.slice(0, 1000), nodeId: hello.nodeId };
}
