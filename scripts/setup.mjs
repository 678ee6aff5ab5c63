// Runs under Node, first in `npm start` and `npm test`: brings the packages of the lock file, Bun among them, unless they
// are there. Not as their `pre` script, which npm leaves out where `ignore-scripts` is set. Compares content and not times,
// because a checkout or a copied folder changes times.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const readJson = (path) => JSON.parse(readFileSync(join(root, path), "utf8"));

/** True when node_modules holds what package-lock.json names; packages of other platforms may be missing. */
function isInstalled() {
  if (!existsSync(join(root, "node_modules/.package-lock.json"))) return false;
  const installed = readJson("node_modules/.package-lock.json").packages;
  return Object.entries(readJson("package-lock.json").packages).every(([path, wanted]) => {
    const found = installed[path];
    if (path === "") return true;
    return found === undefined ? wanted.optional === true : found.version === wanted.version;
  });
}

function bunVersion() {
  const { status, stdout } = spawnSync(join(root, "node_modules/.bin/bun"), ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

if (!isInstalled()) {
  process.stderr.write("installing the packages of package-lock.json ...\n");
  execFileSync("npm", ["ci", "--loglevel=error", "--no-progress"], { cwd: root, stdio: ["ignore", 2, 2] });
}
const wanted = readJson("package.json").devDependencies.bun;
// Where install scripts are off (ignore-scripts, or an npm that asks first), Bun's package holds only a stub.
if (bunVersion() !== wanted) {
  execFileSync(process.execPath, ["install.js"], { cwd: join(root, "node_modules/bun"), stdio: ["ignore", 2, 2] });
}
if (bunVersion() !== wanted) {
  process.stderr.write(`node_modules/.bin/bun does not answer as Bun ${wanted}; remove node_modules and try again\n`);
  process.exit(1);
}
