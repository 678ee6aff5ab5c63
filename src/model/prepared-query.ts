import { z } from "zod";
import { Refusal } from "../lib/refusal.ts";
import { Index, StringMap } from "./common.ts";
import { goBool, goInt, goString, goStrings } from "./go-decode.ts";

const goMap = () => StringMap.nullable().default(null);

/** Its errors name the type and the whole path to the field, as of a struct that Consul decodes without a detour. */
const struct = (type: string, ...ignored: string[]) => ({
  go: { type: `structs.${type}`, namesFields: true, ignored },
});

/** A struct inside another: its zero value where it is left out. */
const orZero = <S extends z.ZodObject>(schema: S) =>
  schema.default(() => schema.parse({}) as z.util.NoUndefined<z.output<S>>);

const Failover = z.object({ NearestN: goInt(), Datacenters: goStrings() }).meta(struct("QueryDatacenterOptions"));

const Service = z
  .object({
    Service: goString(),
    Failover: orZero(Failover),
    OnlyPassing: goBool(),
    IgnoreCheckIDs: goStrings(),
    /** A node's name, `_agent` for that of the agent that is asked, or `_ip` for the one that has the caller's address. */
    Near: goString(),
    /** All of them are wanted; what begins with `!` is not. */
    Tags: goStrings(),
    NodeMeta: goMap(),
    ServiceMeta: goMap(),
    Connect: goBool(),
  })
  .meta(struct("ServiceQuery"));

const Template = z
  .object({
    /** `name_prefix_match`, or empty for a query that is none. */
    Type: goString(),
    Regexp: goString(),
    RemoveEmptyTags: goBool(),
  })
  .meta(struct("QueryTemplateOptions"));

const definition = {
  ID: goString(),
  Name: goString(),
  /** The query ends with it. */
  Session: goString(),
  /** What it is executed with in place of the caller's. Never log it. */
  Token: goString(),
  Template: orZero(Template),
  Service: orZero(Service),
  DNS: orZero(z.object({ TTL: goString() }).meta(struct("QueryDNSOptions"))),
};

/** A prepared query as clients write it. */
export const QueryDefinition = z.object(definition).meta(struct("PreparedQuery", "createindex", "modifyindex"));
export type QueryDefinition = z.infer<typeof QueryDefinition>;

/** A question for instances of a service that is kept under a name. */
export const PreparedQuery = z.object({ ...definition, CreateIndex: Index, ModifyIndex: Index });
export type PreparedQuery = z.infer<typeof PreparedQuery>;

/** Its name stands for all that begin with it, and its texts are filled in from the name that is asked. */
export function isTemplate({ Template }: Pick<QueryDefinition, "Template">): boolean {
  return Template.Type !== "";
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const isQueryId = (text: string): boolean => UUID.test(text);

const UUID_LENGTH = 36;

/** Refuses what can't be a query's id, before it is looked up. */
export function refuseBadQueryId(id: string): void {
  if (id.length === UUID_LENGTH) return;
  throw new Refusal("failed prepared query lookup: index error: UUID must be 36 characters");
}
