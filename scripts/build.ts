import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { VERSION } from "../src/lib/version.ts";
import { ROOT } from "./step.ts";
import { WORKER_ENTRIES } from "./workers.ts";

// `bun run build`: dist/muster for this machine. `--all`: dist/<target>/muster for every target, and dist/SHA256SUMS; each
// target's runtime comes from the npm registry once. The musl builds (`--musl` adds them) need libstdc++ beside the
// musl of their system; the glibc builds run wherever glibc 2.17 or later is.

const GLIBC_TARGETS = ["linux-x64", "linux-arm64"];
const MUSL_TARGETS = ["linux-x64-musl", "linux-arm64-musl"];

/** The basename goes into the bytes of the executable; all targets share it, so that a build compares equal anywhere. */
const NAME = "muster";

const FLAGS = [
  "--compile",
  "--minify",
  // A run reads the code that it needs: a command without the agent starts in half the time and 12 MB less.
  "--splitting",
  "--sourcemap=none",
  "--bytecode",
  // Functions are compiled at eight times the usual number of calls: `platform/jit.ts` says what for.
  "--compile-jit-policy=8",
  // Bytecode alone means CommonJS, which has no top-level await.
  "--format=esm",
  // Else the executable reads .env and bunfig.toml from whatever folder it is started in, and runs the latter's preload.
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
];

function refuse(why: string): never {
  process.stderr.write(`build: ${why}\n`);
  process.exit(1);
}

function build(outfile: string, target?: string): void {
  mkdirSync(join(ROOT, "dist", target ?? ""), { recursive: true });
  const { exitCode, stderr, stdout } = Bun.spawnSync(
    [
      process.execPath,
      "build",
      ...FLAGS,
      ...(target === undefined ? [] : [`--target=bun-${target}`]),
      "src/main.ts",
      ...WORKER_ENTRIES,
      "--outfile",
      outfile,
    ],
    // Paths go into the bytes too, so they are relative to the root.
    { cwd: ROOT },
  );
  if (exitCode !== 0) refuse(`${target ?? "host"} failed\n${stdout.toString()}${stderr.toString()}`);
}

const wanted = packageJson.devDependencies.bun;
if (Bun.version !== wanted) refuse(`Bun ${wanted} makes the release, this is ${Bun.version}; use \`npm run build\``);
if (VERSION !== packageJson.version) refuse(`src/lib/version.ts says ${VERSION}, package.json ${packageJson.version}`);
for (const entry of WORKER_ENTRIES)
  if (!existsSync(join(ROOT, entry))) refuse(`no ${entry}, which scripts/workers.ts names`);

const args = process.argv.slice(2);
const targets = args.includes("--all") ? [...GLIBC_TARGETS, ...(args.includes("--musl") ? MUSL_TARGETS : [])] : [];
const built = targets.length === 0 ? [join("dist", NAME)] : targets.map((target) => join("dist", target, NAME));
for (const [at, outfile] of built.entries()) build(outfile, targets[at]);

const sums = built.map((outfile) => {
  const bytes = readFileSync(join(ROOT, outfile));
  process.stdout.write(`${outfile}  ${bytes.length} bytes\n`);
  return `${createHash("sha256").update(bytes).digest("hex")}  ${relative("dist", outfile)}\n`;
});
if (targets.length > 0) writeFileSync(join(ROOT, "dist/SHA256SUMS"), sums.join(""));
