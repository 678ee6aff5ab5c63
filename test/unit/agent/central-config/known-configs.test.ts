import { expect, test } from "bun:test";
import { KnownConfigs } from "../../../../src/agent/central-config/known-configs.ts";
import { md5Hex } from "../../../../src/lib/md5.ts";
import { ServiceConfig } from "../../../../src/model/service-config.ts";
import { MemoryFileStore } from "../../../../src/platform/file-store.ts";
import type { FileStore } from "../../../../src/ports/file-store.ts";
import { settle } from "../../../support/manual-clock.ts";
import { RecordingLogger } from "../../../support/recording-logger.ts";

const said = (ProxyConfig: object) => ServiceConfig.parse({ ProxyConfig, UpstreamConfigs: {} });

async function loaded(files: FileStore, log = new RecordingLogger()) {
  const known = new KnownConfigs(files, log);
  await known.load();
  return known;
}

test("what was said last is there after a start, for the same service of the same name", async () => {
  const files = new MemoryFileStore();
  const before = await loaded(files);
  before.set("p", "web", said({ a: 1 }));
  before.set("p", "web", said({ a: 2 }));
  await settle();
  const after = await loaded(files);
  expect(after.get("p", "web")).toEqual(said({ a: 2 }));
  expect(after.get("p", "db")).toBeUndefined();
  expect(after.get("other", "web")).toBeUndefined();
});

test("what is forgotten is gone from the disk", async () => {
  const files = new MemoryFileStore();
  const known = await loaded(files);
  for (const id of ["a", "b", "c"]) known.set(id, "web", said({}));
  known.forget("a");
  known.keep(new Set(["c"]));
  await settle();
  expect(await files.list("services/configs")).toEqual([md5Hex("c")]);
});

/** As Consul 1.8.7 writes them (observed). */
const UPSTREAMS = [{ Upstream: { ID: "db" }, Config: { protocol: "grpc" } }];

test("files of a Consul agent are read; damaged ones are left out", async () => {
  const files = new MemoryFileStore();
  const Defaults = {
    ...{
      ProxyConfig: { protocol: "http" },
      UpstreamConfigs: null,
      UpstreamIDConfigs: UPSTREAMS,
      Expose: { Checks: true },
    },
    ...{ MeshGateway: { Mode: "local" }, Index: 7 },
  };
  await files.write("services/configs/1", JSON.stringify({ ServiceID: "p", Defaults }));
  await files.write("services/configs/2", "{");
  await files.write("services/configs/3", '{"ServiceID":5}');
  const log = new RecordingLogger();
  const known = await loaded(files, log);
  expect(known.get("p", "web")).toMatchObject({
    ...{ ProxyConfig: { protocol: "http" }, MeshGateway: { Mode: "local" } },
    UpstreamConfigs: { db: { protocol: "grpc" } },
  });
  expect(log.messages("warn")).toHaveLength(2);
});

test("a disk that takes nothing costs a warning", async () => {
  const log = new RecordingLogger();
  const full = { ...new MemoryFileStore(), list: async () => [], write: () => Promise.reject(new Error("full")) };
  const known = await loaded(full as unknown as FileStore, log);
  known.set("p", "web", said({}));
  await settle();
  expect(log.messages("warn")).toHaveLength(1);
  expect(known.get("p", "web")).toEqual(said({}));
});
