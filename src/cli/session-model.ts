import { formatDurationNs } from "../lib/duration.ts";
import { CommandFailure } from "./context.ts";

/** A session as the API gives it; `LockDelay` is in nanoseconds. */
export interface Session {
  readonly ID: string;
  readonly Name: string;
  readonly Node: string;
  readonly LockDelay: number;
  readonly Behavior: string;
  readonly TTL: string;
  readonly NodeChecks: readonly string[] | null;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

/** Rows of a table of sessions, with its head. `-` stands for what is empty. */
export function sessionRows(sessions: readonly Session[]): string[][] {
  return [
    ["ID", "Node", "Name", "TTL", "Behavior", "LockDelay"],
    ...sessions.map((session) => [
      session.ID,
      session.Node,
      session.Name || "-",
      session.TTL || "-",
      session.Behavior,
      formatDurationNs(session.LockDelay),
    ]),
  ];
}

/** The one ID that a command needs. */
export function theSessionId(args: readonly string[]): string {
  if (args.length === 0) throw new CommandFailure("Missing ID argument");
  if (args.length > 1) throw new CommandFailure(`Too many arguments (expected 1, got ${args.length})`);
  return args[0] ?? "";
}
