import type { Hono } from "hono";
import { type ClientRequestOptions, hc } from "hono/client";
import type { BlankEnv } from "hono/types";
import type { z } from "zod";
import type { Method, Route } from "./route.ts";
import type { routes } from "./table.ts";

/** What a value of the server looks like after a trip through JSON. */
type Json<T> = T extends Uint8Array
  ? string
  : T extends bigint
    ? number
    : T extends readonly (infer Item)[]
      ? Json<Item>[]
      : T extends object
        ? { [K in keyof T]: Json<T[K]> }
        : T;

/** Names of the parameters in a path such as `/v1/kv/:key{.*}`. */
type Parameters<P extends string> = P extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}{${string}}${infer Tail}`
    ? Name | Parameters<Tail>
    : Rest extends `${infer Name}/${infer Tail}`
      ? Name | Parameters<Tail>
      : Rest
  : never;

type Optional<T> = { [K in keyof T]?: T[K] | undefined };

// Type aliases, not interfaces: Hono's client wants the implicit index signature that only an alias has.
type Endpoint<P extends string, Query, Body, Answer> = {
  input: { query?: Optional<Query> } & ([Parameters<P>] extends [never]
    ? unknown
    : { param: Record<Parameters<P>, string> }) &
    (Body extends undefined ? unknown : { json: Body });
  output: Json<Answer>;
  outputFormat: "json";
  status: 200;
};

type EndpointOf<R> =
  R extends Route<Method, infer P, infer Query, infer Body, infer Answer, never>
    ? Endpoint<P, z.input<Query>, z.input<Body>, z.output<Answer>>
    : never;

type AnyRow = (typeof routes)[number];
type Schema = {
  [P in AnyRow["path"]]: {
    [R in Extract<AnyRow, { path: P }> as `$${Lowercase<R["method"]>}`]: EndpointOf<R>;
  };
};

/** The server's type, for `hc<AppType>(url)` of Hono. */
export type AppType = Hono<BlankEnv, Schema, "/">;

/** A typed client of a Muster (or Consul) agent: `musterClient("http://127.0.0.1:8500").v1.status.leader.$get()`. */
export function musterClient(baseUrl: string, options?: ClientRequestOptions) {
  return hc<AppType>(baseUrl, options);
}
