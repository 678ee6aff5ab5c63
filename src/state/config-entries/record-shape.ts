import type { MsgpackReader } from "../../codec/msgpack/reader.ts";
import type { MsgpackWriter } from "../../codec/msgpack/writer.ts";
import type { Field, Plan, StructPlan } from "../../model/config-entry/plan.ts";
import { zeroOf } from "../../model/config-entry/plan.ts";
import { isShown } from "../../model/config-entry/print.ts";
import { timeBytes, timeOf } from "../federation-states/go-time.ts";

/** Levels of settings that no schema knows. */
const ANY_DEPTH_MAX = 64;
/** Fields that say nothing that is to be kept: a sum over the others, of later versions, and what only Consul Enterprise fills in. */
const PASSED_OVER = ["Hash", "EnterpriseMeta"];

export interface Indexes {
  CreateIndex: number;
  ModifyIndex: number;
}

/** Values of a plan as Go's msgpack has them, both ways. Reading throws WireError. */
export class PlanReader {
  readonly #reader: MsgpackReader;
  readonly indexes: Indexes = { CreateIndex: 0, ModifyIndex: 0 };
  /** Names of fields that no plan has: what came is not whole without them. */
  readonly unknown: string[] = [];

  constructor(reader: MsgpackReader) {
    this.#reader = reader;
  }

  /** An entry, whose indexes stand among its fields. */
  entry(plan: StructPlan): Record<string, unknown> {
    return this.#struct(plan, (name) => {
      if (name !== "CreateIndex" && name !== "ModifyIndex") return false;
      this.indexes[name] = this.#reader.uint(Number.MAX_SAFE_INTEGER);
      return true;
    });
  }

  #struct(plan: StructPlan, takes: (name: string) => boolean = () => false): Record<string, unknown> {
    const values = new Map(plan.fields.map((field) => [field.name, zeroOfField(field)]));
    for (let left = this.#reader.map(); left > 0; left--) {
      const name = this.#reader.text();
      const field = plan.fields.find((known) => known.name === name);
      if (field !== undefined) values.set(name, this.#field(field));
      else if (!takes(name)) this.#pass(name);
    }
    return Object.fromEntries(values);
  }

  #pass(name: string): void {
    this.#reader.skip();
    if (!PASSED_OVER.includes(name)) this.unknown.push(name);
  }

  #field(field: Field): unknown {
    return field.isPointer && this.#reader.isNil() ? null : this.#value(field.plan);
  }

  #value(plan: Plan): unknown {
    const reader = this.#reader;
    switch (plan.kind) {
      case "string":
        return reader.text();
      case "time":
        return timeOf(reader.raw());
      case "bool":
        return reader.bool();
      case "duration":
        return reader.isNil() ? 0 : Number(reader.json(0));
      case "float32":
        return reader.float();
      case "int":
        return reader.int();
      case "any":
        return reader.json(ANY_DEPTH_MAX);
      case "struct":
        return this.#struct(plan);
      case "list":
        return reader.isNil() ? null : Array.from({ length: reader.array() }, () => this.#value(plan.of));
      case "map":
        return reader.isNil() ? null : this.#map(plan.of);
      default:
        return plan satisfies never;
    }
  }

  #map(of: Plan): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (let left = this.#reader.map(); left > 0; left--) entries.push([this.#reader.text(), this.#value(of)]);
    return Object.fromEntries(entries);
  }
}

const zeroOfField = ({ plan, isPointer }: Field): unknown => (isPointer ? null : zeroOf(plan));

type Values = Readonly<Record<string, unknown>>;

/** An entry with its indexes: sorted, and of the fields of later versions only those that say something. */
export function writeEntry(writer: MsgpackWriter, plan: StructPlan, entry: Values, indexes: Indexes): void {
  const index = { kind: "int", type: "int" } as const;
  const rules = { isPointer: false, isAlways: true, isLater: false };
  const fields = [...plan.fields, ...["CreateIndex", "ModifyIndex"].map((name) => ({ name, plan: index, ...rules }))];
  writeStruct(writer, fields, { ...entry, ...indexes });
}

function writeStruct(writer: MsgpackWriter, fields: readonly Field[], values: Values): void {
  const written = fields
    .filter((field) => !field.isLater || isShown(field, values[field.name]))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  writer.map(written.length);
  for (const field of written) {
    writer.text(field.name);
    const value = values[field.name];
    // An entry of an earlier version lacks what was added since.
    writeValue(writer, field.plan, value === undefined ? zeroOfField(field) : value);
  }
}

function writeValue(writer: MsgpackWriter, plan: Plan, value: unknown): void {
  if (value === null) writer.nil();
  else if (plan.kind === "string") writer.text(String(value));
  else if (plan.kind === "time") writer.raw(timeBytes(String(value)));
  else if (plan.kind === "bool") writer.bool(value === true);
  else if (plan.kind === "int") writer.int(Number(value));
  else if (plan.kind === "duration") writeInt64(writer, Number(value));
  else if (plan.kind === "float32") writeFloat32(writer, Number(value));
  else if (plan.kind === "any") writer.json(value);
  else if (plan.kind === "struct") writeStruct(writer, plan.fields, value as Values);
  else if (plan.kind === "list") writeList(writer, plan.of, value as unknown[]);
  else if (plan.kind === "map") writeMap(writer, plan.of, value as Values);
}

function writeList(writer: MsgpackWriter, of: Plan, items: readonly unknown[]): void {
  writer.array(items.length);
  for (const item of items) writeValue(writer, of, item);
}

function writeMap(writer: MsgpackWriter, of: Plan, values: Values): void {
  const entries = Object.entries(values);
  writer.map(entries.length);
  for (const [key, item] of entries) {
    writer.text(key);
    writeValue(writer, of, item);
  }
}

const single = new DataView(new ArrayBuffer(4));
const FLOAT32 = 0xca;

function writeFloat32(writer: MsgpackWriter, value: number): void {
  single.setFloat32(0, value);
  writer.byte(FLOAT32);
  writer.bytes(new Uint8Array(single.buffer));
}

/** Durations of more than 104 days are not exact here, and take more than 53 bits; none are as long below zero. */
function writeInt64(writer: MsgpackWriter, value: number): void {
  if (Number.isSafeInteger(value)) writer.int(value);
  else writer.big(BigInt(Math.min(value, INT64_MAX)));
}

/** The greatest float that an int64 holds. */
const INT64_MAX = 2 ** 63 - 1024;
