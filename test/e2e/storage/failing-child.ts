import { openLogStore } from "../../../src/storage/log-store.ts";
import { silentLogger } from "../../support/silent.ts";
import { entryAt } from "./entries.ts";

// Appends until the log fails or can't be opened; says how as JSON.
const [dir = ""] = process.argv.slice(2);
const fatals: string[] = [];
const store = openLogStore({ dir, log: silentLogger, onFatal: (reason) => fatals.push(reason) });
const say = (report: object) => process.stdout.write(JSON.stringify(report));

try {
  await store.open();
} catch (error) {
  say({ refused: String(error), fatals });
  process.exit(1);
}
let acknowledged = 0;
let failure = "";
while (failure === "") {
  await store.append([entryAt(acknowledged + 1)]).then(
    () => acknowledged++,
    (error: unknown) => {
      failure = String(error);
    },
  );
}
const again = await store.append([entryAt(acknowledged + 1)]).catch((error: unknown) => String(error));
await store.close();
say({ acknowledged, failure, again, fatals });
