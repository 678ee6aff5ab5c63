import { describe, expect, test } from "bun:test";
import recorded from "../../fixtures/dns/recorded.json";
import { GROUPS } from "../../support/dns/cases.ts";
import { type Observed, observe, queryOf } from "../../support/dns/observe.ts";
import { responderWorld } from "../../support/dns/world.ts";

const RECORDED: Record<string, Record<string, Observed>> = recorded;

const ROLES = ["server", "client"] as const;

for (const [role, group] of ROLES.flatMap((role) => GROUPS.map((group) => [role, group] as const))) {
  describe(`dns: a ${role} answers as Consul 1.8.7 was observed to, ${group.title}`, () => {
    const { responder } = responderWorld(group.config, undefined, role);
    for (const one of group.cases) {
      const title = JSON.stringify(one);
      test(title, async () => {
        const answer = await responder.respond(queryOf(one), {
          transport: one.transport ?? "udp",
          address: "127.0.0.1",
        });
        expect(answer).toBeDefined();
        expect(observe(answer as Uint8Array, one.part)).toEqual(RECORDED[group.title]?.[title] as Observed);
      });
    }
  });
}
