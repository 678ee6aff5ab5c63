import { readFileSync } from "node:fs";
import type { CliDeps } from "../../../src/cli/context.ts";
import { runCli } from "../../../src/cli/dispatch.ts";
import { readSources } from "../../../src/config/read.ts";
import { decodeServiceDefinition, type ServiceDefinition } from "../../../src/model/definition.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { DISK_READER } from "../../../src/platform/config-files.ts";

export interface CliResult {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs our command line inside the test; `deps` replaces what a test wants otherwise. */
export async function runInProcess(
  argv: readonly string[],
  deps: Partial<CliDeps> & { input?: string } = {},
): Promise<CliResult> {
  const stdout = new Collector();
  const stderr = new Collector();
  const exit = await runCli({
    argv,
    program: "muster",
    executable: "/usr/bin/muster",
    env: {},
    out: stdout,
    err: stderr,
    childOutput: "pipe",
    stdin: async () => Buffer.from(deps.input ?? ""),
    question: async () => undefined,
    clock: systemClock,
    interrupted: new AbortController().signal,
    runAgent: async () => 0,
    loadServices: async (files) => files.flatMap(readServices),
    readConfigSources: (paths) => readSources(paths, "", DISK_READER),
    validateConfig: async () => ({ errors: [], warnings: [] }),
    ...deps,
  });
  return { exit, stdout: stdout.text(), stderr: stderr.text() };
}

/** The services of a JSON file; that of other formats is not the command line's business. */
function readServices(file: string): ServiceDefinition[] {
  const { service, services = [] } = JSON.parse(readFileSync(file, "utf8")) as {
    service?: unknown;
    services?: unknown[];
  };
  return [...(service === undefined ? [] : [service]), ...services].map(decodeServiceDefinition);
}

/** A sink that keeps what was written. */
export class Collector {
  readonly #chunks: Uint8Array[] = [];

  write(chunk: string | Uint8Array): void {
    this.#chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}
