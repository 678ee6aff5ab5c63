import { expect, test } from "bun:test";
import { MsgpackReader } from "../../../../src/codec/msgpack/reader.ts";
import { MsgpackWriter } from "../../../../src/codec/msgpack/writer.ts";
import { OWN_VERSIONS } from "../../../../src/gossip/messages.ts";
import {
  readAddress,
  readVersions,
  writeAddress,
  writeBytes,
  writeVersions,
} from "../../../../src/gossip/wire/fields.ts";

function written(write: (writer: MsgpackWriter) => void): Uint8Array {
  const writer = new MsgpackWriter();
  write(writer);
  return writer.take();
}

const reader = (hex: string) => new MsgpackReader(Uint8Array.fromHex(hex));

test("the own versions are those of Consul 1.8", () => {
  const bytes = written((writer) => writeVersions(writer, OWN_VERSIONS));
  expect(bytes.toHex()).toBe("a6010502020504");
  expect(readVersions(new MsgpackReader(bytes))).toEqual(OWN_VERSIONS);
});

test("versions that are not known travel as nil and are read from fewer than six bytes", () => {
  expect(written((writer) => writeVersions(writer, undefined)).toHex()).toBe("c0");
  for (const hex of ["c0", "a0", "a50105020205"]) expect(readVersions(reader(hex))).toBeUndefined();
});

test("empty bytes and addresses travel as nil", () => {
  expect(written((writer) => writeBytes(writer, new Uint8Array(0))).toHex()).toBe("c0");
  expect(written((writer) => writeAddress(writer, "")).toHex()).toBe("c0");
  expect(written((writer) => writeAddress(writer, "10.0.0.1")).toHex()).toBe("a40a000001");
});

test("what is no address reads as none", () => {
  expect(["c0", "a0", "a30a0000", "a40a000001"].map((hex) => readAddress(reader(hex)))).toEqual([
    "",
    "",
    "",
    "10.0.0.1",
  ]);
});
