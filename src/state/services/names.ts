import { and, eq, sql } from "drizzle-orm";
import { SERVICE_NAMES_TOPIC } from "../catalog/topics.ts";
import type { Change } from "../change.ts";
import { prepared } from "../db.ts";
import { serviceNames, serviceTags } from "./tables.ts";

/** What an instance adds to the list of services. */
export interface Listed {
  Service: string;
  Tags: readonly string[] | null;
}

const name = sql.placeholder("name");
const tag = sql.placeholder("tag");

const statements = prepared((db) => ({
  addName: db
    .insert(serviceNames)
    .values({ name, instances: 1 })
    .onConflictDoUpdate({ target: serviceNames.name, set: { instances: sql`${serviceNames.instances} + 1` } })
    .returning({ instances: serviceNames.instances })
    .prepare(),
  takeName: db
    .update(serviceNames)
    .set({ instances: sql`${serviceNames.instances} - 1` })
    .where(eq(serviceNames.name, name))
    .returning({ instances: serviceNames.instances })
    .prepare(),
  dropName: db.delete(serviceNames).where(eq(serviceNames.name, name)).prepare(),
  addTag: db
    .insert(serviceTags)
    .values({ name, tag, instances: 1 })
    .onConflictDoUpdate({
      target: [serviceTags.name, serviceTags.tag],
      set: { instances: sql`${serviceTags.instances} + 1` },
    })
    .returning({ instances: serviceTags.instances })
    .prepare(),
  takeTag: db
    .update(serviceTags)
    .set({ instances: sql`${serviceTags.instances} - 1` })
    .where(and(eq(serviceTags.name, name), eq(serviceTags.tag, tag)))
    .returning({ instances: serviceTags.instances })
    .prepare(),
  dropTag: db
    .delete(serviceTags)
    .where(and(eq(serviceTags.name, name), eq(serviceTags.tag, tag)))
    .prepare(),
}));

/**
 * An instance was replaced, came (`before` undefined) or left (`after` undefined). Adds before it takes, so that what
 * both have in common never looks gone.
 */
export function relist(change: Change, before: Listed | undefined, after: Listed | undefined): void {
  if (before?.Service === after?.Service && sameTags(before?.Tags, after?.Tags)) return;
  const run = statements(change.db);
  let changed = false;
  if (after !== undefined) {
    const name = after.Service;
    changed = run.addName.get({ name })?.instances === 1;
    for (const tag of new Set(after.Tags)) changed = run.addTag.get({ name, tag })?.instances === 1 || changed;
  }
  if (before !== undefined) {
    const name = before.Service;
    if (run.takeName.get({ name })?.instances === 0) {
      run.dropName.run({ name });
      changed = true;
    }
    for (const tag of new Set(before.Tags)) {
      if (run.takeTag.get({ name, tag })?.instances !== 0) continue;
      run.dropTag.run({ name, tag });
      changed = true;
    }
  }
  if (changed) change.touch(SERVICE_NAMES_TOPIC);
}

function sameTags(a: readonly string[] | null = null, b: readonly string[] | null = null): boolean {
  const left = a ?? [];
  const right = b ?? [];
  return left.length === right.length && left.every((tag, i) => tag === right[i]);
}
