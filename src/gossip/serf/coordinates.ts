import { FieldNames, MsgpackReader } from "../../codec/msgpack/reader.ts";
import { MsgpackWriter } from "../../codec/msgpack/writer.ts";
import { WireError } from "../../codec/wire-error.ts";
import { type Coordinate, distanceS } from "../../lib/coordinate.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Meter } from "../../ports/meter.ts";
import type { Random } from "../../ports/random.ts";
import { Vivaldi } from "./vivaldi.ts";

/** Serf's PingVersion. */
const PAYLOAD_VERSION = 1;
const DIMENSIONS_MAX = 32;
const MS_PER_S = 1000;
const FIELDS = new FieldNames("Adjustment", "Error", "Height", "Vec");

export interface CoordinatesOptions {
  readonly name: string;
  readonly random: Random;
  readonly log: Logger;
  readonly meter: Meter;
}

/** This member's place in the network and those of the members that it has pinged. */
export class Coordinates {
  readonly #options: CoordinatesOptions;
  readonly #vivaldi: Vivaldi;
  readonly #others = new Map<string, Coordinate>();
  #payload: Uint8Array;

  constructor(options: CoordinatesOptions) {
    this.#options = options;
    this.#vivaldi = new Vivaldi(options.random);
    this.#payload = encodePlace(this.#vivaldi.coordinate);
  }

  get own(): Coordinate {
    return this.#vivaldi.coordinate;
  }

  get resets(): number {
    return this.#vivaldi.resets;
  }

  of(name: string): Coordinate | undefined {
    return name === this.#options.name ? this.own : this.#others.get(name);
  }

  /** Goes with each answer to a ping. */
  payload(): Uint8Array {
    return this.#payload;
  }

  /** A direct ping of this member's was answered with `payload`. */
  observe(name: string, rttMs: number, payload: Uint8Array): void {
    const { meter, log } = this.#options;
    if (payload.length === 0) return;
    const other = decodePlace(payload);
    const before = this.own;
    if (other === undefined || !this.#vivaldi.update(name, other, rttMs / MS_PER_S)) {
      meter.count("serf.coordinate.rejected");
      log.trace("coordinate is not taken", { from: name });
      return;
    }
    meter.sample("serf.coordinate.adjustment-ms", distanceS(before, this.own) * MS_PER_S);
    this.#others.set(name, other);
    this.#payload = encodePlace(this.own);
  }

  forget(name: string): void {
    this.#vivaldi.forget(name);
    this.#others.delete(name);
  }
}

function encodePlace(place: Coordinate): Uint8Array {
  const writer = new MsgpackWriter();
  writer.byte(PAYLOAD_VERSION);
  writer.map(4);
  for (const name of ["Adjustment", "Error", "Height"] as const) {
    writer.text(name);
    writer.float(place[name]);
  }
  writer.text("Vec");
  writer.array(place.Vec.length);
  for (const x of place.Vec) writer.float(x);
  return writer.take();
}

/** Undefined for anything else. */
function decodePlace(payload: Uint8Array): Coordinate | undefined {
  if (payload[0] !== PAYLOAD_VERSION) return undefined;
  try {
    return readPlace(new MsgpackReader(payload, 1));
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function readPlace(reader: MsgpackReader): Coordinate {
  const place = { Vec: [] as number[], Error: 0, Adjustment: 0, Height: 0 };
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const field = reader.field(FIELDS, i);
    if (field === undefined) reader.skip();
    else if (field === "Vec") place.Vec = readVector(reader);
    else place[field] = reader.float();
  }
  return place;
}

function readVector(reader: MsgpackReader): number[] {
  const dimensions = reader.array();
  if (dimensions > DIMENSIONS_MAX) throw new WireError(`a coordinate has ${dimensions} dimensions`);
  return Array.from({ length: dimensions }, () => reader.float());
}
