import { parseArgs } from "node:util";

/** What the command line asks for. */
export interface Args {
  readonly only: readonly string[];
  readonly isQuick: boolean;
  readonly side: "both" | "peer" | "muster";
  readonly isJson: boolean;
  readonly writes: boolean;
  readonly dir?: string;
}

export const HELP = `usage: bun run bench [options]

  --only NAME     only this measure or group (again for more); names are in the table of --list
  --quick         one run of 2 s for each measure instead of three of 4 s
  --peer-only     only Consul
  --muster-only   only Muster; no CONSUL_BIN is needed
  --format json   the figures of all runs as JSON (also: -format=json)
  --write         put the table into docs/performance.md
  --dir PATH      where data directories go, a folder on a disk (default: the system's folder for temporary files)
  --list          names of the measures
`;

/** Throws with a sentence for whoever typed it when an option is unknown or two exclude each other. */
export function readArgs(argv: readonly string[]): Args | "help" | "list" {
  // Consul's own commands write long options with one dash.
  const { values } = parseArgs({
    args: argv.map((arg) => (/^-\w[\w-]/.test(arg) ? `-${arg}` : arg)),
    options: {
      only: { type: "string", multiple: true, default: [] },
      quick: { type: "boolean", default: false },
      "peer-only": { type: "boolean", default: false },
      "muster-only": { type: "boolean", default: false },
      format: { type: "string", default: "table" },
      write: { type: "boolean", default: false },
      dir: { type: "string" },
      help: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  if (values.list) return "list";
  const [peer, muster] = [values["peer-only"], values["muster-only"]];
  if (peer && muster) throw new Error("--peer-only and --muster-only exclude each other");
  if (values.format !== "table" && values.format !== "json") throw new Error(`--format is table or json`);
  return {
    only: values.only,
    isQuick: values.quick,
    side: peer ? "peer" : muster ? "muster" : "both",
    isJson: values.format === "json",
    writes: values.write,
    ...(values.dir === undefined ? {} : { dir: values.dir }),
  };
}
