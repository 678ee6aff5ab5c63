import { expect, test } from "bun:test";
import { ServiceDefaults } from "../../../../src/model/config-entry/defaults.ts";
import { IngressGateway } from "../../../../src/model/config-entry/gateways.ts";
import { ServiceIntentions } from "../../../../src/model/config-entry/later.ts";
import { serviceTopology } from "../../../../src/state/internal-ui/topology.ts";
import { World } from "../catalog/world.ts";

const proxy = (of: string, Upstreams: object[], Mode = "") => ({
  service: {
    ...{ ID: `${of}-proxy`, Service: `${of}-proxy`, Kind: "connect-proxy" },
    Proxy: { DestinationServiceName: of, Upstreams, ...(Mode === "" ? {} : { Mode }) },
  },
});
const to = (DestinationName: string, more = {}) => ({
  DestinationType: "service",
  DestinationName,
  Datacenter: "",
  ...more,
});

function world(): World {
  const made = new World();
  for (const name of ["web", "api", "db"]) {
    made.register("n", { service: { Service: name }, checks: [{ CheckID: name, ServiceID: name }] });
  }
  made.register(
    "n",
    proxy("web", [
      to("api"),
      to("api"),
      to("far", { Datacenter: "dc2" }),
      to("q", { DestinationType: "prepared_query" }),
    ]),
  );
  made.register("n", proxy("api", [to("db"), to("nobody")], "transparent"));
  made.register("g", { service: { Service: "ing", Kind: "ingress-gateway", Port: 1 } });
  made.apply({
    type: "config-entry.set",
    entry: IngressGateway.parse({
      ...{ Kind: "ingress-gateway", Name: "ing" },
      Listeners: [{ Port: 80, Protocol: "tcp", Services: [{ Name: "api" }] }],
    }),
  });
  return made;
}
const names = (list: readonly { Name: string }[]) => list.map(({ Name }) => Name);

test("upstreams are those of its proxies here, downstreams whose proxies name it, and gateways before it (Consul 1.9)", () => {
  const { db } = world();
  const api = serviceTopology(db, "API", false, "dc1").value;
  expect([names(api.Upstreams), names(api.Downstreams)]).toEqual([["db"], ["ing", "web"]]);
  expect(api).toMatchObject({ Protocol: "tcp", TransparentProxy: true, FilteredByACLs: false });
  const web = serviceTopology(db, "web", false, "dc1").value;
  expect([names(web.Upstreams), names(web.Downstreams), web.TransparentProxy]).toEqual([["api"], [], false]);
  expect(web.Upstreams[0]).toMatchObject({
    ...{ Datacenter: "dc1", InstanceCount: 1, ChecksPassing: 1, Source: "proxy-registration", TransparentProxy: true },
    Intention: { Allowed: true, HasExact: false },
  });
});

test("upstreams of an ingress gateway are the services that it stands before", () => {
  expect(names(serviceTopology(world().db, "ing", true, "dc1").value.Upstreams)).toEqual(["api"]);
});

test("intentions and protocols of config entries are seen, and waited for", () => {
  const made = world();
  const before = serviceTopology(made.db, "web", false, "dc1");
  const woke = () => before.interest.topics.some((topic) => made.touched.has(topic));
  made.apply({
    type: "config-entry.set",
    entry: ServiceIntentions.parse({
      Kind: "service-intentions",
      Name: "api",
      Sources: [{ Name: "web", Action: "deny" }],
    }),
  });
  expect(woke()).toBe(true);
  made.apply({
    type: "config-entry.set",
    entry: ServiceDefaults.parse({ Kind: "service-defaults", Name: "web", Protocol: "http" }),
  });
  expect(woke()).toBe(true);
  const after = serviceTopology(made.db, "web", false, "dc1");
  expect(after.value).toMatchObject({
    Protocol: "http",
    Upstreams: [{ Intention: { Allowed: false, HasExact: true } }],
  });
  expect(after.index).toBe(made.index);
});
