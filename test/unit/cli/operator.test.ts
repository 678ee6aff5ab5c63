import { afterEach, describe, expect, test } from "bun:test";
import type { RaftRecovery } from "../../../src/model/operator.ts";
import { runInProcess } from "../../support/cli/run-in-process.ts";

let server: Bun.Server<undefined> | undefined;
afterEach(() => server?.stop(true));

type Answers = Readonly<Record<string, unknown>>;

/** Runs `operator …` against an agent that answers by method and path, and tells what was asked. */
async function operator(answers: Answers, words: readonly string[], deps: Parameters<typeof runInProcess>[1] = {}) {
  const asked: string[] = [];
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      asked.push(
        `${request.method} ${pathname.replace("/v1/operator/", "")}${search} ${await request.text()}`.trimEnd(),
      );
      const answer = answers[`${request.method} ${pathname.replace("/v1/operator/", "")}`];
      return answer instanceof Response ? answer : Response.json(answer ?? null);
    },
  });
  const env = { CONSUL_HTTP_ADDR: `127.0.0.1:${server.port}` };
  return { ...(await runInProcess(["operator", ...words], { env, ...deps })), asked };
}

const raftServer = (n: number, voter = true) => ({
  ID: `id-${n}`,
  Node: `n${n}`,
  Address: `127.0.0.${n}:8300`,
  Leader: n === 1,
  ProtocolVersion: "3",
  Voter: voter,
});
const CONFIGURATION = { Servers: [raftServer(1), raftServer(2), raftServer(3, false)], Index: 0 };
const health = (n: number, LastIndex: number) => ({
  ID: `id-${n}`,
  Name: `n${n}`,
  Address: `127.0.0.${n}:8300`,
  SerfStatus: LastIndex === 0 ? "failed" : "alive",
  Version: "1.8.7",
  Leader: n === 1,
  LastContact: n === 1 ? "0s" : "12ms",
  LastTerm: LastIndex === 0 ? 0 : 2,
  LastIndex,
  Healthy: LastIndex > 0,
  Voter: n !== 3,
  StableSince: "2026-01-01T00:00:00Z",
});
const HEALTH = { Healthy: false, FailureTolerance: 0, Servers: [health(1, 20), health(2, 17), health(3, 0)] };
const NO_LEADER = () => new Response("No cluster leader", { status: 500 });

describe("operator raft list-peers", () => {
  const answers = { "GET raft/configuration": CONFIGURATION };

  test("prints the columns of Consul 1.8.7", async () => {
    const { stdout, asked } = await operator(answers, ["raft", "list-peers"]);
    expect(asked).toEqual(["GET raft/configuration"]);
    expect(stdout).toBe(
      [
        "Node  ID    Address         State     Voter  RaftProtocol",
        "n1    id-1  127.0.0.1:8300  leader    true   3",
        "n2    id-2  127.0.0.2:8300  follower  true   3",
        "n3    id-3  127.0.0.3:8300  follower  false  3",
        "",
      ].join("\n"),
    );
  });

  test("-stale asks whom it asks", async () => {
    expect((await operator(answers, ["raft", "list-peers", "-stale"])).asked).toEqual([
      "GET raft/configuration?stale=",
    ]);
  });

  test("-detailed adds the columns of Consul 1.16, also when a server is not well or not reached", async () => {
    const unwell = Response.json(HEALTH, { status: 429 });
    const { stdout } = await operator({ ...answers, "GET autopilot/health": unwell }, [
      "raft",
      "list-peers",
      "-detailed",
    ]);
    expect(stdout).toBe(
      [
        "Node  ID    Address         State     Voter  RaftProtocol  Commit Index  Trails Leader By",
        "n1    id-1  127.0.0.1:8300  leader    true   3             20            _",
        "n2    id-2  127.0.0.2:8300  follower  true   3             17            3 Commits",
        "n3    id-3  127.0.0.3:8300  follower  false  3             _             _",
        "",
      ].join("\n"),
    );
  });

  test("-format=json prints the servers", async () => {
    const { stdout } = await operator(answers, ["raft", "list-peers", "-format=json"]);
    expect(JSON.parse(stdout)).toEqual(CONFIGURATION.Servers);
  });

  test("says what failed", async () => {
    expect(await operator({ "GET raft/configuration": NO_LEADER() }, ["raft", "list-peers"])).toMatchObject({
      exit: 1,
      stderr:
        "Error getting peers: Failed to retrieve raft configuration: Unexpected response code: 500 (No cluster leader)\n",
    });
  });
});

describe("operator raft remove-peer", () => {
  test("by id or address", async () => {
    const byId = await operator({}, ["raft", "remove-peer", "-id=x"]);
    expect([byId.stdout, byId.asked]).toEqual(['Removed peer with id "x"\n', ["DELETE raft/peer?id=x"]]);
    const byAddress = await operator({}, ["raft", "remove-peer", "-address=10.0.0.1:8300"]);
    expect(byAddress.stdout).toBe('Removed peer with address "10.0.0.1:8300"\n');
    expect(byAddress.asked).toEqual(["DELETE raft/peer?address=10.0.0.1%3A8300"]);
  });

  test.each([
    [[], "an address or id is required for the peer to remove"],
    [["x"], "an address or id is required for the peer to remove"],
    [["-id=x", "-address=y"], "cannot give both an address and id"],
  ])("%p asks nothing", async (words, reason) => {
    const { exit, stderr, asked } = await operator({}, ["raft", "remove-peer", ...words]);
    expect([exit, stderr, asked]).toEqual([1, `Error removing peer: ${reason}\n`, []]);
  });
});

test("operator raft transfer-leader, to a server or to the best one", async () => {
  const answers = { "POST raft/transfer-leader": { Success: true } };
  const named = await operator(answers, ["raft", "transfer-leader", "-id=id-2"]);
  expect([named.stdout, named.asked]).toEqual(["Success\n", ["POST raft/transfer-leader?id=id-2"]]);
  expect((await operator(answers, ["raft", "transfer-leader"])).asked).toEqual(["POST raft/transfer-leader"]);
  expect(await operator({ "POST raft/transfer-leader": NO_LEADER() }, ["raft", "transfer-leader"])).toMatchObject({
    exit: 1,
    stderr: "Error transferring leadership: Unexpected response code: 500 (No cluster leader)\n",
  });
});

describe("operator raft recover", () => {
  const recovery: RaftRecovery = {
    Confirm: "id-2",
    Node: "n2",
    NodeID: "id-2",
    Address: "127.0.0.2:8300",
    ClusterID: "cluster",
    Leader: "",
    LastContact: "1m0s",
    LastTerm: 3,
    LastIndex: 20,
    CommitIndex: 19,
    LostServers: [raftServer(1), raftServer(3)],
  };
  const answers = { "GET raft/recover": recovery };
  const POST = 'POST raft/recover {"Confirm":"id-2"}';

  test("without a terminal and without the id it only tells", async () => {
    const { exit, stdout, stderr, asked } = await operator(answers, ["raft", "recover"]);
    expect([exit, asked]).toEqual([1, ["GET raft/recover"]]);
    expect(stderr).toBe("Nothing was changed. To go on: -confirm=id-2\n");
    expect(stdout).toBe(
      [
        "n2 (id-2, 127.0.0.2:8300) can go on as a cluster of its own, with what it has:",
        "",
        "  Last log entry          index 20, term 3",
        "  Known to be committed   up to index 19",
        "  Last heard a leader     1m0s ago",
        "",
        "It would give up these servers for good. Writes that only they have are lost, answered ones too:",
        "",
        "Node  ID    Address         Voter",
        "n1    id-1  127.0.0.1:8300  true",
        "n3    id-3  127.0.0.3:8300  true",
        "",
        "Stop those that still run before you go on, and compare their last log entries by this command:",
        "the server to go on with is the one with the highest term, and of those with the highest index.",
        "",
        "",
      ].join("\n"),
    );
  });

  test("the id does it", async () => {
    const { exit, stdout, asked } = await operator(answers, ["raft", "recover", "-confirm=id-2"]);
    expect([exit, asked]).toEqual([0, ["GET raft/recover", POST]]);
    expect(stdout).toEndWith(
      "n2 leads a cluster of its own. Start the others with empty data directories to join it.\n",
    );
  });

  test("at a terminal the id is asked for, and anything else changes nothing", async () => {
    const typed = (answer: string | undefined) =>
      operator(answers, ["raft", "recover"], { question: async () => answer });
    expect((await typed(" id-2 ")).asked).toEqual(["GET raft/recover", POST]);
    for (const answer of ["yes", "", "id-1", undefined]) {
      const { exit, stderr, asked } = await typed(answer);
      expect([exit, stderr.startsWith("Nothing was changed"), asked]).toEqual([1, true, ["GET raft/recover"]]);
    }
  });

  test("another server's id changes nothing", async () => {
    const { exit, asked } = await operator(answers, ["raft", "recover", "-confirm=id-1"]);
    expect([exit, asked]).toEqual([1, ["GET raft/recover"]]);
  });

  test("where there is a leader there is nothing to recover", async () => {
    const led = { "GET raft/recover": { ...recovery, Leader: "id-1" } };
    const { exit, stdout, stderr, asked } = await operator(led, ["raft", "recover", "-confirm=id-2"]);
    expect([exit, stdout, asked]).toEqual([1, "", ["GET raft/recover"]]);
    expect(stderr).toContain("The cluster has a leader (id-1)");
  });

  test("a moment after a leader was heard it waits for the next one, not for an answer", async () => {
    const recent = { "GET raft/recover": { ...recovery, LastContact: "9.999s" } };
    const { exit, stderr, asked } = await operator(recent, ["raft", "recover", "-confirm=id-2"]);
    expect([exit, asked]).toEqual([1, ["GET raft/recover"]]);
    expect(stderr).toBe(
      "A leader was heard 9.999s ago, and there may soon be another one. Try again when none was heard for 10s.\n",
    );
    const never = { "GET raft/recover": { ...recovery, LastContact: "never" } };
    expect((await operator(never, ["raft", "recover", "-confirm=id-2"])).asked).toEqual(["GET raft/recover", POST]);
  });

  test("-format=json prints what may be lost and never asks", async () => {
    const { exit, stdout } = await operator(answers, ["raft", "recover", "-format=json"], {
      question: async () => "id-2",
    });
    expect([exit, JSON.parse(stdout)]).toEqual([1, recovery]);
  });
});

const STORED = {
  CleanupDeadServers: true,
  LastContactThreshold: "200ms",
  MaxTrailingLogs: 250,
  MinQuorum: 0,
  ServerStabilizationTime: "10s",
  RedundancyZoneTag: "",
  DisableUpgradeMigration: false,
  UpgradeVersionTag: "",
  CreateIndex: 4,
  ModifyIndex: 9,
};

describe("operator autopilot", () => {
  const answers = { "GET autopilot/configuration": STORED, "PUT autopilot/configuration": true };

  test("get-config prints line by line as Consul 1.8.7 does, or JSON", async () => {
    const { stdout } = await operator(answers, ["autopilot", "get-config"]);
    expect(stdout).toBe(
      [
        "CleanupDeadServers = true",
        "LastContactThreshold = 200ms",
        "MaxTrailingLogs = 250",
        "MinQuorum = 0",
        "ServerStabilizationTime = 10s",
        'RedundancyZoneTag = ""',
        "DisableUpgradeMigration = false",
        'UpgradeVersionTag = ""',
        "",
      ].join("\n"),
    );
    const json = await operator(answers, ["autopilot", "get-config", "-format=json"]);
    expect(JSON.parse(json.stdout)).toEqual(STORED);
  });

  test("set-config changes what is given, on the condition that nothing changed meanwhile", async () => {
    const words = [
      "-cleanup-dead-servers=false",
      "-last-contact-threshold=1m",
      "-min-quorum=3",
      "-upgrade-version-tag=",
    ];
    const { stdout, asked } = await operator(answers, ["autopilot", "set-config", "-stale", ...words]);
    expect(stdout).toBe("Configuration updated!\n");
    const wanted = { ...STORED, CleanupDeadServers: false, LastContactThreshold: "1m0s", MinQuorum: 3 };
    expect(asked).toEqual([
      "GET autopilot/configuration",
      `PUT autopilot/configuration?cas=9 ${JSON.stringify(wanted)}`,
    ]);
  });

  test("set-config fails when somebody was faster", async () => {
    const lost = { ...answers, "PUT autopilot/configuration": false };
    expect(await operator(lost, ["autopilot", "set-config"])).toMatchObject({
      exit: 1,
      stderr: "Configuration could not be atomically updated, please try again\n",
    });
  });

  test("set-config takes no text for a number", async () => {
    const { exit, stderr, asked } = await operator(answers, ["autopilot", "set-config", "-max-trailing-logs=x"]);
    expect([exit, asked]).toEqual([1, []]);
    expect(stderr).toStartWith(
      'invalid value "x" for flag -max-trailing-logs: strconv.ParseUint: parsing "x": invalid syntax\n',
    );
  });

  test("health prints the servers and says by its exit code whether all are well", async () => {
    const sick = await operator({ "GET autopilot/health": Response.json(HEALTH, { status: 429 }) }, [
      "autopilot",
      "health",
    ]);
    expect([sick.exit, sick.stdout.split("\n").slice(0, 5)]).toEqual([
      2,
      [
        "Healthy:           false",
        "Failure Tolerance: 0",
        "",
        "Node  ID    Address         Status  Healthy  State     Voter  Contact  Term  Index  Since",
        "n1    id-1  127.0.0.1:8300  alive   true     leader    true   0s       2     20     2026-01-01T00:00:00Z",
      ],
    ]);
    const well = { ...HEALTH, Healthy: true };
    const json = await operator({ "GET autopilot/health": well }, ["autopilot", "health", "-format=json"]);
    expect([json.exit, JSON.parse(json.stdout)]).toEqual([0, well]);
  });

  test("state prints the lines of Consul 1.9", async () => {
    const { Leader: _l, SerfStatus, Voter: _v, ...rest } = health(1, 20);
    const one = { ...rest, NodeStatus: SerfStatus, ReadReplica: false, Status: "leader", NodeType: "voter" };
    const state = {
      Healthy: true,
      FailureTolerance: 0,
      OptimisticFailureTolerance: 0,
      Servers: { "id-1": { ...one, Meta: { b: "2", a: "1" } } },
      Leader: "id-1",
      Voters: ["id-1"],
    };
    const { stdout } = await operator({ "GET autopilot/state": state }, ["autopilot", "state"]);
    expect(stdout).toBe(
      [
        "Healthy:                      true",
        "Failure Tolerance:            0",
        "Optimistic Failure Tolerance: 0",
        "Leader:                       id-1",
        "Voters:",
        "   id-1",
        "Servers:",
        "   id-1",
        "      Name:            n1",
        "      Address:         127.0.0.1:8300",
        "      Version:         1.8.7",
        "      Status:          leader",
        "      Node Type:       voter",
        "      Node Status:     alive",
        "      Healthy:         true",
        "      Last Contact:    0s",
        "      Last Term:       2",
        "      Last Index:      20",
        "      Meta",
        '         "a": "1"',
        '         "b": "2"',
        "",
      ].join("\n"),
    );
    const json = await operator({ "GET autopilot/state": state }, ["autopilot", "state", "-format=json"]);
    expect(JSON.parse(json.stdout)).toEqual(state);
  });
});

test("each group of words prints its help", async () => {
  for (const words of [[], ["raft"], ["autopilot"]]) {
    const { exit, stderr } = await operator({}, words);
    expect([exit, stderr]).toEqual([1, expect.stringContaining("Subcommands:")]);
  }
});

describe("operator usage instances", () => {
  const connect = { "connect-native": 0, "connect-proxy": 2, "mesh-gateway": 1 };
  const usage = (billable: number, Nodes: number) => ({
    Services: billable - 1,
    ServiceInstances: billable + 3,
    ConnectServiceInstances: connect,
    BillableServiceInstances: billable,
    Nodes,
  });
  const one = { "GET usage": { Usage: { dc1: usage(3, 1) } } };
  const two = { "GET usage": { Usage: { dc2: usage(10, 2), dc1: usage(3, 1) } } };

  test("prints the tables of Consul 1.16", async () => {
    const { stdout, asked } = await operator(one, ["usage", "instances"]);
    expect(asked).toEqual(["GET usage"]);
    expect(stdout.split("\n")).toEqual([
      "Billable Service Instances Total: 3",
      "dc1 Billable Service Instances: 3",
      "",
      "Billable Services",
      "Services      Service instances",
      "2             3",
      "",
      "Nodes",
      "Datacenter      Count",
      "dc1             1",
      "                ",
      "Total           1",
      "",
      "Connect Services",
      "Type                Service instances",
      "connect-native      0",
      "connect-proxy       2",
      "mesh-gateway        1",
      "",
    ]);
  });

  test("-all-datacenters counts in all of them, by name", async () => {
    const { stdout, asked } = await operator(two, ["usage", "instances", "-all-datacenters", "-only-billable"]);
    expect(asked).toEqual(["GET usage?global="]);
    expect(stdout).toStartWith(
      "Billable Service Instances Total: 13\ndc1 Billable Service Instances: 3\ndc2 Billable Service Instances: 10\n",
    );
    expect(stdout).toContain(
      "dc2             9             10\n                              \nTotal           11            13\n",
    );
    expect(stdout).not.toContain("Connect Services");
  });

  test("-only-connect leaves out everything else", async () => {
    const { stdout } = await operator(two, ["usage", "instances", "-all-datacenters", "-only-connect"]);
    expect(stdout).toStartWith("Connect Services\nDatacenter      Type                Service instances\n");
    expect(stdout).toEndWith("\nTotal                               6\n");
  });

  test("-format=json is what the API says, by datacenter", async () => {
    const { stdout } = await operator(one, ["usage", "instances", "-format=json"]);
    expect(JSON.parse(stdout)).toEqual({ dc1: usage(3, 1) });
  });

  test("both limits at once are refused", async () => {
    const { exit, stderr, asked } = await operator(one, ["usage", "instances", "-only-connect", "-only-billable"]);
    expect([exit, stderr, asked]).toEqual([1, "Cannot specify both -only-billable and -only-connect flags\n", []]);
  });
});
