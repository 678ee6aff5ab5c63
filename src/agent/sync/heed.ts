/** What an agent does with the news that something of it was deregistered on purpose. Pure. */
import { type Deregistered, idOfDeregistered } from "../../model/deregistered.ts";
import type { LocalState } from "../local/state.ts";
import { sameCheckDefinition, sameService } from "./same.ts";

/** `drop` it here too; or it is `new` and comes back; or `forget` the news, as it isn't here. */
export type Verdict = "drop" | "new" | "forget";

/**
 * What is not the same any more was registered anew, though this agent may have been restarted since. With
 * EnableTagOverride the tags are the catalog's.
 */
export function verdictOn(message: Deregistered, state: LocalState): Verdict {
  const id = idOfDeregistered(message);
  if (message.Kind === "service") {
    const mark = state.serviceMarks().get(id);
    if (mark === undefined || mark.deleted) return "forget";
    const { service } = mark.value;
    const own = service.EnableTagOverride ? { ...service, Tags: message.Was.Tags } : service;
    return mark.isNew || !sameService(own, message.Was) ? "new" : "drop";
  }
  const mark = state.checkMarks().get(id);
  if (mark === undefined || mark.deleted) return "forget";
  return mark.isNew || !sameCheckDefinition(mark.value.check, message.Was) ? "new" : "drop";
}
