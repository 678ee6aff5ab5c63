import { afterEach, describe, expect, test } from "bun:test";
import { runInProcess } from "../../support/cli/run-in-process.ts";

let server: Bun.Server<undefined> | undefined;
afterEach(() => server?.stop(true));

/** Runs `services …` against an agent with this entry; `isFree` false is one that somebody changes meanwhile. */
async function services(entry: unknown, words: readonly string[], isFree = true) {
  const written: { target: string; body: unknown }[] = [];
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      if (request.method === "GET")
        return entry === undefined ? new Response("Config entry not found", { status: 404 }) : Response.json(entry);
      written.push({ target: new URL(request.url).search, body: await request.json() });
      return Response.json(isFree);
    },
  });
  const env = { CONSUL_HTTP_ADDR: `127.0.0.1:${server.port}` };
  return { ...(await runInProcess(["services", ...words], { env })), written };
}

const ENTRY = {
  Kind: "exported-services",
  Name: "default",
  Services: [
    { Name: "web", Consumers: [{ Peer: "east" }] },
    { Name: "api", Consumers: [{ Peer: "west" }, { Peer: "east" }] },
  ],
  Meta: { a: "b" },
  CreateIndex: 4,
  ModifyIndex: 7,
};

describe("services export", () => {
  test("makes the entry when there is none", async () => {
    const { stdout, written } = await services(undefined, ["export", "-name=web", "-consumer-peers=a,b"]);
    expect(stdout).toBe('Successfully exported service web to peers "a,b"\n');
    const Services = [{ Name: "web", Consumers: [{ Peer: "a" }, { Peer: "b" }] }];
    expect(written).toEqual([{ target: "?cas=0", body: { Kind: "exported-services", Name: "default", Services } }]);
  });

  test("adds to what is there, on the condition that it still is", async () => {
    const { written } = await services(ENTRY, ["export", "-name=web", "-consumer-peers=east,north"]);
    const [, api] = ENTRY.Services;
    expect(written).toEqual([
      {
        target: "?cas=7",
        body: {
          Kind: "exported-services",
          Name: "default",
          Meta: { a: "b" },
          Services: [{ Name: "web", Consumers: [{ Peer: "east" }, { Peer: "north" }] }, api],
        },
      },
    ]);
    const { exit, stderr } = await services(ENTRY, ["export", "-name=web", "-consumer-peers=x"], false);
    expect([exit, stderr]).toEqual([1, "Config entry was changed while attempting to update, please try again\n"]);
  });

  test.each([
    [[], "Missing the required -name flag"],
    [["-name=web"], "Missing the required -consumer-peers flag"],
    [["-name=web", "-consumer-peers=a,"], 'Invalid peer ""'],
  ])("%p is refused", async (flags, text) => {
    const { exit, stderr, written } = await services(ENTRY, ["export", ...flags]);
    expect([exit, stderr, written]).toEqual([1, `${text}\n`, []]);
  });
});

describe("services exported-services", () => {
  test("lists services by name with their consumers", async () => {
    const { stdout } = await services(ENTRY, ["exported-services"]);
    expect(stdout).toBe("Service  Consumer Peers\napi      west, east\nweb      east\n");
  });

  test("as JSON has the shape of the API", async () => {
    const { stdout } = await services(ENTRY, ["exported-services", "-format=json"]);
    expect(JSON.parse(stdout)).toEqual([
      { Service: "api", Consumers: { Peers: ["west", "east"] } },
      { Service: "web", Consumers: { Peers: ["east"] } },
    ]);
  });

  test("none is no error", async () => {
    expect(await services(undefined, ["exported-services"])).toMatchObject({
      exit: 0,
      stdout: "No exported services found\n",
    });
  });
});
