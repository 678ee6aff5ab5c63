import { expect, test } from "bun:test";
import { encodeReply, NO_HEADERS } from "../../../src/http/respond.ts";

const form = { headers: {}, pretty: false, gzip: true };

test("an archive, which is packed already, is not packed once more for a client that takes gzip", () => {
  const body = new Uint8Array([1, 2, 3]);
  const archive = encodeReply({ body, headers: { "content-type": "application/x-gzip" } }, form, NO_HEADERS);
  expect(archive.body).toBe(body);
  expect(archive.headers["content-encoding"]).toBeUndefined();
  const other = encodeReply({ body, headers: { "content-type": "text/plain" } }, form, NO_HEADERS);
  expect(other.headers["content-encoding"]).toBe("gzip");
});
