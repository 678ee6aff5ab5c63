import { compatibilityDocs } from "../src/http/compatibility.ts";
import { routes } from "../src/http/table.ts";

// Writes docs/compatibility.md from the table of routes.

await Bun.write(new URL("../docs/compatibility.md", import.meta.url), compatibilityDocs(routes));
