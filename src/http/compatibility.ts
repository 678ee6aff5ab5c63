import type { AnyRoute } from "./endpoint.ts";
import { ACL_ROUTES, LATER_ROUTES, type LaterRoute } from "./later.ts";

const HEAD = `# Compatibility

What of Consul's HTTP API (1.8) this version of Muster serves. Made from the table of routes by \`bun scripts/compatibility-docs.ts\`; a
test keeps it current. How closely the answers match is measured: \`bun run test:conformance\` replays recorded answers of
a real Consul 1.8.7 and compares them one by one; every difference that stays is listed with its reason in
\`test/conformance/differences.json\`.
`;

/** The text of `docs/compatibility.md`. */
export function compatibilityDocs(routes: readonly AnyRoute[]): string {
  const consul = routes.filter((route) => !route.beyondConsul);
  const beyond = routes.filter((route) => route.beyondConsul);
  return [
    HEAD,
    "## Served\n",
    servedTable(consul),
    "\n## Beyond Consul\n",
    "`PUT /v1/kv/:key` also takes `ttl`: the key goes away by itself after that time unless it is written again.",
    "A write that the cluster could not confirm says by `X-Muster-Outcome` whether it may have happened: [consistency.md](consistency.md).\n",
    servedTable(beyond),
    "\n## Not yet\n",
    "These answer 501 with one line that says so.\n",
    laterTable(LATER_ROUTES),
    "\n## Access control\n",
    "Not built yet. Until it is, Muster behaves as Consul does with ACLs off: these answer 401 `ACL support disabled`.\n",
    laterTable(ACL_ROUTES),
    "",
  ].join("\n");
}

function servedTable(routes: readonly AnyRoute[]): string {
  const rows = routes.map(
    (route) => `| ${route.method} | \`${plainPath(route.path)}\` | ${route.summary} | ${route.blocking ?? ""} |`,
  );
  return ["| Method | Path | What it does | Waits by |", "|---|---|---|---|", ...rows].join("\n");
}

function laterTable(routes: readonly LaterRoute[]): string {
  const rows = routes.map(({ methods, path, area }) => `| ${methods.join(", ")} | \`${plainPath(path)}\` | ${area} |`);
  return ["| Method | Path | Part of |", "|---|---|---|", ...rows].join("\n");
}

const plainPath = (path: string): string => path.replace(/\{[^}]*\}/g, "").replace(/:rest$/, "...");
