import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FILES } from "./case-files.ts";
import type { CliCase } from "./cases.ts";
import { maskHelp, sortMaintenance } from "./golden.ts";
import type { CliResult } from "./run-in-process.ts";

/** How command lines of one program are run. */
export type Runner = (argv: readonly string[], one: CliCase, address: string, cwd: string) => Promise<CliResult>;

/** What a program printed in one agent's life, by the command line's number and words. */
export type Life = ReadonlyMap<string, string>;

/** The cases of several files in order, on the agent at `address`, each with what it printed, without what differs from run to run. */
export async function live(
  files: Readonly<Record<string, readonly CliCase[]>>,
  address: string,
  run: Runner,
): Promise<Life> {
  const dir = mkdtempSync(join(tmpdir(), "live-"));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(dir, name), text);
  const life = new Map<string, string>();
  let session = "";
  try {
    for (const [file, cases] of Object.entries(files)) {
      for (const [at, one] of cases.entries()) {
        // What differs on purpose may leave other data behind.
        if (one.ours !== undefined) continue;
        session = (await prepare(one, address)) ?? session;
        const argv = one.argv.map((word) => word.replaceAll("{session}", session).replaceAll("{dir}", dir));
        const { exit, stdout, stderr } = await run(argv, one, address, dir);
        const texts = [sortMaintenance(argv, stdout), stderr].map((text) =>
          steady(text.replaceAll(address, "{address}"), dir, argv[0] === "watch"),
        );
        life.set(`${file} ${at + 1}: ${one.argv.join(" ")}`, [`exit ${exit}`, ...texts].join("\n"));
      }
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
  return life;
}

/** Does what must be so before; gives the ID of the session that this made, if it made one. */
async function prepare(one: CliCase, address: string): Promise<string | undefined> {
  let session: string | undefined;
  for (const { method, target, body } of one.before ?? []) {
    const response = await fetch(`http://${address}${target}`, { method, ...(body ? { body } : {}) });
    const text = await response.text();
    if (target.endsWith("/session/create")) session = (JSON.parse(text) as { ID: string }).ID;
  }
  return session;
}

/** Runs a program of this machine. */
export function processRunner(binary: string): Runner {
  return async (argv, one, address, cwd) => {
    const child = Bun.spawn([binary, ...argv], {
      cwd,
      env: environment(one, address),
      stdin: Buffer.from(one.stdin ?? ""),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return { exit, stdout, stderr };
  };
}

function environment(one: CliCase, address: string): Record<string, string> {
  return { PATH: process.env.PATH ?? "", SHELL: "/bin/sh", CONSUL_HTTP_ADDR: address, ...one.env };
}

const UUID_OR_PART = /\b[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{12})?\b/g;

/** Without IDs, numbers, the padding that follows from their width, and the order of a struct's fields in JSON. */
function steady(text: string, dir: string, isUnordered: boolean): string {
  const plain = maskHelp(text).replaceAll(dir, "{dir}").replaceAll(encodeURIComponent(dir), "{dir}");
  return sortedIfJson(plain, isUnordered)
    .replace(/\.tmp[0-9a-f-]+/g, ".tmp<id>")
    .replace(UUID_OR_PART, "<id>")
    .replace(/\d+(\.\d+)?/g, "0")
    .replace(/ +/g, " ");
}

/** Consul gives the tags of a watch in the order of a map, which is another each time. */
function sortedIfJson(text: string, isUnordered: boolean): string {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" ? JSON.stringify(sorted(json, isUnordered), null, 1) : text;
  } catch {
    return text;
  }
}

function sorted(value: unknown, isUnordered: boolean): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => sorted(item, isUnordered));
    return isUnordered && items.every((item) => typeof item === "string") ? items.sort() : items;
  }
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item, isUnordered)]),
  );
}
