import { eq, sql } from "drizzle-orm";
import { Refusal } from "../../lib/refusal.ts";
import { isQueryId, isTemplate, type QueryDefinition } from "../../model/prepared-query.ts";
import type { Change } from "../change.ts";
import { prepared } from "../db.ts";
import { bumpIndex } from "../indexes/commands.ts";
import { sessionExists } from "../sessions/queries.ts";
import { queryById, queryIdByName, queryIdOfCatchAll, queryIdsOfSession } from "./queries.ts";
import { queries } from "./tables.ts";
import { QUERIES_TOPIC, queryTopic } from "./topics.ts";

/** `query.set` creates or replaces the query of that id. What a definition may hold is the endpoint's to say. */
export type QueryCommand = { type: "query.set"; query: QueryDefinition } | { type: "query.delete"; id: string };

/** The table's name among the indexes. */
const QUERIES_INDEX = "prepared-queries";

const statements = prepared((db) => ({
  remove: db
    .delete(queries)
    .where(eq(queries.id, sql.placeholder("id")))
    .prepare(),
  insert: db
    .insert(queries)
    .values({
      id: sql.placeholder("id"),
      nameKey: sql.placeholder("nameKey"),
      isTemplate: sql.placeholder("isTemplate"),
      session: sql.placeholder("session"),
      doc: sql.placeholder("doc"),
      createIndex: sql.placeholder("createIndex"),
      modifyIndex: sql.placeholder("modifyIndex"),
    })
    .prepare(),
}));

export function applyQuery(change: Change, command: QueryCommand): string {
  if (command.type === "query.set") return querySet(change, command.query);
  queryDelete(change, command.id);
  return command.id;
}

/** Creates or replaces a query, whose name nobody else may have and whose session there must be. Returns its id. */
function querySet(change: Change, definition: QueryDefinition): string {
  const id = definition.ID.toLowerCase();
  refuseTakenName(change, definition, id);
  const { Session } = definition;
  if (Session !== "" && !sessionExists(change.db, Session)) {
    throw new Refusal(`invalid session ${JSON.stringify(Session)}`);
  }
  const before = queryById(change.db, id);
  const run = statements(change.db);
  if (before !== undefined) run.remove.run({ id });
  run.insert.run({
    id,
    nameKey: definition.Name.toLowerCase(),
    isTemplate: isTemplate(definition),
    session: Session,
    doc: { ...definition, ID: id },
    createIndex: before?.CreateIndex ?? change.index,
    modifyIndex: change.index,
  });
  touchQuery(change, id);
  return id;
}

/** Queries are found by id or by name, so no name may be another one's, nor any id. */
function refuseTakenName(change: Change, definition: QueryDefinition, id: string): void {
  const { Name } = definition;
  if (Name !== "") {
    const owner = queryIdByName(change.db, Name);
    if (owner !== undefined && owner !== id) throw new Refusal(`name '${Name}' aliases an existing query name`);
  } else if (isTemplate(definition)) {
    const owner = queryIdOfCatchAll(change.db);
    if (owner !== undefined && owner !== id) throw new Refusal("a query template with an empty name already exists");
  }
  if (isQueryId(Name) && queryById(change.db, Name) !== undefined) {
    throw new Refusal(`name '${Name}' aliases an existing query ID`);
  }
}

function queryDelete(change: Change, id: string): void {
  if (queryById(change.db, id) === undefined) return;
  statements(change.db).remove.run({ id: id.toLowerCase() });
  touchQuery(change, id);
}

/** The session is over: its queries end in the same commit. */
export function endQueriesOfSession(change: Change, session: string): void {
  for (const id of queryIdsOfSession(change.db, session)) queryDelete(change, id);
}

function touchQuery(change: Change, id: string): void {
  bumpIndex(change, QUERIES_INDEX);
  change.touch(queryTopic(id));
  change.touch(QUERIES_TOPIC);
}
