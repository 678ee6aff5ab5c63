/** The gRPC health checking protocol (`grpc.health.v1.Health/Check`), by hand: one request field, one answer field. */
import type { CheckRun } from "../../model/definition-check.ts";
import type { Http2Prober, Http2Reply } from "../../ports/probes.ts";
import type { Probe } from "./check.ts";
import { probeTimeoutMs } from "./http.ts";
import { parseTarget } from "./target.ts";

const SERVING = 1;
/** gRPC's status codes by number. */
const CODES = [
  ..."OK Canceled Unknown InvalidArgument DeadlineExceeded NotFound AlreadyExists PermissionDenied".split(" "),
  ..."ResourceExhausted FailedPrecondition Aborted OutOfRange Unimplemented Internal Unavailable".split(" "),
  ..."DataLoss Unauthenticated".split(" "),
];
const FRAME_HEADER_BYTES = 5;

/** Asks `host:port` or `host:port/service`; whoever answers SERVING passes. `load` gives the HTTP/2 client when needed. */
export function grpcProbe(run: CheckRun, load: () => Promise<Http2Prober>): Probe {
  const slash = run.GRPC.indexOf("/");
  const address = slash === -1 ? run.GRPC : run.GRPC.slice(0, slash);
  const service = slash === -1 ? "" : run.GRPC.slice(slash + 1);
  const tls = run.GRPCUseTLS ? { skipVerify: run.TLSSkipVerify, serverName: run.TLSServerName } : undefined;
  return async (signal) => {
    try {
      const client = await load();
      const request = {
        target: parseTarget(address),
        tls,
        path: "/grpc.health.v1.Health/Check",
        headers: { "content-type": "application/grpc", te: "trailers", "user-agent": "Consul Health Check" },
        body: encodeRequest(service),
        timeoutMs: probeTimeoutMs(run),
      };
      const status = servingStatus(await client.post(request, signal));
      if (status === SERVING) return { status: "passing", output: `gRPC check ${run.GRPC}: success` };
      return { status: "critical", output: "gRPC application didn't report service healthy" };
    } catch (error) {
      return { status: "critical", output: rpcText(error) };
    }
  };
}

/** An error that the server answered, apart from those of the connection. */
class RpcError extends Error {}

function rpcText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof RpcError) return text;
  if (text === "context deadline exceeded") return `rpc error: code = DeadlineExceeded desc = ${text}`;
  const dial = text.startsWith("dial") ? `transport: Error while dialing ${text}` : text;
  return `rpc error: code = Unavailable desc = connection error: desc = ${JSON.stringify(dial)}`;
}

/** A gRPC message: no compression, 32-bit length, then protobuf field 1 (a string) unless it is empty. */
export function encodeRequest(service: string): Uint8Array {
  const name = new TextEncoder().encode(service);
  const field = name.length === 0 ? [] : [0x0a, ...varint(name.length), ...name];
  const message = new Uint8Array(FRAME_HEADER_BYTES + field.length);
  new DataView(message.buffer).setUint32(1, field.length);
  message.set(field, FRAME_HEADER_BYTES);
  return message;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

/** The serving status of an answer; throws when the call failed. */
export function servingStatus(reply: Http2Reply): number {
  // A call that fails at once has its status in the headers, and no trailers.
  const code = Number(reply.trailers["grpc-status"] ?? reply.headers["grpc-status"] ?? Number.NaN);
  if (Number.isNaN(code)) {
    throw new RpcError(`rpc error: code = Unknown desc = no gRPC answer (HTTP status ${reply.status})`);
  }
  if (code !== 0) {
    const said = decodeMessage(reply.trailers["grpc-message"] ?? reply.headers["grpc-message"] ?? "");
    throw new RpcError(`rpc error: code = ${CODES[code] ?? `Code(${code})`} desc = ${said}`);
  }
  const fields = reply.body.subarray(FRAME_HEADER_BYTES);
  for (let at = 0; at + 1 < fields.length; at += 2) if (fields[at] === 0x08) return fields[at + 1] as number;
  return 0;
}

function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
