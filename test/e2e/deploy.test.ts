import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXECUTABLE, runExecutable } from "../support/e2e/agent.ts";
import { ROOT } from "../tidy/sources.ts";

const DEPLOY = join(ROOT, "deploy");
const UNIT = join(DEPLOY, "muster.service");

/** What the tests read of a file for Docker's compose. */
interface Compose {
  readonly services: Readonly<
    Record<
      string,
      { readonly hostname: string; readonly command: readonly string[]; readonly volumes: readonly [string] }
    >
  >;
  readonly volumes: Readonly<Record<string, null>>;
}

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "muster-deploy-"));
});

afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

async function run(command: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = Bun.spawn([...command], { env: { ...process.env, ...env }, stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, output: `${out}${err}` };
}

/** The title says so when a program is missing and the test is therefore not run. */
function needing(program: string, title: string, body: () => Promise<void>): void {
  const isMissing = Bun.which(program) === null;
  test.skipIf(isMissing)(isMissing ? `${title} (not run: no ${program} here)` : title, body);
}

describe("install.sh", () => {
  const install = (...args: string[]) => run([join(DEPLOY, "install.sh"), ...args], { DESTDIR: dir });

  test("puts executable, unit and a first configuration in their places", async () => {
    const { code, output } = await install(EXECUTABLE);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining("installed") });
    expect(statSync(join(dir, "usr/local/bin/muster")).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(dir, "etc/systemd/system/muster.service"), "utf8")).toBe(readFileSync(UNIT, "utf8"));
    expect(readdirSync(join(dir, "etc/muster.d"))).toEqual(["single.hcl"]);
  });

  test("run again, it keeps the configuration and leaves nothing beside the executable", async () => {
    await install(EXECUTABLE);
    writeFileSync(join(dir, "etc/muster.d/single.hcl"), 'node_name = "mine"\n');
    expect((await install(EXECUTABLE, join(DEPLOY, "config/client.json"))).code).toBe(0);
    expect(readFileSync(join(dir, "etc/muster.d/single.hcl"), "utf8")).toBe('node_name = "mine"\n');
    expect(readdirSync(join(dir, "etc/muster.d"))).toEqual(["single.hcl"]);
    expect(readdirSync(join(dir, "usr/local/bin"))).toEqual(["muster"]);
  });

  test("refuses an executable that does not run here, before it changes anything", async () => {
    const broken = join(dir, "broken");
    writeFileSync(broken, "no program\n", { mode: 0o755 });
    const { code, output } = await install(broken);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining("does not run on this machine") });
    expect(readdirSync(dir)).toEqual(["broken"]);
  });
});

describe("example configurations", () => {
  for (const name of readdirSync(join(DEPLOY, "config"))) {
    test(`${name} is valid`, async () => {
      // What `-data-dir` gives in the unit and `-dev` makes needless.
      const dataDir = join(dir, "data.json");
      writeFileSync(dataDir, JSON.stringify({ data_dir: dir }));
      const { code, stdout, stderr } = await runExecutable(dir, ["validate", join(DEPLOY, "config", name), dataDir]);
      expect({ code, output: `${stdout}${stderr}` }).toEqual({ code: 0, output: expect.stringContaining("is valid") });
    });
  }
});

describe("compose.yaml", () => {
  const { services, volumes } = Bun.YAML.parse(readFileSync(join(DEPLOY, "compose.yaml"), "utf8")) as Compose;
  const agents = Object.entries(services).map(([name, service]) => ({ name, ...service }));

  test("starts agents by flags that there are, each on a volume of its own that is declared", async () => {
    const { stdout } = await runExecutable(dir, ["agent", "-help"]);
    const flags = new Set(agents.flatMap(({ command }) => command.slice(1).map((word) => word.split("=")[0] ?? "")));
    expect([...flags].filter((flag) => !new RegExp(`^\\s+${flag}(=|\\s|$)`, "m").test(stdout))).toEqual([]);
    const mounted = agents.map(({ volumes: [volume] }) => volume.split(":")[0] ?? "");
    expect(mounted).toEqual(Object.keys(volumes));
    expect(agents.map(({ hostname }) => hostname)).toEqual(agents.map(({ name }) => name));
  });

  test("lets all of them join the servers, and counts the servers", () => {
    const servers = agents.filter(({ command }) => command.includes("-server"));
    const others = agents.filter(({ command }) => !command.includes("-server"));
    expect([servers.length, others.length]).toEqual([3, 1]);
    for (const { command } of servers) expect(command).toContain(`-bootstrap-expect=${servers.length}`);
    for (const { command } of agents) {
      expect(command.filter((word) => word.startsWith("-retry-join="))).toEqual(
        servers.map(({ name }) => `-retry-join=${name}`),
      );
    }
  });
});

describe.each(["muster.service", "muster-snapshot.service"])("the unit %s", (name) => {
  const unit = readFileSync(join(DEPLOY, name), "utf8");

  test("removes the two variables by which the runtime can be made to run other code", () => {
    expect(unit).toMatch(/^UnsetEnvironment=BUN_OPTIONS BUN_BE_BUN$/m);
  });

  test("leaves the just-in-time compiler on, and everything else that it can do without off", () => {
    expect(unit).not.toMatch(/^MemoryDenyWriteExecute=/m);
    for (const setting of [
      "NoNewPrivileges=yes",
      "ProtectSystem=strict",
      "PrivateTmp=yes",
      "SystemCallFilter=@system-service",
    ]) {
      expect(unit).toContain(`\n${setting}\n`);
    }
  });

  needing("systemd-analyze", "is one that systemd understands", async () => {
    // The installed path may not exist on this machine, so that the executable under test stands in.
    const copy = join(dir, name);
    writeFileSync(copy, unit.replace("/usr/local/bin/muster ", `${EXECUTABLE} `));
    expect(await run(["systemd-analyze", "verify", copy])).toEqual({ code: 0, output: "" });
  });
});

describe("scripts", () => {
  needing("shellcheck", "are clean for shellcheck", async () => {
    expect(
      await run(["shellcheck", join(DEPLOY, "install.sh"), join(ROOT, ".ci/run"), join(ROOT, ".ci/peers")]),
    ).toEqual({
      code: 0,
      output: "",
    });
  });
});
