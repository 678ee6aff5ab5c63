import { asksForHelp } from "./cli/help-words.ts";

// Only what a run needs is loaded: an agent has no use for the commands' table, a command none for the agent's parts.

async function machine() {
  const [{ hostname }, { machineInterfaces }] = await Promise.all([
    import("node:os"),
    import("./platform/interfaces.ts"),
  ]);
  return { hostname: hostname(), interfaces: machineInterfaces() };
}

async function runAgent(words: readonly string[]): Promise<number> {
  const app = await import("./app.ts");
  return app.runAgent(words, {
    env: process.env,
    out: process.stdout,
    err: process.stderr,
    machine: await machine(),
    signals: process,
    exit: (code) => process.exit(code),
  });
}

async function runCommand(argv: readonly string[]): Promise<number> {
  const [{ runCli }, { processStdio, programName }, { systemClock }] = await Promise.all([
    import("./cli/dispatch.ts"),
    import("./cli/stdio.ts"),
    import("./platform/clock.ts"),
  ]);
  return runCli({
    ...processStdio(),
    argv,
    program: programName(process.execPath),
    executable: process.execPath,
    env: process.env,
    clock: systemClock,
    runAgent,
    async loadServices(files) {
      const { loadServiceFiles } = await import("./app/service-files.ts");
      return loadServiceFiles(files);
    },
    async readConfigSources(paths) {
      const [{ readSources }, { DISK_READER }] = await Promise.all([
        import("./config/read.ts"),
        import("./platform/config-files.ts"),
      ]);
      return readSources(paths, "", DISK_READER);
    },
    async validateConfig(paths, { format }) {
      const [{ validateFiles }, { DISK_READER }] = await Promise.all([
        import("./config/validate-files.ts"),
        import("./platform/config-files.ts"),
      ]);
      return validateFiles(paths, format, DISK_READER, await machine());
    },
  });
}

const [word, ...rest] = process.argv.slice(2);
// A shell that completes a line runs the program with that line in COMP_LINE and words of its own.
const isAgent = word === "agent" && process.env.COMP_LINE === undefined && !asksForHelp(rest);
process.exit(await (isAgent ? runAgent(rest) : runCommand(process.argv.slice(2))));
