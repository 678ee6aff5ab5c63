import { expect, test } from "bun:test";
import { z } from "zod";
import { decodeGoJson } from "../../../src/lib/go-json.ts";
import { decodeGo, goBytes, goDuration, goFloat, goInt, goString, goUint64 } from "../../../src/model/go-decode.ts";

const Thing = z
  .object({ Name: goString(), Count: goInt(), Flags: goUint64(), Share: goFloat(), Value: goBytes() })
  .meta({ go: { type: "api.Thing" } });
const Things = z.array(Thing).meta({ go: { type: "api.Things" } });

const decode = (text: string) => decodeGo(Thing, decodeGoJson(text));

test("what is absent or null has Go's zero value", () => {
  const zero = { Name: "", Count: 0, Flags: 0n, Share: 0, Value: null };
  expect(decode("{}")).toEqual(zero);
  expect(decode('{"name":null,"Count":null,"Flags":null,"Share":null,"Value":null}')).toEqual(zero);
  expect(decode("null")).toEqual(zero);
});

test("unsigned integers keep 64 bits, numbers their fraction, bytes come from base64", () => {
  expect(decode('{"Flags":18446744073709551615,"Share":0.25,"Value":"djE="}')).toMatchObject({
    Flags: 18446744073709551615n,
    Share: 0.25,
    Value: new Uint8Array([118, 49]),
  });
});

test.each([
  ['{"Count":1.5}', "json: cannot unmarshal number 1.5 into Go struct field .Count of type int"],
  ['{"Flags":-1}', "json: cannot unmarshal number -1 into Go struct field .Flags of type uint64"],
  ['{"Share":"x"}', "json: cannot unmarshal string into Go struct field .Share of type float64"],
  ['{"Value":5}', "json: cannot unmarshal number into Go struct field .Value of type []uint8"],
  ['{"Value":"ab%="}', "illegal base64 data at input byte 2"],
  ['{"Bogus":1}', 'json: unknown field "Bogus"'],
  ["[]", "json: cannot unmarshal array into Go value of type api.Thing"],
])("%s is refused in Go's words", (text, refusal) => {
  expect(() => decode(text)).toThrow(refusal);
});

test("a list at the root is decoded item by item, and has a name of its own", () => {
  expect(decodeGo(Things, [{ Name: "a" }])).toMatchObject([{ Name: "a", Count: 0 }]);
  expect(() => decodeGo(Things, {})).toThrow("json: cannot unmarshal object into Go value of type api.Things");
});

test("a duration may be as long as Go's, some 292 years; one that no float64 holds is refused", () => {
  const schema = z.object({ T: goDuration() });
  expect(decodeGo(schema, { T: "8760h" })).toEqual({ T: 8760 * 3600 * 1e9 });
  expect(decodeGo(schema, { T: 9007199254740993n })).toEqual({ T: 2 ** 53 });
  expect(decodeGo(schema, { T: 1e300 })).toEqual({ T: 2 ** 63 });
  expect(() => decodeGo(schema, { T: Number.POSITIVE_INFINITY })).toThrow("cannot unmarshal number");
});

test("a number that no float64 holds is refused wherever it stands", () => {
  const schema = z.object({ Vec: z.array(goFloat()), One: goFloat() });
  for (const text of ['{"Vec":[0,1e400]}', '{"One":-1e400}']) {
    expect(() => decodeGo(schema, decodeGoJson(text))).toThrow(/^json: cannot unmarshal number/);
  }
});
