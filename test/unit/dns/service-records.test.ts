import { describe, expect, test } from "bun:test";
import { TYPE } from "../../../src/codec/dns/types.ts";
import { DNS_CONFIG_DEFAULTS } from "../../../src/dns/config.ts";
import { addressAnswers, type ServiceAnswer, srvAnswers } from "../../../src/dns/service-records.ts";
import type { DnsInstance, DnsService } from "../../../src/dns/source.ts";

const ANSWER: ServiceAnswer = {
  config: DNS_CONFIG_DEFAULTS,
  domain: "consul",
  datacenter: "dc1",
  name: "web.service.consul",
  type: TYPE.SRV,
  ttlS: 0,
  chase: () => [],
};

function instance(service: Partial<DnsService>, checks: string[] = [], address = "10.0.0.1"): DnsInstance {
  return {
    Node: { Node: "n", Address: address, Datacenter: "dc1" },
    Service: { ID: "w", Service: "web", Address: "", Port: 80, ...service },
    Checks: checks.map((Status) => ({ Status })),
  };
}

function only(answer: ServiceAnswer, one: DnsInstance) {
  const [record] = srvAnswers(answer, [one]).answers;
  if (record?.type !== TYPE.SRV) throw new Error("no SRV");
  return record;
}

describe("dns: records of services", () => {
  test("the weight is the passing one, the warning one as soon as a check warns, and 1 when none is given", () => {
    const Weights = { Passing: 10, Warning: 3 };
    expect(only(ANSWER, instance({ Weights }, ["passing"])).weight).toBe(10);
    expect(only(ANSWER, instance({ Weights }, ["passing", "warning"])).weight).toBe(3);
    expect(only(ANSWER, instance({}, ["warning"])).weight).toBe(1);
  });

  test("in another datacenter the wide-area port goes with the wide-area address", () => {
    const answer = { ...ANSWER, datacenter: "dc2", config: { ...DNS_CONFIG_DEFAULTS, translateWanAddrs: true } };
    const TaggedAddresses = { wan: { Address: "198.51.100.1", Port: 8443 } };
    expect(only(answer, instance({ Address: "10.1.1.1", TaggedAddresses }))).toMatchObject({
      port: 8443,
      target: "c6336401.addr.dc2.consul",
    });
    expect(only(ANSWER, instance({ Address: "10.1.1.1", TaggedAddresses }))).toMatchObject({ port: 80 });
  });

  test("addresses are answered once each, up to the limit", () => {
    const answer = { ...ANSWER, type: TYPE.A, config: { ...DNS_CONFIG_DEFAULTS, aRecordLimit: 2 } };
    const instances = ["10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3"].map((ip) => instance({}, [], ip));
    expect(addressAnswers(answer, instances).map((record) => "address" in record && [...record.address])).toEqual([
      [10, 0, 0, 1],
      [10, 0, 0, 2],
    ]);
  });

  test("an instance without any address is left out", () => {
    expect(srvAnswers(ANSWER, [instance({}, [], "")]).answers).toEqual([]);
    expect(addressAnswers({ ...ANSWER, type: TYPE.A }, [instance({}, [], "")])).toEqual([]);
  });
});
