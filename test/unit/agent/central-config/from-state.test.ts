import { expect, test } from "bun:test";
import { serviceConfigsOf } from "../../../../src/agent/central-config/from-state.ts";
import { ServiceDefaults } from "../../../../src/model/config-entry/defaults.ts";
import type { ServiceConfig } from "../../../../src/model/service-config.ts";
import { stateRig } from "../../../support/state-rig.ts";

const protocolOf = ({ ProxyConfig }: ServiceConfig) => ProxyConfig?.protocol;

function watching() {
  const rig = stateRig();
  const heard: unknown[] = [];
  const set = (Name: string, Protocol: string) =>
    rig.apply({
      type: "config-entry.set",
      entry: ServiceDefaults.parse({ Kind: "service-defaults", Name, Protocol }),
    });
  const source = serviceConfigsOf(rig.db, rig.publisher);
  const watch = () =>
    source.watch(
      { name: "web", upstreams: ["db"] },
      (config) => heard.push(protocolOf(config)),
      () => undefined,
    );
  return { ...rig, heard, set, watch };
}

test("what the state says is known at once, and each change of what is asked for is told until the end", () => {
  const { heard, set, watch } = watching();
  set("web", "http");
  const stop = watch();
  expect(heard).toEqual(["http"]);
  set("other", "grpc");
  expect(heard).toEqual(["http"]);
  set("web", "grpc");
  expect(heard).toEqual(["http", "grpc"]);
  stop();
  set("web", "http");
  expect(heard).toEqual(["http", "grpc"]);
});

test("after a restore everything is read anew, and nothing after the end of the node", () => {
  const { publisher, heard, watch } = watching();
  watch();
  publisher.publishAll(7);
  expect(heard).toEqual([undefined, undefined]);
  publisher.close();
  expect(heard).toHaveLength(2);
});
