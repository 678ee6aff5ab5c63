/**
 * Consul's command line and ours, live. The same commands go, in the same order, to three agents that live the same life: `consul` to a
 * real one, `muster` to another real one, and `consul` to one of ours. All that they print and their exit codes are compared, without
 * ids, numbers and times. Names of cases are those of the fixtures in test/support/cli/cases.ts.
 */
import { beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { CASES, GOSSIP_KEY, LIVE_CASES } from "../../support/cli/cases.ts";
import { startConsul } from "../../support/cli/consul-agent.ts";
import { type Life, live, processRunner } from "../../support/cli/live.ts";
import { EXECUTABLE, startAgent } from "../../support/e2e/agent.ts";
import { CONSUL, WHY_NOT } from "./harness/both.ts";

const { agent = [], usage = [], unreachable = [], ...others } = CASES;
/** The last of `agent` takes the agent out of its cluster. */
const ASKING = { ...others, live: LIVE_CASES, agent };
const FILES = { usage, unreachable, ...ASKING };

/** Cases whose answer hangs on the moment. */
const UNSTEADY: Readonly<Record<string, string>> = {
  "rtt n1": "an agent sends its coordinate to the servers some time in its first half minute",
  "rtt n1 n1": "as above",
};

/** What `muster` prints otherwise than `consul`, at the same agent; more stands beside the cases that are recorded. */
const OURS: Readonly<Record<string, string>> = {
  "debug -capture=agent -output={dir}/captured": "an archive that is there is not written over",
  "validate -config-format=x {dir}/agent.hcl": "Consul forgets a quotation mark",
};

/** What `consul` prints otherwise when it asks one of our agents. */
const AT_OURS: Readonly<Record<string, string>> = {
  info: "the runtime and the revision are ours, and a server of -dev says that it is the first of its cluster",
  "join 127.0.0.1:1": "the address that failed is told with its port",
  "members -detailed": "tags of ours: what of TLS an agent speaks, which version it is",
};

/** Commands of `consul` that no case tries, by the beginning of their words. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  acl: "access control is not served yet",
  agent: "it is the program itself: test/e2e and test/conformance start it",
  connect: "the mesh's authority and proxies are not served yet",
  intention: "intentions are not served yet",
  keygen: "prints another key each time",
  login: "access control is not served yet",
  logout: "access control is not served yet",
  version: "ours says whose API it speaks",
};

const LIVES_MS_MAX = 180_000;

interface Lives {
  readonly theirs: Life;
  readonly ours: Life;
  readonly atOurs: Life;
}

async function compare(): Promise<Lives> {
  const dir = mkdtempSync(join(tmpdir(), "cli-"));
  const stops: (() => Promise<unknown>)[] = [];
  // A departure waits as long before it ends.
  const flags = ["-encrypt", GOSSIP_KEY, "-hcl", 'performance { leave_drain_time = "1s" }'];
  const consul = async () => {
    const agent = await startConsul(CONSUL.binary, flags);
    stops.push(agent.stop);
    return agent.address;
  };
  const muster = async () => {
    const agent = await startAgent(dir, ["-dev", "-node=n1", ...flags]);
    stops.push(() => agent.stop("SIGKILL"));
    return agent.url.replace("http://", "");
  };
  try {
    const [first, second, own] = await Promise.all([consul(), consul(), muster()]);
    const [theirs, ours, atOurs] = await Promise.all([
      live(FILES, first, processRunner(CONSUL.binary)),
      live(FILES, second, processRunner(EXECUTABLE)),
      live(ASKING, own, processRunner(CONSUL.binary)),
    ]);
    return { theirs, ours, atOurs };
  } finally {
    await Promise.all(stops.map((stop) => stop()));
    rmSync(dir, { recursive: true });
  }
}

const wordsOf = (name: string) => name.replace(/^\S+ \d+: /, "");

/** Names of the cases in which two lives differ. */
function differing(one: Life, other: Life): string[] {
  const names = [...other.keys()].filter((name) => one.get(name) !== other.get(name));
  return [...new Set(names.map(wordsOf))].filter((words) => UNSTEADY[words] === undefined);
}

/** The first difference that has no reason, as both texts, so that the test shows it. */
function unexplained(one: Life, other: Life, reasons: Readonly<Record<string, string>>) {
  const name = [...other.keys()].find(
    (each) =>
      one.get(each) !== other.get(each) && ![reasons, UNSTEADY].some((known) => known[wordsOf(each)] !== undefined),
  );
  return name === undefined ? [] : [name, one.get(name), other.get(name)];
}

const isLeftOut = (command: string) => Object.keys(LEFT_OUT).some((start) => `${command} `.startsWith(`${start} `));

/** All commands that a program's help names with the flags of each, without groups and without what is left out. */
async function commandsOf(binary: string, path: readonly string[] = []): Promise<Map<string, string[]>> {
  const child = Bun.spawn([binary, ...path, "--help"], { stdout: "pipe", stderr: "pipe" });
  const help = (await Promise.all([child.stdout.text(), child.stderr.text()])).join("");
  const [, list = ""] = /(?:Available commands are|Subcommands):\n([\s\S]*)/.exec(help) ?? [];
  const words = [...list.matchAll(/^ {4}(\S+)/gm)].map(([, word]) => word ?? "");
  if (words.length === 0)
    return new Map([[path.join(" "), [...help.matchAll(/^ {2}-([\w-]+)/gm)].map(([, flag]) => flag ?? "")]]);
  const below = new Map<string, string[]>();
  for (const word of words) {
    const inner = [...path, word];
    if (isLeftOut(inner.join(" "))) continue;
    for (const [command, flags] of await commandsOf(binary, inner)) below.set(command, flags);
  }
  return below;
}

describe.skipIf(WHY_NOT !== "")(`command lines beside Consul's ${WHY_NOT}`, () => {
  let lives: Lives;
  let commands: Readonly<Record<"theirs" | "ours", ReadonlyMap<string, readonly string[]>>>;
  beforeAll(async () => {
    lives = await compare();
    commands = { theirs: await commandsOf(CONSUL.binary), ours: await commandsOf(EXECUTABLE) };
  }, LIVES_MS_MAX);

  test("muster prints what consul prints, and exits as it does", () => {
    expect(unexplained(lives.theirs, lives.ours, OURS)).toEqual([]);
  });

  test("consul prints at our agents what it prints at Consul's", () => {
    expect(unexplained(lives.theirs, lives.atOurs, AT_OURS)).toEqual([]);
  });

  test(
    "consul debug captures the log and metrics of our agents",
    async () => {
      const dir = mkdtempSync(join(tmpdir(), "cli-debug-"));
      const own = await startAgent(dir, ["-dev", "-node=n1"]);
      try {
        const words = ["debug", "-duration=10s", "-interval=10s", `-output=${join(dir, "captured")}`, "-archive=false"];
        const child = Bun.spawn([CONSUL.binary, ...words], {
          cwd: dir,
          env: { PATH: process.env.PATH ?? "", CONSUL_HTTP_ADDR: own.url },
          stdout: "pipe",
          stderr: "ignore",
        });
        expect(await child.stdout.text()).toContain("==> Capture successful ");
        const names = (readdirSync(join(dir, "captured"), { recursive: true }) as string[]).map((name) =>
          basename(name),
        );
        for (const name of ["agent.json", "host.json", "cluster.json", "index.json", "metrics.json", "consul.log"])
          expect(names).toContain(name);
      } finally {
        await own.stop("SIGKILL");
        rmSync(dir, { recursive: true, force: true });
      }
    },
    LIVES_MS_MAX,
  );

  test("a difference that is gone is no longer listed", () => {
    const gone = (reasons: Readonly<Record<string, string>>, other: Life) => {
      const seen = differing(lives.theirs, other);
      return Object.keys(reasons).filter((words) => !seen.includes(words));
    };
    expect({ ours: gone(OURS, lives.ours), atOurs: gone(AT_OURS, lives.atOurs) }).toEqual({ ours: [], atOurs: [] });
  });

  test("every command of consul is tried, or left out for a reason", () => {
    const tried = [...lives.theirs.keys()].map((name) => `${wordsOf(name)} `);
    const isTried = (command: string) => tried.some((words) => words.startsWith(`${command} `));
    expect(commands.theirs.size).toBeGreaterThan(35);
    expect([...commands.theirs.keys()].filter((command) => !isTried(command))).toEqual([]);
    expect(Object.keys(LEFT_OUT).filter(isTried)).toEqual([]);
  });

  test("muster has every command of consul that is tried, with all its flags", () => {
    const missing = [...commands.theirs].flatMap(([command, flags]) => {
      const ours = commands.ours.get(command);
      if (ours === undefined) return [command];
      return flags.filter((flag) => !ours.includes(flag)).map((flag) => `${command} -${flag}`);
    });
    expect(missing).toEqual([]);
  });
});
