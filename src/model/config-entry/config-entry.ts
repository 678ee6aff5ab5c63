import { z } from "zod";
import type { Index } from "../common.ts";
import { ProxyDefaults, ServiceDefaults } from "./defaults.ts";
import { IngressGateway, TerminatingGateway } from "./gateways.ts";
import { ExportedServices, Mesh, ServiceIntentions } from "./later.ts";
import { ServiceResolver, ServiceRouter, ServiceSplitter } from "./routing.ts";

/** A setting that all agents of all datacenters share, in full and as it was normalised. */
export const ConfigEntry = z.discriminatedUnion("Kind", [
  ServiceDefaults,
  ProxyDefaults,
  ServiceRouter,
  ServiceSplitter,
  ServiceResolver,
  IngressGateway,
  TerminatingGateway,
  ServiceIntentions,
  Mesh,
  ExportedServices,
]);
export type ConfigEntry = z.infer<typeof ConfigEntry>;
export type ConfigEntryKind = ConfigEntry["Kind"];
export type ConfigEntryOf<K extends ConfigEntryKind> = Extract<ConfigEntry, { Kind: K }>;

/** Its place in the log beside it. */
export type StoredConfigEntry<K extends ConfigEntryKind = ConfigEntryKind> = ConfigEntryOf<K> & {
  readonly CreateIndex: z.infer<typeof Index>;
  readonly ModifyIndex: z.infer<typeof Index>;
};

/** Name of the only `proxy-defaults`. */
export const PROXY_DEFAULTS_NAME = "global";

const SCHEMAS: ReadonlyMap<string, z.ZodObject> = new Map(
  ConfigEntry.options.map((schema) => [schema.shape.Kind.value, schema]),
);

export const isConfigEntryKind = (kind: string): kind is ConfigEntryKind => SCHEMAS.has(kind);

/** Undefined when there is no such kind. */
export const schemaOfKind = (kind: string): z.ZodObject | undefined => SCHEMAS.get(kind);
