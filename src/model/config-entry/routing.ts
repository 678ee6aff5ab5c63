import { z } from "zod";
import { goBool, goDuration, goFloat, goInt, goString, goStrings } from "../go-decode.ts";
import { goMap, opaque } from "./parts.ts";

/** The three kinds that a discovery chain is made of: router, splitter, resolver. */

const HeaderMatch = z.object({
  Name: goString(),
  Present: goBool(),
  Exact: goString(),
  Prefix: goString(),
  Suffix: goString(),
  Regex: goString(),
  Invert: goBool(),
});

const QueryParamMatch = z.object({ Name: goString(), Present: goBool(), Exact: goString(), Regex: goString() });

const HttpMatch = z.object({
  PathExact: goString(),
  PathPrefix: goString(),
  PathRegex: goString(),
  Header: z.array(HeaderMatch).nullable().default(null),
  QueryParam: z.array(QueryParamMatch).nullable().default(null),
  Methods: goStrings(),
});

const RouteDestination = z.object({
  Service: goString(),
  ServiceSubset: goString(),
  Namespace: goString(),
  PrefixRewrite: goString(),
  /** Nanoseconds. */
  RequestTimeout: goDuration(),
  NumRetries: goInt(),
  RetryOnConnectFailure: goBool(),
  RetryOnStatusCodes: z.array(z.number().int()).nullable().default(null),
});

export const ServiceRoute = z.object({
  Match: z
    .object({ HTTP: HttpMatch.nullable().default(null) })
    .nullable()
    .default(null),
  Destination: RouteDestination.nullable().default(null),
});
export type ServiceRoute = z.infer<typeof ServiceRoute>;

/** Where requests of an HTTP-like service go, by what they ask for. */
export const ServiceRouter = z.object({
  Kind: z.literal("service-router"),
  Name: z.string(),
  Routes: z.array(ServiceRoute).nullable().default(null),
  Meta: goMap(),
});
export type ServiceRouter = z.infer<typeof ServiceRouter>;

export const ServiceSplit = z.object({
  /** Percent, with two decimals. */
  Weight: goFloat(),
  Service: goString(),
  ServiceSubset: goString(),
  Namespace: goString(),
});
export type ServiceSplit = z.infer<typeof ServiceSplit>;

/** What share of the requests goes where. */
export const ServiceSplitter = z.object({
  Kind: z.literal("service-splitter"),
  Name: z.string(),
  Splits: z.array(ServiceSplit).nullable().default(null),
  Meta: goMap(),
});
export type ServiceSplitter = z.infer<typeof ServiceSplitter>;

export const ResolverSubset = z.object({ Filter: goString(), OnlyPassing: goBool() });
export type ResolverSubset = z.infer<typeof ResolverSubset>;

export const ResolverRedirect = z.object({
  Service: goString(),
  ServiceSubset: goString(),
  Namespace: goString(),
  Datacenter: goString(),
});

export const ResolverFailover = z.object({
  Service: goString(),
  ServiceSubset: goString(),
  Namespace: goString(),
  Datacenters: goStrings(),
});

/** Which instances are meant by the name of a service, and which in their place. */
export const ServiceResolver = z.object({
  Kind: z.literal("service-resolver"),
  Name: z.string(),
  DefaultSubset: goString(),
  Subsets: z.record(z.string(), ResolverSubset).nullable().default(null),
  Redirect: ResolverRedirect.nullable().default(null),
  /** By subset, or `*` for all. */
  Failover: z.record(z.string(), ResolverFailover).nullable().default(null),
  /** Nanoseconds. */
  ConnectTimeout: goDuration(),
  /** Of later versions: kept and handed on. */
  LoadBalancer: opaque(),
  Meta: goMap(),
});
export type ServiceResolver = z.infer<typeof ServiceResolver>;
