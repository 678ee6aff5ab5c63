import type { Configuration, IndexedConfiguration } from "../../../src/raft/configuration.ts";
import type { CoreStatus } from "../../../src/raft/core/types.ts";
import type { Server } from "../world/server.ts";
import { must } from "./violation.ts";

/** A leader changes one vote at a time, and only once the change before is committed (thesis 4.1, raft-dev 2015). */
export function checkConfiguration({ id, status, view }: Server, before: CoreStatus): void {
  if (status.role !== "leader" || before.role !== "leader" || status.term !== before.term) return;
  const [old, now] = [before.configuration, status.configuration];
  // A leader alone whose disk was full has taken its change back.
  if (now.index <= old.index) return;
  must(
    old.index <= status.commitIndex,
    "one change at a time",
    () => `${id} changes the configuration at ${now.index}, the one of ${old.index} is not committed`,
  );
  must(
    view.termAt(before.commitIndex) === status.term,
    "one change at a time",
    () => `${id} changes the configuration at ${now.index} before it has committed an entry of its term`,
  );
  must(changedVotes(old, now) <= 1, "one change at a time", () => `${id} changes more than one vote at ${now.index}`);
}

/** Who has no vote any more leads only until that is committed (thesis 4.2.2). */
export function checkRemoved({ id, status }: Server): void {
  if (status.role !== "leader") return;
  const { index, configuration } = status.configuration;
  must(
    index > status.commitIndex || votersOf(configuration).has(id),
    "leaders have a vote",
    () => `${id} leads, and the configuration of ${index}, where it has no vote, is committed`,
  );
}

function changedVotes(old: IndexedConfiguration, now: IndexedConfiguration): number {
  const [before, after] = [votersOf(old.configuration), votersOf(now.configuration)];
  return [...before].filter((id) => !after.has(id)).length + [...after].filter((id) => !before.has(id)).length;
}

export function votersOf({ servers }: Configuration): Set<string> {
  return new Set(servers.filter(({ voter }) => voter).map(({ id }) => id));
}
