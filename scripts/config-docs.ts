/** Writes docs/configuration.md from the table of keys. Usage: bun scripts/config-docs.ts */
import { configurationDocs } from "../src/config/docs.ts";

await Bun.write(`${import.meta.dir}/../docs/configuration.md`, configurationDocs());
