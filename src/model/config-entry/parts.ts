import { z } from "zod";
import { StringMap } from "../common.ts";
import { goBool, goInt, goString } from "../go-decode.ts";

/** Parts that several kinds of config entries have, in full: every field is there, Go's zero value where nothing was said. */

export const goMap = () => StringMap.nullable().default(null);

/** Settings that travel as they came. */
export const opaque = () => z.record(z.string(), z.unknown()).nullable().default(null);

/** A struct inside another: its zero value where it is left out. */
export const orZero = <S extends z.ZodObject>(schema: S) =>
  schema.default(() => schema.parse({}) as z.util.NoUndefined<z.output<S>>);

/** `none`, `local`, `remote`, or "" for what another entry says. */
export const MeshGateway = z.object({ Mode: goString() });

const ExposePath = z.object({
  ListenerPort: goInt(),
  Path: goString(),
  LocalPathPort: goInt(),
  Protocol: goString(),
  ParsedFromCheck: goBool(),
});

export const Expose = z.object({ Checks: goBool(), Paths: z.array(ExposePath).nullable().default(null) });
