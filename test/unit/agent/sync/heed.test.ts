import { expect, test } from "bun:test";
import { verdictOn } from "../../../../src/agent/sync/heed.ts";
import type { Deregistered } from "../../../../src/model/deregistered.ts";
import { agentRig } from "../../../support/agent-rig.ts";

/** An agent whose registrations are in the catalog, and the message about the first one's removal. */
async function messageAbout(json: object, kind: "service" | "check" = "service", id = "web") {
  const rig = agentRig();
  rig.syncer.start();
  await rig.service({ Name: "web", Port: 80, Tags: ["a"], ...json });
  await rig.synced();
  if (kind === "service") rig.catalog.removeService(id);
  else rig.catalog.removeCheck(id);
  const [message] = rig.catalog.deregistered;
  if (message === undefined) throw new Error("no message");
  return { rig, message };
}

/** The message about something that was otherwise in the catalog. */
const changed = (message: Deregistered, was: object) =>
  ({ ...message, Was: { ...message.Was, ...was } }) as Deregistered;

test("what is the same as it was in the catalog is dropped", async () => {
  const { rig, message } = await messageAbout({ Check: { TTL: "10s" } });
  expect(verdictOn(message, rig.state)).toBe("drop");
  const check = await messageAbout({ Check: { TTL: "10s" } }, "check", "service:web");
  // What a check said last is not what it is.
  check.rig.state.updateCheck("service:web", "passing", "fine");
  expect(verdictOn(check.message, check.rig.state)).toBe("drop");
});

test("what was registered here since, or is another definition, is new", async () => {
  const same = await messageAbout({});
  same.rig.syncer.pause();
  await same.rig.service({ Name: "web", Port: 80, Tags: ["a"] });
  expect(verdictOn(same.message, same.rig.state)).toBe("new");
  const other = await messageAbout({});
  expect(verdictOn(changed(other.message, { Port: 81 }), other.rig.state)).toBe("new");
  const check = await messageAbout({ Check: { TTL: "10s" } }, "check", "service:web");
  expect(verdictOn(changed(check.message, { Notes: "other" }), check.rig.state)).toBe("new");
});

test("tags that belong to the catalog make no difference", async () => {
  const { rig, message } = await messageAbout({ EnableTagOverride: true });
  expect(verdictOn(changed(message, { Tags: ["theirs"] }), rig.state)).toBe("drop");
});

test("what isn't here is forgotten", async () => {
  const { rig, message } = await messageAbout({ Check: { TTL: "10s" } });
  await rig.registrar.deregisterService("web");
  expect(verdictOn(message, rig.state)).toBe("forget");
  expect(verdictOn(message, agentRig().state)).toBe("forget");
});
