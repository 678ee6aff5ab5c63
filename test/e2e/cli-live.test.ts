/**
 * Every command line of the golden tests once more, live: Consul's own program against one agent and ours against another
 * that has the same life, compared without what differs from run to run.
 */
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CASES, type CliCase, FILES } from "../support/cli/cases.ts";
import { startConsul } from "../support/cli/consul-agent.ts";
import { maskHelp, sortMaintenance } from "../support/cli/golden.ts";
import { type CliResult, runInProcess } from "../support/cli/run-in-process.ts";

const consul = process.env.CONSUL_BIN;
const CASE_MS_MAX = 60_000;

if (!consul) {
  test.skip("the live comparison is left out: CONSUL_BIN does not name a consul executable", () => undefined);
} else {
  describe("command line: prints live what Consul prints", () => {
    test.each(Object.keys(CASES))(
      "%s",
      async (file) => {
        const [theirs, ours] = await Promise.all([
          live(file, (argv, one, address) => runConsul(consul, argv, one, address)),
          live(file, (argv, one, address) =>
            runInProcess(argv, { env: environment(one, address), ...(one.stdin ? { input: one.stdin } : {}) }),
          ),
        ]);
        expect(ours).toEqual(theirs);
      },
      CASE_MS_MAX,
    );
  });
}

type Run = (argv: readonly string[], one: CliCase, address: string) => Promise<CliResult>;

/** The life of one agent: every case of a file in order, as readable lines. */
async function live(file: string, run: Run): Promise<string[]> {
  const dir = mkdtempSync(join(tmpdir(), "live-"));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(dir, name), text);
  const agent = await startConsul(consul ?? "");
  const lines: string[] = [];
  let session = "";
  try {
    for (const one of CASES[file] ?? []) {
      for (const { method, target, body } of one.before ?? []) {
        const response = await fetch(`http://${agent.address}${target}`, { method, ...(body ? { body } : {}) });
        const text = await response.text();
        if (target.endsWith("/session/create")) session = (JSON.parse(text) as { ID: string }).ID;
      }
      const argv = one.argv.map((word) => word.replaceAll("{session}", session).replaceAll("{dir}", dir));
      // What differs on purpose may leave other data behind.
      if (one.ours !== undefined) continue;
      const { exit, stdout, stderr } = await run(argv, one, agent.address);
      lines.push(`${one.argv.join(" ")}: ${exit}
${steady(sortMaintenance(argv, stdout), dir)}
${steady(stderr, dir)}`);
    }
  } finally {
    await agent.stop();
    rmSync(dir, { recursive: true });
  }
  return lines;
}

function environment(one: CliCase, address: string): Record<string, string> {
  return { PATH: process.env.PATH ?? "", SHELL: "/bin/sh", CONSUL_HTTP_ADDR: address, ...one.env };
}

async function runConsul(consul: string, argv: readonly string[], one: CliCase, address: string): Promise<CliResult> {
  const child = Bun.spawn([consul, ...argv], {
    env: environment(one, address),
    stdin: Buffer.from(one.stdin ?? ""),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { exit, stdout, stderr };
}

const UUID_OR_PART = /\b[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{12})?\b/g;

/** Without IDs, numbers, the padding that follows from their width, and the order of a struct's fields in JSON. */
function steady(text: string, dir: string): string {
  const plain = maskHelp(text).replaceAll(dir, "{dir}").replaceAll(encodeURIComponent(dir), "{dir}");
  return sortedIfJson(plain)
    .replace(UUID_OR_PART, "<id>")
    .replace(/\d+(\.\d+)?/g, "0")
    .replace(/ +/g, " ");
}

function sortedIfJson(text: string): string {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" ? JSON.stringify(sorted(json), null, 1) : text;
  } catch {
    return text;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
