import { expect, test } from "bun:test";
import { readPeersFile, recoveredClusterId } from "../../../../src/server/join/peers-file.ts";

const A = "adf4238a-882b-9ddc-4a9d-5b6758e4159e";
const B = "8b6dda82-3103-11e7-93ae-92361f002671";
const server = (id: string, address: string, more = {}) => ({ id, address, ...more });

test("Consul's file says who goes on, and who votes", () => {
  const text = JSON.stringify([server(A, "10.1.0.1:8300"), server(B, "10.1.0.2:8300", { non_voter: true })]);
  expect(readPeersFile(text, A)).toEqual({
    servers: [
      { id: A, address: "10.1.0.1:8300", voter: true },
      { id: B, address: "10.1.0.2:8300", voter: false },
    ],
  });
});

test.each([
  ["{", "JSON"],
  ["[]", "at least one server"],
  ['["10.1.0.1:8300"]', "expected object"],
  [JSON.stringify([server("x", "10.1.0.1:8300")]), "node id"],
  [JSON.stringify([server(A, "10.1.0.1")]), "host:port"],
  [JSON.stringify([server(B, "10.1.0.1:8300")]), "is not in it"],
  [JSON.stringify([server(A, "a:1", { non_voter: true })]), "must be a voter"],
  [JSON.stringify([server(A, "a:1"), server(A, "b:1")]), "same id"],
])("%s is refused with a word for the operator", (text, word) => {
  expect(() => readPeersFile(text, A)).toThrow(word);
});

test("all survivors get the same new cluster id, whatever the order in their files", async () => {
  const a = { id: A, address: "10.1.0.1:8300", voter: true };
  const b = { id: B, address: "10.1.0.2:8300", voter: true };
  const id = await recoveredClusterId("old", { servers: [a, b] });
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  expect(await recoveredClusterId("old", { servers: [b, a] })).toBe(id);
  expect(await recoveredClusterId("older", { servers: [a, b] })).not.toBe(id);
  expect(await recoveredClusterId("old", { servers: [a] })).not.toBe(id);
});
