import os from "node:os";
import { basename } from "node:path";
import { runCli } from "./cli/dispatch.ts";
import { systemClock } from "./platform/clock.ts";
import { machineInterfaces } from "./platform/config-files.ts";

const machine = () => ({ hostname: os.hostname(), interfaces: machineInterfaces() });

const interrupted = new AbortController();
const argv = process.argv.slice(2);
const isAgent = argv[0] === "agent";
if (!isAgent) {
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => interrupted.abort());
}

const code = await runCli({
  argv,
  program: basename(process.execPath) === "consul" ? "consul" : "muster",
  executable: process.execPath,
  env: process.env,
  out: process.stdout,
  err: process.stderr,
  childOutput: "inherit",
  stdin: async () => new Uint8Array(await Bun.stdin.arrayBuffer()),
  clock: systemClock,
  interrupted: interrupted.signal,
  async runAgent(words) {
    const { runAgent } = await import("./app.ts");
    return runAgent(words, {
      env: process.env,
      out: process.stdout,
      err: process.stderr,
      machine: machine(),
      signals: process,
      exit: (exitCode) => process.exit(exitCode),
    });
  },
  async loadServices(files) {
    const { loadServiceFiles } = await import("./app/service-files.ts");
    return loadServiceFiles(files, machine());
  },
  async validateConfig(paths, { format }) {
    const [{ validateFiles }, { DISK_READER }] = await Promise.all([
      import("./config/validate-files.ts"),
      import("./platform/config-files.ts"),
    ]);
    return validateFiles(paths, format, DISK_READER, machine());
  },
});
process.exit(code);
