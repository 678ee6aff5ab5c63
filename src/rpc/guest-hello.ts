import { z } from "zod";
import type { CallStyle } from "./calls.ts";
import type { Lane } from "./frame.ts";
import { LANE_LIMITS, type LaneLimits } from "./outbox.ts";
import { parseJson, TEXT_AND_BYTES } from "./wire.ts";

const MIB = 1024 * 1024;

/** Of what guests and servers say to each other. Different versions refuse each other. */
export const GUEST_PROTOCOL_VERSION = 1;

/** What one call of a guest may be long. */
export const GUEST_CALL_BYTES_MAX = 4 * MIB;

/** A client agent may have thousands of callers of its own that wait for changes. */
export const GUEST_CALLS: CallStyle = {
  pendingMax: 8192,
  servedMax: 8192,
  servedBytesMax: 64 * MIB,
  codec: TEXT_AND_BYTES,
};

/** Every call that is served may be answered in one turn. */
export const GUEST_LANES: Readonly<Record<Lane, LaneLimits>> = {
  ...LANE_LIMITS,
  control: { framesMax: 256, bytesMax: MIB },
  call: { framesMax: 4 * GUEST_CALLS.servedMax, bytesMax: 64 * MIB },
};

const text = z.string().max(512);
const nodeId = z.string().min(1).max(128);

const guestHelloSchema = z.object({
  nodeId,
  nodeName: text,
  datacenter: text,
  /** A client agent of the server's datacenter, or a server of another one. */
  role: z.enum(["client", "server"]),
  /** Of the executable. */
  version: text,
  /** Node id of the server that it means. */
  server: nodeId,
});
/** What a guest says first. */
export type GuestHello = z.infer<typeof guestHelloSchema>;

const serverHelloSchema = z.object({ nodeId, nodeName: text, datacenter: text, version: text });
/** What a server says to a guest that it takes. */
export type ServerHello = z.infer<typeof serverHelloSchema>;

const refusedSchema = z.object({
  /** `other`: the server is not the one that is meant. `foreign`: the two can't talk. `full`: there is no place left. */
  code: z.enum(["other", "foreign", "full"]),
  text: z.string().max(1000),
});
export type GuestRefused = z.infer<typeof refusedSchema>;

const versioned = z.object({ protocol: z.int() });

export const encodeGuestHello = (hello: GuestHello | ServerHello): Buffer =>
  Buffer.from(JSON.stringify({ protocol: GUEST_PROTOCOL_VERSION, ...hello }));

export const encodeGuestRefused = (refused: GuestRefused): Buffer =>
  Buffer.from(JSON.stringify({ ...refused, text: refused.text.slice(0, 1000) }));

/** The hello, only its version when that is another one, or undefined when it is none. */
export const decodeGuestHello = (payload: Buffer) => versionedHello(guestHelloSchema, payload);
export const decodeServerHello = (payload: Buffer) => versionedHello(serverHelloSchema, payload);

export function decodeGuestRefused(payload: Buffer): GuestRefused | undefined {
  return parseJson(refusedSchema, payload.toString());
}

function versionedHello<T>(schema: z.ZodType<T>, payload: Buffer): T | { protocol: number } | undefined {
  const json = payload.toString();
  const protocol = parseJson(versioned, json)?.protocol;
  if (protocol === undefined) return undefined;
  return protocol === GUEST_PROTOCOL_VERSION ? parseJson(schema, json) : { protocol };
}

export const versionsDiffer = (protocol: number): GuestRefused => ({
  code: "foreign",
  text: `the nodes speak different versions of the protocol between agents, ${GUEST_PROTOCOL_VERSION} and ${protocol}; run the same version of the program on both`,
});
