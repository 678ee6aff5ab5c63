import { describe, expect, test } from "bun:test";
import type { AnyRoute } from "../../../src/http/endpoint.ts";
import { routes } from "../../../src/http/table.ts";

const all: readonly AnyRoute[] = routes;
const pathsOf = (answeredBy: AnyRoute["answeredBy"]) =>
  [...new Set(all.filter((route) => route.answeredBy === answeredBy).map(({ path }) => path))].sort();

describe("what an agent answers itself", () => {
  test("is everything that is about the agent, and the keys of its pools, whatever ?dc= says (observed, Consul 1.8.7)", () => {
    const own = pathsOf("agent");
    expect(all.filter(({ path }) => path.startsWith("/v1/agent/") && !own.includes(path))).toEqual([]);
    expect(own.filter((path) => !path.startsWith("/v1/agent/"))).toEqual([
      "/debug/pprof/:profile{.*}",
      "/v1/event/list",
      "/v1/openapi.json",
      "/v1/operator/keyring",
    ]);
  });

  test("is what makes one server a cluster of its own: nobody else is asked to do that", () => {
    expect(pathsOf("server")).toEqual(["/v1/operator/raft/recover"]);
  });

  test("is an event that is fired, unless another datacenter is named", () => {
    expect(pathsOf("member")).toEqual(["/v1/event/fire/:name{.*}"]);
  });
});

test("what reads the replicated state is answered by servers", () => {
  const reads = all.filter(
    ({ read, blocking }) => read !== undefined && (blocking === undefined || blocking === "index"),
  );
  expect(reads.filter(({ answeredBy }) => answeredBy !== undefined)).toEqual([]);
});

test("?dc= is looked at by all that servers answer, but where the body names the datacenter or all of them are told (observed)", () => {
  const byServers = all.filter(({ answeredBy }) => answeredBy === undefined);
  const takesDc = ({ query }: AnyRoute) => "dc" in ((query as { shape?: object }).shape ?? {});
  expect(byServers.filter((route) => !takesDc(route)).map(({ path }) => path)).toEqual([
    "/v1/catalog/datacenters",
    "/v1/coordinate/datacenters",
  ]);
  expect(byServers.filter(({ datacenterOf }) => datacenterOf !== undefined).map(({ path }) => path)).toEqual([
    "/v1/catalog/register",
    "/v1/catalog/deregister",
  ]);
});
