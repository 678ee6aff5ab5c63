import { Refusal } from "../lib/refusal.ts";

/** Directives of a request that hold seconds. */
const SECONDS = /^(?:max-age|stale-if-error)=(.*)$/;

/**
 * Refuses a `Cache-Control` whose seconds are none, as every read of Consul does. Else it changes nothing: what is kept
 * here is never older than the state.
 */
export function refuseBadCacheControl(headers: Headers): void {
  const directives = headers.get("cache-control");
  if (directives === null) return;
  for (const directive of directives.toLowerCase().split(",")) {
    const seconds = SECONDS.exec(directive.trim())?.[1];
    if (seconds !== undefined && !/^\+?\d{1,18}$/.test(seconds))
      throw new Refusal("Invalid Cache-Control header.", 400);
  }
}
