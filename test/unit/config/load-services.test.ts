import { expect, test } from "bun:test";
import { loadServices } from "../../../src/config/load-services.ts";
import { hcl } from "./fixture.ts";

test("services of several files come in order and need nothing else", () => {
  const sources = [hcl('services { name = "a" } service { name = "b" }'), hcl('service { name = "c" port = 1 }')];
  expect(loadServices(sources)).toEqual([{ Name: "a" }, { Name: "b" }, { Name: "c", Port: 1 }]);
});

test("a bad service is refused", () => {
  expect(() => loadServices([hcl('service { name = "a" meta { "" = "x" } }')])).toThrow(
    "1 error occurred:\n\t* invalid meta for service a: Couldn't load metadata pair ('', 'x'): Key cannot be blank",
  );
});
