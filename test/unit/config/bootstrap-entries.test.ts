import { expect, test } from "bun:test";
import { bootstrapEntries } from "../../../src/config/bootstrap-entries.ts";
import { ConfigError } from "../../../src/config/error.ts";
import { loadConfig } from "../../../src/config/load.ts";

const MACHINE = { hostname: "n1", interfaces: [] };

function fromFiles(...texts: string[]) {
  const sources = ['bind_addr = "127.0.0.1"', ...texts].map((text) => ({
    name: "x.hcl",
    format: "hcl" as const,
    text,
  }));
  const { config } = loadConfig({ dev: true, sources, flags: {}, machine: MACHINE });
  return bootstrapEntries(config.configEntries.bootstrap);
}

test("entries of a file come in their normal form, blocks as lists where lists are meant", () => {
  const entries = fromFiles(`config_entries { bootstrap = [
    { kind = "proxy-defaults" name = "any" config { protocol = "http" nested { a = 1 } } mesh_gateway { mode = "local" } },
    { Kind = "service-router" Name = "web" Routes { Match { HTTP { PathPrefix = "/a" } } } },
  ] }`);
  expect(entries).toMatchObject([
    {
      ...{ Kind: "proxy-defaults", Name: "global", Config: { protocol: "http", nested: { a: 1 } } },
      ...{ MeshGateway: { Mode: "local" }, Expose: { Checks: false, Paths: null } },
    },
    { Kind: "service-router", Name: "web", Routes: [{ Match: { HTTP: { PathPrefix: "/a" } }, Destination: null }] },
  ]);
});

test("lists of several files follow each other", () => {
  const one = (name: string) => `config_entries { bootstrap = [{ kind = "service-defaults" name = "${name}" }] }`;
  expect(fromFiles(one("a"), one("b")).map(({ Name }) => Name)).toEqual(["a", "b"]);
});

test("the first that is wrong is named by its place", () => {
  const good = { Kind: "service-defaults", Name: "web" };
  expect(() => bootstrapEntries([good, { Kind: "nope" }])).toThrow(
    new ConfigError("config_entries.bootstrap[1]: invalid config entry kind: nope"),
  );
  expect(() => bootstrapEntries([5])).toThrow(ConfigError);
});
