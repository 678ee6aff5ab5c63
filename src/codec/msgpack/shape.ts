import { WireError } from "../wire-error.ts";
import { FieldNames, type MsgpackReader } from "./reader.ts";
import { fieldName, type MsgpackWriter } from "./writer.ts";

/** Levels of what has no shape of its own: settings of proxies, say. */
const JSON_DEPTH_MAX = 64;

/** How values of one of Go's types are on the wire, both ways. Reading throws WireError. */
export interface Shape<T> {
  /** What Go has where nothing is said. */
  readonly zero: T;
  /** A field that isn't written when it is undefined; any other is written as `zero` then. */
  readonly isOptional?: boolean;
  read(reader: MsgpackReader): T;
  write(writer: MsgpackWriter, value: T): void;
}

/** The values that a shape is for. */
export type Of<S> = S extends Shape<infer T> ? T : never;

type Fields = Readonly<Record<string, Shape<unknown>>>;
type Struct<F extends Fields> = { [K in keyof F]: Of<F[K]> };

export const text: Shape<string> = {
  zero: "",
  read: (reader) => reader.text(),
  write: (writer, value) => writer.text(value),
};

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A text that names something: another one in its place would be another thing. */
export const exactText: Shape<string> = {
  zero: "",
  read(reader) {
    const bytes = reader.rawView();
    try {
      return strict.decode(bytes);
    } catch {
      throw new WireError(`a name is not valid UTF-8: ${JSON.stringify(bytes.toString())}`);
    }
  },
  write: (writer, value) => writer.text(value),
};

export const flag: Shape<boolean> = {
  zero: false,
  read: (reader) => reader.bool(),
  write: (writer, value) => writer.bool(value),
};

/** A whole number of at most 53 bits, with a sign. */
export const whole: Shape<number> = {
  zero: 0,
  read: (reader) => reader.int(),
  write: (writer, value) => writer.int(value),
};

/** 0 to 2^53 - 1: an index, a time, a length. */
export const count: Shape<number> = {
  zero: 0,
  read: (reader) => reader.uint(Number.MAX_SAFE_INTEGER),
  write: (writer, value) => writer.uint(value),
};

/** 0 to 2^64 - 1. */
export const uint64: Shape<bigint> = {
  zero: 0n,
  read: (reader) => reader.big(),
  write: (writer, value) => writer.big(value),
};

export const real: Shape<number> = {
  zero: 0,
  read: (reader) => reader.float(),
  write: (writer, value) => writer.float(value),
};

/** Bytes; nil is not the same as none of them. */
export const bytes: Shape<Uint8Array | null> = {
  zero: null,
  read: (reader) => (reader.isNil() ? null : reader.raw()),
  write: (writer, value) => (value === null ? writer.nil() : writer.raw(value)),
};

/** Whatever JSON can say. */
export const json: Shape<unknown> = {
  zero: null,
  read: (reader) => reader.json(JSON_DEPTH_MAX),
  write: (writer, value) => writer.json(value),
};

/** Of what Go has a pointer to. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return {
    zero: null,
    read: (reader) => (reader.isNil() ? null : shape.read(reader)),
    write: (writer, value) => (value === null ? writer.nil() : shape.write(writer, value)),
  };
}

/** A field that only some have, and that is not written otherwise. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return {
    zero: undefined,
    isOptional: true,
    read: (reader) => shape.read(reader),
    write: (writer, value) => (value === undefined ? writer.nil() : shape.write(writer, value)),
  };
}

export function list<T>(shape: Shape<T>): Shape<T[] | null> {
  return {
    zero: null,
    read(reader) {
      if (reader.isNil()) return null;
      const items: T[] = [];
      for (let left = reader.array(); left > 0; left--) items.push(shape.read(reader));
      return items;
    },
    write(writer, value) {
      if (value === null) return writer.nil();
      writer.array(value.length);
      for (const item of value) shape.write(writer, item);
    },
  };
}

/** A map from texts. */
export function dict<T>(shape: Shape<T>): Shape<Record<string, T> | null> {
  return {
    zero: null,
    read(reader) {
      if (reader.isNil()) return null;
      const entries: [string, T][] = [];
      for (let left = reader.map(); left > 0; left--) entries.push([reader.text(), shape.read(reader)]);
      return Object.fromEntries(entries);
    },
    write(writer, value) {
      if (value === null) return writer.nil();
      const entries = Object.entries(value);
      writer.map(entries.length);
      for (const [key, item] of entries) {
        writer.text(key);
        shape.write(writer, item);
      }
    },
  };
}

/** A struct: fields come in any order, those of no interest are passed over, and they are written sorted as Go does. */
export function struct<F extends Fields>(fields: F): Shape<Struct<F>> {
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = new FieldNames(...sorted.map(([name]) => name));
  const written = sorted.map(([name, shape]) => ({ name, shape, bytes: fieldName(name) }));
  const zeros = () => Object.fromEntries(Object.entries(fields).map(([name, shape]) => [name, shape.zero]));
  return {
    get zero() {
      return zeros() as Struct<F>;
    },
    read(reader) {
      const value: Record<string, unknown> = zeros();
      for (let left = reader.map(), at = 0; left > 0; left--, at++) {
        const name = reader.field(names, at);
        const shape = name === undefined ? undefined : fields[name];
        if (name === undefined || shape === undefined) reader.skip();
        else value[name] = shape.read(reader);
      }
      return value as Struct<F>;
    },
    write(writer, value) {
      const present = written.filter(({ name, shape }) => !(shape.isOptional && value[name] === undefined));
      writer.map(present.length);
      for (const { name, shape, bytes } of present) {
        writer.bytes(bytes);
        shape.write(writer, value[name] === undefined ? shape.zero : value[name]);
      }
    },
  };
}
