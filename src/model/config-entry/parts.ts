import { z } from "zod";
import { StringMap } from "../common.ts";
import { type GoRules, goBool, goDuration, goInt, goString, goStrings } from "../go-decode.ts";

/** Parts that several kinds of config entries have, in full: every field is there, Go's zero value where nothing was said. */

export const goMap = () => StringMap.nullable().default(null);

/** Settings that travel as they came. */
export const opaque = () => z.record(z.string(), z.unknown()).nullable().default(null);

/** A struct inside another: its zero value where it is left out. */
export const orZero = <S extends z.ZodObject>(schema: S) =>
  schema.default(() => schema.parse({}) as z.util.NoUndefined<z.output<S>>);

const withRules = <S extends z.ZodType>(schema: S, rules: GoRules): S =>
  schema.meta({ go: { ...(schema.meta()?.go as GoRules | undefined), ...rules } });

/** A field of a version after 1.8. */
export const later = <S extends z.ZodType>(schema: S): S => withRules(schema, { later: true });

/** A struct of a version after 1.8: it is there only where it was said. */
export const orNull = <S extends z.ZodObject>(schema: S) => later(schema.nullable().default(null));

/** A field that is printed even while it says nothing. */
export const always = <S extends z.ZodType>(schema: S): S => withRules(schema, { always: true });

/** A field whose spellings beside its own are these, and not that with underlines. */
const spelled = <S extends z.ZodType>(schema: S, ...aliases: string[]): S => withRules(schema, { aliases });

export const goUint32 = () => withRules(z.number().int().default(0), { type: "uint32" });
export const goUint32s = () =>
  z
    .array(withRules(z.number().int(), { type: "uint32" }))
    .nullable()
    .default(null);
/** A time in RFC 3339, null where there is none. */
export const orNoTime = () => withRules(z.string().nullable().default(null), { type: "time" });
export const goFloat32 = () => withRules(z.number().default(0), { type: "float32" });

/** `none`, `local`, `remote`, or "" for what another entry says. */
export const MeshGateway = z.object({ Mode: goString() });

const ExposePath = z.object({
  ListenerPort: goInt(),
  Path: goString(),
  LocalPathPort: goInt(),
  Protocol: goString(),
  ParsedFromCheck: spelled(always(goBool())),
});

export const Expose = z.object({ Checks: goBool(), Paths: z.array(ExposePath).nullable().default(null) });

// What follows is of versions after 1.8.

export const TransparentProxy = z.object({ OutboundListenerPort: goInt(), DialedDirectly: goBool() });

export const EnvoyExtensions = () =>
  later(
    z
      .array(
        z.object({
          Name: goString(),
          Required: goBool(),
          Arguments: opaque(),
          ConsulVersion: goString(),
          EnvoyVersion: goString(),
        }),
      )
      .nullable()
      .default(null),
  );

export const HeaderModifiers = z.object({ Add: goMap(), Set: goMap(), Remove: goStrings() });

const orAbsent = () => z.number().int().nullable().default(null);

export const PassiveHealthCheck = z.object({
  Interval: goDuration(),
  MaxFailures: goUint32(),
  EnforcingConsecutive5xx: spelled(orAbsent(), "enforcing_consecutive_5xx"),
  MaxEjectionPercent: orAbsent(),
  BaseEjectionTime: goDuration().nullable().default(null),
});

export const GatewayTls = {
  SDS: orNull(z.object({ ClusterName: goString(), CertResource: goString() })),
  TLSMinVersion: later(goString()),
  TLSMaxVersion: later(goString()),
  CipherSuites: later(goStrings()),
};

export const FailoverPolicy = z.object({ Mode: goString(), Regions: goStrings() });

/** Limits of what is asked of a service at once. */
export const UpstreamLimits = z.object({
  MaxConnections: orAbsent(),
  MaxPendingRequests: orAbsent(),
  MaxConcurrentRequests: orAbsent(),
});
