import { z } from "zod";
import { goBool, goInt, goString, goStrings } from "../go-decode.ts";
import {
  always,
  EnvoyExtensions,
  Expose,
  FailoverPolicy,
  goMap,
  later,
  MeshGateway,
  opaque,
  orNull,
  orZero,
  PassiveHealthCheck,
  TransparentProxy,
  UpstreamLimits,
} from "./parts.ts";

const UpstreamConfig = z.object({
  Name: goString(),
  Namespace: goString(),
  Peer: goString(),
  EnvoyListenerJSON: goString(),
  EnvoyClusterJSON: goString(),
  Protocol: goString(),
  ConnectTimeoutMs: goInt(),
  Limits: orNull(UpstreamLimits),
  PassiveHealthCheck: orNull(PassiveHealthCheck),
  MeshGateway: orNull(MeshGateway),
  BalanceOutboundConnections: goString(),
});

const RateLimits = z.object({
  InstanceLevel: orNull(
    z.object({
      RequestsPerSecond: goInt(),
      RequestsMaxBurst: goInt(),
      Routes: z
        .array(
          z.object({
            PathExact: goString(),
            PathPrefix: goString(),
            PathRegex: goString(),
            RequestsPerSecond: goInt(),
            RequestsMaxBurst: goInt(),
          }),
        )
        .nullable()
        .default(null),
    }),
  ),
});

/** How a service is reached, for all its instances and proxies. The fields are in the order in which they are printed. */
export const ServiceDefaults = z.object({
  Kind: z.literal("service-defaults"),
  Name: z.string(),
  /** `tcp` ("" too), `http`, `http2`, `grpc`. */
  Protocol: always(goString()),
  Mode: later(goString()),
  TransparentProxy: orNull(TransparentProxy),
  MutualTLSMode: later(goString()),
  MeshGateway: orZero(MeshGateway),
  Expose: orZero(Expose),
  ExternalSNI: goString(),
  UpstreamConfig: orNull(
    z.object({ Overrides: z.array(UpstreamConfig).nullable().default(null), Defaults: orNull(UpstreamConfig) }),
  ),
  Destination: orNull(z.object({ Addresses: goStrings(), Port: goInt() })),
  MaxInboundConnections: later(goInt()),
  LocalConnectTimeoutMs: later(goInt()),
  LocalRequestTimeoutMs: later(goInt()),
  BalanceInboundConnections: later(goString()),
  RateLimits: orNull(RateLimits),
  EnvoyExtensions: EnvoyExtensions(),
  Meta: goMap(),
});
export type ServiceDefaults = z.infer<typeof ServiceDefaults>;

const AccessLogs = z.object({
  Enabled: goBool(),
  DisableListenerLogs: goBool(),
  Type: goString(),
  Path: goString(),
  JSONFormat: goString(),
  TextFormat: goString(),
});

/** What all proxies have unless a service says otherwise. There is one, named `global`. */
export const ProxyDefaults = z.object({
  Kind: z.literal("proxy-defaults"),
  Name: z.string(),
  Config: always(opaque()),
  Mode: later(goString()),
  TransparentProxy: orNull(TransparentProxy),
  MutualTLSMode: later(goString()),
  MeshGateway: orZero(MeshGateway),
  Expose: orZero(Expose),
  AccessLogs: orNull(AccessLogs),
  EnvoyExtensions: EnvoyExtensions(),
  FailoverPolicy: orNull(FailoverPolicy),
  PrioritizeByLocality: orNull(z.object({ Mode: goString() })),
  Meta: goMap(),
});
export type ProxyDefaults = z.infer<typeof ProxyDefaults>;
