import { and, asc, eq, ne, sql } from "drizzle-orm";
import { Refusal } from "../../lib/refusal.ts";
import { isQueryId, isTemplate, type PreparedQuery } from "../../model/prepared-query.ts";
import { prepared, type StateDb } from "../db.ts";
import { tableIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import { queries } from "./tables.ts";
import { type AskedBy, renderTemplate } from "./template.ts";
import { QUERIES_TOPIC, queryTopic } from "./topics.ts";

const statements = prepared((db) => ({
  byId: db
    .select()
    .from(queries)
    .where(eq(queries.id, sql.placeholder("id")))
    .prepare(),
  byName: db
    .select()
    .from(queries)
    .where(and(eq(queries.nameKey, sql.placeholder("key")), ne(queries.nameKey, "")))
    .prepare(),
  catchAll: db
    .select({ id: queries.id })
    .from(queries)
    .where(and(eq(queries.nameKey, ""), eq(queries.isTemplate, true)))
    .prepare(),
  // There are few templates, and many names that begin with one.
  longestTemplate: db
    .select()
    .from(queries)
    .where(
      and(
        eq(queries.isTemplate, true),
        sql`substr(${sql.placeholder("key")}, 1, length(${queries.nameKey})) = ${queries.nameKey}`,
      ),
    )
    .orderBy(sql`length(${queries.nameKey}) DESC`)
    .limit(1)
    .prepare(),
  bySession: db
    .select({ id: queries.id })
    .from(queries)
    .where(and(eq(queries.session, sql.placeholder("session")), ne(queries.session, "")))
    .orderBy(asc(queries.id))
    .prepare(),
  all: db.select().from(queries).orderBy(asc(queries.id)).prepare(),
}));

const INDEXES = ["prepared-queries"] as const;

export function queryById(db: StateDb, id: string): PreparedQuery | undefined {
  const row = statements(db).byId.get({ id: id.toLowerCase() });
  return row && toQuery(row);
}

/** Names are matched without regard to case. */
export function queryIdByName(db: StateDb, name: string): string | undefined {
  return statements(db).byName.get({ key: name.toLowerCase() })?.id;
}

/** Of the template that stands for every name. */
export function queryIdOfCatchAll(db: StateDb): string | undefined {
  return statements(db).catchAll.get()?.id;
}

export function queryIdsOfSession(db: StateDb, session: string): string[] {
  return statements(db)
    .bySession.all({ session })
    .map(({ id }) => id);
}

/**
 * What is executed for an id or a name: the query of that id, that of that name, or else the template with the longest
 * name that the name begins with, filled in. Undefined when there is none.
 */
export function queryResolve(db: StateDb, idOrName: string, by: AskedBy): PreparedQuery | undefined {
  const byId = isQueryId(idOrName) ? queryById(db, idOrName) : undefined;
  if (byId !== undefined) {
    if (!isTemplate(byId)) return byId;
    throw new Refusal("prepared query templates can only be resolved up by name, not by ID");
  }
  const key = idOrName.toLowerCase();
  const row = statements(db).byName.get({ key }) ?? statements(db).longestTemplate.get({ key });
  if (row === undefined) return undefined;
  const query = toQuery(row);
  return isTemplate(query) ? renderTemplate(query, idOrName, by) : query;
}

export function queryGet(db: StateDb, id: string): QueryResult<PreparedQuery | undefined> {
  return { value: queryById(db, id), ...tableIndex(db, INDEXES), interest: { topics: [queryTopic(id)] } };
}

/** All queries, by id. */
export function queryList(db: StateDb): QueryResult<PreparedQuery[]> {
  const value = statements(db).all.all().map(toQuery);
  return { value, ...tableIndex(db, INDEXES), interest: { topics: [QUERIES_TOPIC] } };
}

function toQuery({ doc, createIndex, modifyIndex }: typeof queries.$inferSelect): PreparedQuery {
  return { ...doc, CreateIndex: createIndex, ModifyIndex: modifyIndex };
}
