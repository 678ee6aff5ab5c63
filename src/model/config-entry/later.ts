import { z } from "zod";
import { goBool, goInt, goString, goStrings } from "../go-decode.ts";
import { always, GatewayTls, goMap, opaque, orNoTime, orNull, orZero } from "./parts.ts";

/** Kinds that Consul has since 1.9: kept, checked and listed. */

const HeaderPermission = z.object({
  Name: goString(),
  Present: goBool(),
  Exact: goString(),
  Prefix: goString(),
  Suffix: goString(),
  Contains: goString(),
  Regex: goString(),
  Invert: goBool(),
  IgnoreCase: goBool(),
});

const HttpPermission = z.object({
  PathExact: goString(),
  PathPrefix: goString(),
  PathRegex: goString(),
  Header: z.array(HeaderPermission).nullable().default(null),
  Methods: goStrings(),
});
export type HttpPermission = z.infer<typeof HttpPermission>;

const JwtProvider = z.object({
  Name: goString(),
  VerifyClaims: z
    .array(z.object({ Path: goStrings(), Value: goString() }))
    .nullable()
    .default(null),
});
const JwtRequirement = z.object({ Providers: z.array(JwtProvider).nullable().default(null) });

const IntentionPermission = z.object({
  /** `allow` or `deny`. */
  Action: always(goString()),
  HTTP: orNull(HttpPermission),
  JWT: orNull(JwtRequirement),
});
export type IntentionPermission = z.infer<typeof IntentionPermission>;

const SourceIntention = z.object({
  Name: always(goString()),
  Namespace: goString(),
  /** `allow` or `deny`; "" with `Permissions`. */
  Action: goString(),
  Permissions: z.array(IntentionPermission).nullable().default(null),
  Precedence: always(goInt()),
  LegacyID: goString(),
  Type: always(goString()),
  Description: goString(),
  /** What an intention had before there were config entries: its meta, and times in RFC 3339. */
  LegacyMeta: goMap(),
  LegacyCreateTime: orNoTime(),
  LegacyUpdateTime: orNoTime(),
  Partition: goString(),
  Peer: goString(),
  SamenessGroup: goString(),
});
export type SourceIntention = z.infer<typeof SourceIntention>;

/** Who may call a service. Its name is that of the service, or `*`. */
export const ServiceIntentions = z.object({
  Kind: z.literal("service-intentions"),
  Name: z.string(),
  Sources: always(z.array(SourceIntention).nullable().default(null)),
  JWT: orNull(JwtRequirement),
  Meta: goMap(),
});
export type ServiceIntentions = z.infer<typeof ServiceIntentions>;

const { SDS: _, ...DirectionTls } = GatewayTls;
const Tls = z.object(DirectionTls);

/** Settings of the whole mesh. There is one, named `mesh`. */
export const Mesh = z.object({
  Kind: z.literal("mesh"),
  Name: z.string(),
  TransparentProxy: orZero(z.object({ MeshDestinationsOnly: always(goBool()) })),
  AllowEnablingPermissiveMutualTLS: goBool(),
  ValidateClusters: goBool(),
  TLS: orNull(z.object({ Incoming: orNull(Tls), Outgoing: orNull(Tls) })),
  HTTP: orNull(
    z.object({
      SanitizeXForwardedClientCert: always(goBool()),
      /** How requests are brought into one form before they are judged. */
      Incoming: opaque(),
    }),
  ),
  Peering: orNull(z.object({ PeerThroughMeshGateways: always(goBool()) })),
  Meta: goMap(),
});
export type Mesh = z.infer<typeof Mesh>;
export type MeshTls = z.infer<typeof Tls>;

const ServiceConsumer = z.object({ Partition: goString(), Peer: goString(), SamenessGroup: goString() });
const ExportedService = z.object({
  Name: always(goString()),
  Namespace: goString(),
  Consumers: always(z.array(ServiceConsumer).nullable().default(null)),
});

/** Which services others may use. There is one, named `default`. */
export const ExportedServices = z.object({
  Kind: z.literal("exported-services"),
  Name: z.string(),
  Services: always(z.array(ExportedService).nullable().default(null)),
  Meta: goMap(),
});
export type ExportedServices = z.infer<typeof ExportedServices>;
