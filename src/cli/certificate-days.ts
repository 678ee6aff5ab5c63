import { CommandFailure } from "./context.ts";

const CERTIFICATE_DAYS_MAX = 36_500;

/** Refuses a time that no certificate can be good for. */
export function checkDays(days: number): void {
  if (days < 1 || days > CERTIFICATE_DAYS_MAX)
    throw new CommandFailure(`-days must be from 1 to ${CERTIFICATE_DAYS_MAX}`);
}
