import { schemaOfKind } from "../model/config-entry/config-entry.ts";
import { CommandFailure } from "./context.ts";

/** Refuses flags that name no entry, in Consul's words. */
export function checkKindAndName({ kind, name }: { readonly kind: string; readonly name: string }): void {
  if (kind === "") throw new CommandFailure("Must specify the -kind parameter");
  if (name === "") throw new CommandFailure("Must specify the -name parameter");
}

/** Whether entries of this kind can be read; Consul's client makes the answer's type of it, before it asks. */
export function isKnownKind(kind: string): boolean {
  return schemaOfKind(kind) !== undefined;
}
