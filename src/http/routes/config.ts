import { z } from "zod";
import { mapOf, string, struct } from "../../lang/filter/field-spec.ts";
import { Refusal } from "../../lib/refusal.ts";
import { Index } from "../../model/common.ts";
import {
  type ConfigEntry,
  type ConfigEntryKind,
  isConfigEntryKind,
  type StoredConfigEntry,
} from "../../model/config-entry/config-entry.ts";
import { decodeConfigEntry } from "../../model/config-entry/decode.ts";
import { printConfigEntry } from "../../model/config-entry/print.ts";
import type { QueryResult } from "../../state/query.ts";
import { filterPredicate } from "../filtering.ts";
import { prefixed } from "../json-body.ts";
import { parseUint } from "../parse-uint.ts";
import { one, READ_QUERY } from "../query-schema.ts";
import { type ApiRequest, defineRoute, json, text } from "../route.ts";

export interface ConfigDeps {
  configEntry: {
    /** Resolves with false when `cas` did not hold. */
    set(entry: ConfigEntry, cas: number | undefined): Promise<boolean>;
    delete(kind: ConfigEntryKind, name: string, cas: number | undefined): Promise<boolean>;
    get(kind: ConfigEntryKind, name: string): QueryResult<StoredConfigEntry | undefined>;
    /** Of all kinds when none is said. */
    list(kind?: ConfigEntryKind): QueryResult<StoredConfigEntry[]>;
  };
}

const ERROR_PREFIX = "Bad request: Request decoding failed: ";

/** Fields beside these are those of the kind. */
const Printed = z.looseObject({ Kind: z.string(), CreateIndex: Index, ModifyIndex: Index });

/** What `?filter=` may ask of the entries of a list. */
const FIELDS = struct({ Kind: string, Name: string, Meta: mapOf(string) });

const WriteQuery = z.object({ dc: one, ns: one, cas: one });

const apply = defineRoute({
  method: "PUT",
  path: "/v1/config",
  summary: "Create or replace a config entry, on a condition (`cas`)",
  query: WriteQuery,
  body: z.unknown().meta({ description: "`Kind`, `Name` and the fields of that kind" }),
  bodyErrorPrefix: ERROR_PREFIX,
  answer: z.boolean(),
  acl: ["service:write", "operator:write"],
  namespaced: true,
  ofPrimary: true,
  async handle({ body, query }, { configEntry }: ConfigDeps) {
    const entry = prefixed(ERROR_PREFIX, () => decodeConfigEntry(body));
    return json(await configEntry.set(entry, casOf(query)));
  },
});

const get = defineRoute({
  method: "GET",
  path: "/v1/config/:path{.*}",
  summary: "Read a config entry (`<kind>/<name>`), all of a kind, or all",
  query: z.object(READ_QUERY),
  answer: z.union([z.array(Printed), Printed]),
  acl: ["service:read", "operator:read"],
  blocking: "index",
  bareRefusals: true,
  namespaced: true,
  filter: (answer, expression) => (Array.isArray(answer) ? answer.filter(filterPredicate(expression, FIELDS)) : answer),
  read(request, { configEntry }: ConfigDeps) {
    const [kind, name] = kindAndName(request);
    if (kind === "") return printedList(configEntry.list());
    if (!isConfigEntryKind(kind)) throw unknownKind(kind, 500);
    if (name === undefined) return printedList(configEntry.list(kind));
    const found = configEntry.get(kind, name);
    if (found.value !== undefined) return { ...found, value: printConfigEntry(found.value) };
    // The index of what isn't there is told, so that who wants it can wait for it.
    return {
      ...found,
      value: text(`Config entry not found for ${JSON.stringify(kind)} / ${JSON.stringify(name)}`, 404),
    };
  },
});

const remove = defineRoute({
  method: "DELETE",
  path: "/v1/config/:path{.*}",
  summary: "Delete a config entry (`<kind>/<name>`), on a condition (`cas`)",
  query: WriteQuery,
  answer: z.union([z.boolean(), z.object({})]),
  acl: ["service:write", "operator:write"],
  namespaced: true,
  ofPrimary: true,
  async handle(request, { configEntry }: ConfigDeps) {
    const [kind, name] = kindAndName(request);
    if (name === undefined) throw new Refusal("Must provide both a kind and name to delete", 404);
    if (!isConfigEntryKind(kind)) throw unknownKind(kind, 400);
    const cas = casOf(request.query);
    const isDone = await configEntry.delete(kind, name, cas);
    return json(cas === undefined ? {} : isDone);
  },
});

/** A name may have slashes. */
function kindAndName({ params: { path = "" } }: Pick<ApiRequest, "params">): [string, string | undefined] {
  const slash = path.indexOf("/");
  return slash < 0 ? [path, undefined] : [path.slice(0, slash), path.slice(slash + 1)];
}

function unknownKind(kind: string, status: number): Refusal {
  return new Refusal(`invalid config entry kind: ${kind}`, status);
}

function casOf({ cas = "" }: { cas?: string | undefined }): number | undefined {
  return cas === "" ? undefined : Number(parseUint(cas));
}

function printedList(found: QueryResult<StoredConfigEntry[]>) {
  return { ...found, value: found.value.map(printConfigEntry) };
}

export const configRoutes = [apply, get, remove] as const;
