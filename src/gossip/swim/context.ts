import type { Logger } from "../../ports/logger.ts";
import type { Meter } from "../../ports/meter.ts";
import type { Random } from "../../ports/random.ts";
import type { Endpoint } from "../messages.ts";
import type { Timing } from "../timing.ts";
import type { Transport } from "../transport.ts";
import type { SwimDelegate } from "./delegate.ts";
import type { Roster } from "./roster.ts";
import type { StallClock } from "./stall-clock.ts";

/** What all parts of the membership share. */
export interface Context {
  /** Of this member. */
  readonly name: string;
  /** Where the others reach it. */
  readonly at: Endpoint;
  readonly timing: Timing;
  readonly clock: StallClock;
  readonly random: Random;
  readonly transport: Transport;
  readonly delegate: SwimDelegate;
  readonly log: Logger;
  readonly meter: Meter;
  readonly roster: Roster;
}
