import { z } from "zod";
import { goBool, goDuration, goInt, goString, goStrings } from "../go-decode.ts";
import {
  always,
  FailoverPolicy,
  goFloat32,
  goMap,
  goUint32,
  goUint32s,
  HeaderModifiers,
  later,
  orNull,
} from "./parts.ts";

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
  CaseInsensitive: later(goBool()),
  Header: z.array(HeaderMatch).nullable().default(null),
  QueryParam: z.array(QueryParamMatch).nullable().default(null),
  Methods: goStrings(),
});

/** Its fields, and those of the other kinds, are in the order in which they are printed. */
const RouteDestination = z.object({
  /** Nanoseconds. */
  RequestTimeout: goDuration(),
  IdleTimeout: later(goDuration()),
  Service: goString(),
  ServiceSubset: goString(),
  Namespace: goString(),
  PrefixRewrite: goString(),
  NumRetries: goUint32(),
  RetryOnConnectFailure: goBool(),
  RetryOn: later(goStrings()),
  RetryOnStatusCodes: goUint32s(),
  RequestHeaders: orNull(HeaderModifiers),
  ResponseHeaders: orNull(HeaderModifiers),
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
  Routes: always(z.array(ServiceRoute).nullable().default(null)),
  Meta: goMap(),
});
export type ServiceRouter = z.infer<typeof ServiceRouter>;

export const ServiceSplit = z.object({
  /** Percent, with two decimals. */
  Weight: always(goFloat32()),
  Service: goString(),
  ServiceSubset: goString(),
  Namespace: goString(),
  RequestHeaders: orNull(HeaderModifiers),
  ResponseHeaders: orNull(HeaderModifiers),
});
export type ServiceSplit = z.infer<typeof ServiceSplit>;

/** What share of the requests goes where. */
export const ServiceSplitter = z.object({
  Kind: z.literal("service-splitter"),
  Name: z.string(),
  Splits: always(z.array(ServiceSplit).nullable().default(null)),
  Meta: goMap(),
});
export type ServiceSplitter = z.infer<typeof ServiceSplitter>;

export const ResolverSubset = z.object({ Filter: goString(), OnlyPassing: goBool() });
export type ResolverSubset = z.infer<typeof ResolverSubset>;

export const ResolverRedirect = z.object({
  Service: goString(),
  ServiceSubset: goString(),
  Namespace: goString(),
  Partition: later(goString()),
  Datacenter: goString(),
  Peer: later(goString()),
  SamenessGroup: later(goString()),
});

const FailoverTarget = z.object({
  Service: goString(),
  ServiceSubset: goString(),
  Partition: goString(),
  Namespace: goString(),
  Datacenter: goString(),
  Peer: goString(),
});

export const ResolverFailover = z.object({
  Service: goString(),
  ServiceSubset: goString(),
  Namespace: goString(),
  Datacenters: goStrings(),
  Targets: later(z.array(FailoverTarget).nullable().default(null)),
  Policy: orNull(FailoverPolicy),
  SamenessGroup: later(goString()),
});

const HashPolicy = z.object({
  Field: goString(),
  FieldValue: goString(),
  CookieConfig: orNull(z.object({ Session: goBool(), TTL: goDuration(), Path: goString() })),
  SourceIP: goBool(),
  Terminal: goBool(),
});

const LoadBalancer = z.object({
  Policy: goString(),
  RingHashConfig: orNull(z.object({ MinimumRingSize: goInt(), MaximumRingSize: goInt() })),
  LeastRequestConfig: orNull(z.object({ ChoiceCount: goUint32() })),
  HashPolicies: z.array(HashPolicy).nullable().default(null),
});

/** Which instances are meant by the name of a service, and which in their place. */
export const ServiceResolver = z.object({
  /** Nanoseconds. */
  ConnectTimeout: goDuration(),
  RequestTimeout: later(goDuration()),
  Kind: z.literal("service-resolver"),
  Name: z.string(),
  DefaultSubset: goString(),
  Subsets: z.record(z.string(), ResolverSubset).nullable().default(null),
  Redirect: ResolverRedirect.nullable().default(null),
  /** By subset, or `*` for all. */
  Failover: z.record(z.string(), ResolverFailover).nullable().default(null),
  /** Of later versions: kept and handed on. */
  LoadBalancer: orNull(LoadBalancer),
  PrioritizeByLocality: orNull(z.object({ Mode: goString() })),
  Meta: goMap(),
});
export type ServiceResolver = z.infer<typeof ServiceResolver>;
