/** The agent's command line, from the table of keys. */
import { type FlagSpec, parseGoFlags } from "../lang/goflags.ts";
import { ConfigError } from "./error.ts";
import { type Raw, setAt } from "./raw.ts";
import type { Key, Section } from "./schema/key.ts";
import { CURRENT } from "./schema/top.ts";
import type { ConfigSource } from "./sources.ts";

interface KeyFlag {
  readonly spec: FlagSpec;
  readonly path: readonly string[];
}

const FLAG_KINDS: Partial<Record<Key["kind"], FlagSpec["kind"]>> = {
  string: "string",
  bool: "bool",
  int: "int",
  duration: "string",
  strings: "strings",
  "string-map": "colon-map",
};

function flagsOf(keys: Section, path: readonly string[]): KeyFlag[] {
  return Object.entries(keys).flatMap(([name, key]): KeyFlag[] => {
    const here = [...path, name];
    if (key.kind === "section") return flagsOf(key.keys, here);
    const kind = FLAG_KINDS[key.kind];
    if (key.flag === undefined || kind === undefined) return [];
    return [{ path: here, spec: { name: key.flag, kind, doc: key.doc, nullable: true } }];
  });
}

const KEY_FLAGS = flagsOf(CURRENT, []);

const LOADER_FLAGS: readonly FlagSpec[] = [
  {
    name: "config-dir",
    kind: "strings",
    doc: "Directory whose .json and .hcl files are read in the order of their names. May be repeated.",
    nullable: true,
  },
  { name: "config-file", kind: "strings", doc: "File to read, .json or .hcl. May be repeated.", nullable: true },
  { name: "config-format", kind: "string", doc: "Format of all files, whatever their names: hcl or json." },
  { name: "dev", kind: "bool", doc: "Run a lone server that keeps nothing on disk.", nullable: true },
  { name: "hcl", kind: "strings", doc: "A piece of configuration in HCL. May be repeated.", nullable: true },
];

/** All flags of `agent`, by name. */
export const AGENT_FLAGS: readonly FlagSpec[] = [...LOADER_FLAGS, ...KEY_FLAGS.map((flag) => flag.spec)].sort((a, b) =>
  a.name < b.name ? -1 : 1,
);

export interface AgentArguments {
  readonly dev: boolean;
  /** Files and directories in the order they were given. */
  readonly paths: readonly string[];
  /** Of all files; empty when their names tell. */
  readonly format: string;
  /** `-hcl` fragments; they win over files. */
  readonly fragments: readonly ConfigSource[];
  /** What single flags set; wins over all. */
  readonly flags: Raw;
}

/** Parses the words after `agent`. Throws GoFlagError in Go's words, or ConfigError for words that are no flags. */
export function parseAgentArguments(argv: readonly string[]): AgentArguments {
  const { values, given, args } = parseGoFlags(AGENT_FLAGS, argv);
  if (args.length > 0) throw new ConfigError(`Unexpected extra arguments: [${args.join(" ")}]`);
  const written = (name: string): unknown => (values as Readonly<Record<string, unknown>>)[name];
  const flags: Raw = {};
  for (const { spec, path } of KEY_FLAGS) if (given.has(spec.name)) setAt(flags, path, written(spec.name));
  const hcl = written("hcl");
  return {
    dev: written("dev") === true,
    paths: pathsInOrder(argv),
    format: String(written("config-format") ?? ""),
    fragments: (Array.isArray(hcl) ? hcl : []).map((text, index) => ({
      name: `flags-${index}.hcl`,
      format: "hcl",
      text: String(text),
    })),
    flags,
  };
}

/** Values of -config-file and -config-dir together, because their common order says which file wins. */
function pathsInOrder(argv: readonly string[]): string[] {
  const bools = new Set(AGENT_FLAGS.filter((spec) => spec.kind === "bool").map((spec) => spec.name));
  const paths: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const [, name = "", inline] = /^--?([^=]*)(?:=(.*))?$/s.exec(argv[at] ?? "") ?? [];
    const value = inline ?? (bools.has(name) ? undefined : argv[++at]);
    if ((name === "config-file" || name === "config-dir") && value !== undefined) paths.push(value);
  }
  return paths;
}
