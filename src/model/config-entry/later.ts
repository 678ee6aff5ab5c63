import { z } from "zod";
import { goBool, goInt, goString } from "../go-decode.ts";
import { goMap, opaque, orZero } from "./parts.ts";

/** Kinds that Consul has since 1.9: kept, checked and listed. */

const SourceIntention = z.object({
  Name: goString(),
  Namespace: goString(),
  /** `allow` or `deny`; "" with `Permissions`. */
  Action: goString(),
  Permissions: z.array(z.record(z.string(), z.unknown())).nullable().default(null),
  Precedence: goInt(),
  LegacyID: goString(),
  Type: goString(),
  Description: goString(),
  Peer: goString(),
});

/** Who may call a service. Its name is that of the service, or `*`. */
export const ServiceIntentions = z.object({
  Kind: z.literal("service-intentions"),
  Name: z.string(),
  Sources: z.array(SourceIntention).nullable().default(null),
  JWT: opaque(),
  Meta: goMap(),
});
export type ServiceIntentions = z.infer<typeof ServiceIntentions>;

/** Settings of the whole mesh. There is one, named `mesh`. */
export const Mesh = z.object({
  Kind: z.literal("mesh"),
  Name: z.string(),
  TransparentProxy: orZero(z.object({ MeshDestinationsOnly: goBool() })),
  AllowEnablingPermissiveMutualTLS: goBool(),
  TLS: opaque(),
  HTTP: opaque(),
  Peering: opaque(),
  Meta: goMap(),
});
export type Mesh = z.infer<typeof Mesh>;

const ServiceConsumer = z.object({ Partition: goString(), Peer: goString() });
const ExportedService = z.object({
  Name: goString(),
  Namespace: goString(),
  Consumers: z.array(ServiceConsumer).nullable().default(null),
});

/** Which services others may use. There is one, named `default`. */
export const ExportedServices = z.object({
  Kind: z.literal("exported-services"),
  Name: z.string(),
  Services: z.array(ExportedService).nullable().default(null),
  Meta: goMap(),
});
export type ExportedServices = z.infer<typeof ExportedServices>;
