import { describe, expect, test } from "bun:test";
import { withRig } from "../e2e/harness/rig.ts";
import { CONSUL, WHY_NOT as WHY_NO_CONSUL } from "../interop/consul/harness/both.ts";
import { startConsul } from "../support/cli/consul-agent.ts";
import { runPython, whyNotPython } from "./harness/programs.ts";

// The Python library consul, method by method: a script of ours calls them and tells what each answered.

const WHY_NOT = whyNotPython("consul", "requests");
const TEST_MS_MAX = 60_000;
const SCRIPT = "python_consul_api.py";
/** Of the same name at both. */
const NODE = "-node=n1";

type Call = readonly [name: string, answer: unknown];

/** Exceptions of the library that its user gets; the others are answers of the server that it has a class for. */
const BROKEN = ["KeyError", "TypeError", "AttributeError", "JSONDecodeError", "ConnectionError"];
/** This library wants an index of every 404, and a prepared query's has none at Consul. */
const BROKEN_AT_CONSUL_TOO = ["queries: get none", "queries: execute none"];

const calls = (address: string) => runPython<readonly Call[]>(SCRIPT, [address]);

describe.skipIf(WHY_NOT !== "")(`the Python library consul ${WHY_NOT}`, () => {
  test(
    "gets an answer that it understands from every method",
    () =>
      withRig(async (rig) => {
        const agent = await rig.dev([NODE]);
        const ours = await calls(`127.0.0.1:${agent.httpPort}`);
        const broken = ours.filter(([, answer]) => Array.isArray(answer) && BROKEN.includes(String(answer[0])));
        expect(broken.map(([name]) => name)).toEqual(BROKEN_AT_CONSUL_TOO);
        expect(Object.fromEntries(ours)).toMatchObject({
          "kv: keys to a separator": [true, ["app/b", "app/c/"]],
          "kv: cas with another index": false,
          "sessions: acquire what is held": false,
          "health: of an agent": [true, [["web-1", { Passing: 1 }, expect.any(Array)]]],
          "catalog: services": [true, expect.objectContaining({ db: ["main", "pg"] })],
          "queries: execute a template": [{ Service: "db", Datacenter: "dc1", Failovers: 0 }, []],
          "others: acl list": ["ACLDisabled", "ACL support disabled"],
        });
      }),
    TEST_MS_MAX,
  );

  test.skipIf(WHY_NO_CONSUL !== "")(
    `gets the same from each method as of a real Consul ${WHY_NO_CONSUL}`,
    () =>
      withRig(async (rig) => {
        const agent = await rig.dev([NODE]);
        const consul = await startConsul(CONSUL.binary);
        try {
          const [ours, theirs] = await Promise.all([calls(`127.0.0.1:${agent.httpPort}`), calls(consul.address)]);
          expect(ours).toEqual(theirs as Call[]);
          expect(ours.length).toBeGreaterThan(150);
        } finally {
          await consul.stop();
        }
      }),
    TEST_MS_MAX,
  );
});
