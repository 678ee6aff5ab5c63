import { Database } from "bun:sqlite";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { type Command, STATE_SCHEMA } from "../../src/state/commands.ts";
import { Machine } from "../../src/state/machine.ts";
import { migrate } from "../../src/state/migrate.ts";
import { Publisher } from "../../src/state/publisher.ts";
import type { Topic } from "../../src/state/topics.ts";
import { ManualClock } from "./manual-clock.ts";

/** A state machine on a database in memory, with a log that is only a counter. */
export function stateRig(clock = new ManualClock()) {
  const db = drizzle(new Database(":memory:"));
  migrate(db, STATE_SCHEMA);
  const publisher = new Publisher();
  const fatal: string[] = [];
  const machine = new Machine({ db, publisher, clock, onFatal: (reason) => fatal.push(reason) });
  const touched: Topic[][] = [];
  publisher.follow((topics) => touched.push([...topics]));
  let index = 0;
  return {
    clock,
    db,
    publisher,
    machine,
    /** What the process would have ended for. */
    fatal,
    /** Topics of each batch so far. */
    touched,
    /** Applies one command as the next entry; a Refusal is returned, not thrown. */
    apply(command: Command): unknown {
      return machine.apply([{ index: ++index, term: 1, type: "command", data: JSON.stringify(command) }])[0];
    },
    propose(command: Command): Promise<unknown> {
      const result = this.apply(command);
      return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
    },
    get index() {
      return index;
    },
  };
}

/** A node with the check that sessions hang on. */
export function registerNode(rig: ReturnType<typeof stateRig>, name = "n1"): void {
  rig.apply({
    type: "catalog.register",
    node: { ID: "", Node: name, Address: "10.0.0.1", Datacenter: "dc1", TaggedAddresses: null, Meta: null },
    skipNodeUpdate: false,
    checks: [serfCheck(name, "passing")],
  });
}

export function serfCheck(node: string, Status: string) {
  return {
    Node: node,
    CheckID: "serfHealth",
    Name: "Serf Health Status",
    Status,
    Notes: "",
    Output: "",
    ServiceID: "",
    ServiceName: "",
    ServiceTags: [],
    Type: "",
    Definition: {},
  };
}
