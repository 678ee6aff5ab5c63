import { expect, test } from "bun:test";
import { type FileDefinitions, registerFiles, replaceFiles } from "../../../../src/agent/local/file-definitions.ts";
import { decodeCheckDefinition, decodeServiceDefinition } from "../../../../src/model/definition.ts";
import { type AgentRig, agentRig } from "../../../support/agent-rig.ts";

const files = (services: object[], checks: object[] = []): FileDefinitions => ({
  services: services.map(decodeServiceDefinition),
  checks: checks.map(decodeCheckDefinition),
});
const WEB = { Name: "web", Port: 80, Check: { TTL: "10s" }, Connect: { SidecarService: {} } };
const DB = { Name: "db", Port: 5432 };
const DISK = { Name: "disk", TTL: "10s" };

async function started(definitions: FileDefinitions, before?: AgentRig): Promise<AgentRig> {
  const rig = agentRig(
    before === undefined ? {} : { files: before.files, clock: before.clock, catalog: before.catalog },
  );
  await rig.registrar.restore(() => registerFiles(rig.registrar, definitions));
  rig.syncer.start();
  await rig.synced();
  return rig;
}
const ids = ({ state }: AgentRig) => [
  ...state.services().map(({ service }) => service.ID),
  ...state.checks().map(({ check }) => check.CheckID),
];
const compared = async (rig: AgentRig) => {
  rig.syncer.fullSync();
  await rig.synced();
};

test("a file's service that was deregistered on purpose is dropped with its checks and sidecar, and one line says how to bring it back", async () => {
  const rig = await started(files([WEB, DB]));
  rig.catalog.removeService("web");
  await compared(rig);
  expect(ids(rig)).toEqual(["db"]);
  expect([...rig.catalog.services.keys()]).toEqual(["db"]);
  const lines = rig.log.lines.filter(({ fields }) => fields.service === "web" && fields.mend !== undefined);
  expect(lines).toMatchObject([
    {
      level: "warn",
      message: "Drops a service that was deregistered on purpose",
      fields: { mend: "change its definition in the configuration, or register it with the API" },
    },
  ]);
});

test("neither a restart nor a reload brings it back while its definition is the same", async () => {
  const rig = await started(files([WEB, DB], [{ ...DISK, ServiceID: "web" }]));
  rig.catalog.removeService("web");
  await compared(rig);
  await replaceFiles(rig.registrar, rig.state, files([WEB, DB], [{ ...DISK, ServiceID: "web" }]), rig.log);
  expect(ids(rig)).toEqual(["db"]);
  const again = await started(files([WEB, DB], [{ ...DISK, ServiceID: "web" }]), rig);
  expect(ids(again)).toEqual(["db"]);
  expect(again.log.lines.filter(({ message }) => message.startsWith("Not registered"))).toHaveLength(1);
});

test("a changed definition brings it back, at a reload as at a start", async () => {
  const rig = await started(files([WEB]));
  rig.catalog.removeService("web");
  await compared(rig);
  await replaceFiles(rig.registrar, rig.state, files([{ ...WEB, Port: 81 }]), rig.log);
  await rig.synced();
  expect(rig.catalog.services.get("web")?.Port).toBe(81);
  rig.catalog.removeService("web");
  await compared(rig);
  const again = await started(files([WEB]), rig);
  expect(again.catalog.services.get("web")?.Port).toBe(80);
  expect(await rig.files.list("deregistered")).toEqual([]);
});

test("so does one that was changed while its agent was away", async () => {
  const rig = await started(files([WEB]));
  rig.catalog.removeService("web");
  const again = await started(files([{ ...WEB, Port: 81 }]), rig);
  expect(again.catalog.services.get("web")?.Port).toBe(81);
  expect(again.catalog.deregistered).toEqual([]);
});

test("a definition that was taken out of the files is new when it is put in again", async () => {
  const rig = await started(files([WEB]));
  rig.catalog.removeService("web");
  await compared(rig);
  await replaceFiles(rig.registrar, rig.state, files([]), rig.log);
  await replaceFiles(rig.registrar, rig.state, files([WEB]), rig.log);
  await rig.synced();
  expect(rig.catalog.services.has("web")).toBe(true);
});

test("a call of the API brings it back, and the file's definition counts again at the next start", async () => {
  const rig = await started(files([DB], [DISK]));
  rig.catalog.removeService("db");
  rig.catalog.removeCheck("disk");
  await compared(rig);
  expect(ids(rig)).toEqual([]);
  await rig.service(DB);
  await rig.check(DISK);
  await rig.synced();
  expect([rig.catalog.services.has("db"), rig.catalog.checks.has("disk")]).toEqual([true, true]);
  const again = await started(files([{ ...DB, Port: 1 }], [DISK]), rig);
  expect(again.catalog.services.get("db")?.Port).toBe(1);
});

test("a check of a file is kept away alone, its service stays", async () => {
  const rig = await started(
    files([
      {
        Name: "web",
        Checks: [
          { CheckID: "a", TTL: "1s" },
          { CheckID: "b", TTL: "1s" },
        ],
      },
    ]),
  );
  rig.catalog.removeCheck("a");
  await compared(rig);
  expect(ids(rig)).toEqual(["web", "b"]);
  const same = files([
    {
      Name: "web",
      Checks: [
        { CheckID: "a", TTL: "1s" },
        { CheckID: "b", TTL: "1s" },
      ],
    },
  ]);
  const again = await started(same, rig);
  expect(ids(again)).toEqual(["web", "b"]);
});

test("a sidecar of a file is kept away alone", async () => {
  const rig = await started(files([WEB]));
  rig.catalog.removeService("web-sidecar-proxy");
  await compared(rig);
  const again = await started(files([WEB]), rig);
  expect([ids(rig), ids(again)]).toEqual([
    ["web", "service:web"],
    ["web", "service:web"],
  ]);
});
