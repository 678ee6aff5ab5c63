import { z } from "zod";

/** An index of the Raft log: what a query's answer is as of. */
export const Index = z.number().int().nonnegative();

/** Bytes; base64 in JSON, as Go prints them. */
export const Bytes = z
  .custom<Uint8Array>((value) => value instanceof Uint8Array)
  .meta({ type: "string", format: "byte" });

/** An unsigned 64-bit integer; a JSON number with all its digits. */
export const Uint64 = z
  .bigint()
  .min(0n)
  .max(2n ** 64n - 1n)
  .meta({ type: "integer", format: "uint64" });

/** A Go duration in nanoseconds. */
export const DurationNs = z.number().int();

/** An address with a port, as tagged addresses of services carry it. */
export const ServiceAddress = z.object({ Address: z.string(), Port: z.number().int() });

export const StringMap = z.record(z.string(), z.string());
