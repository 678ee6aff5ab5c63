/** Something of everything that Consul 1.8 keeps, for a program that answers at `url`. */
export async function seed(url: string): Promise<void> {
  const put = async (path: string, body: unknown = "", method = "PUT"): Promise<string> => {
    const isRaw = typeof body === "string" || body instanceof Uint8Array;
    const response = await fetch(url + path, { method, body: isRaw ? body : JSON.stringify(body) });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text;
  };
  await keys(put);
  await nodes(put);
  await sessions(put);
  await configEntries(put);
  const query = (body: object) => put("/v1/query", body, "POST");
  await query({
    Name: "nearest-db",
    Service: { Service: "db", Tags: ["pg"], OnlyPassing: true, Failover: { NearestN: 2, Datacenters: ["dc2"] } },
    DNS: { TTL: "7s" },
  });
  await query({
    Name: "geo-",
    Template: { Type: "name_prefix_match", Regexp: "^geo-(.*?)$" },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text is Consul's own
    Service: { Service: "${match(1)}" },
  });
  await put("/v1/connect/intentions", { SourceName: "web", DestinationName: "db", Action: "deny" }, "POST");
}

type Put = (path: string, body?: unknown, method?: string) => Promise<string>;

async function keys(put: Put): Promise<void> {
  for (let at = 1; at <= 30; at++) await put(`/v1/kv/app/key${at}?flags=${at}`, `value ${at}`);
  await put("/v1/kv/app/key1?flags=18446744073709551615", "all bits");
  await put("/v1/kv/bytes", new Uint8Array(Array.from({ length: 256 }, (_, at) => at)));
  await put("/v1/kv/empty/");
  await put("/v1/kv/d%C3%A9p%C3%B4t/%E2%98%83", "é");
  await put("/v1/kv/app/key30", "", "DELETE");
}

async function nodes(put: Put): Promise<void> {
  for (const at of [1, 2, 3]) {
    const address = `10.9.0.${at}`;
    await put("/v1/catalog/register", {
      Node: `ext${at}`,
      Address: address,
      NodeMeta: { rack: `r${at}`, "external-node": "true" },
      TaggedAddresses: { lan: address, wan: `192.0.2.${at}` },
      Service: {
        ...{ ID: `db${at}`, Service: "db", Port: 5430 + at, Tags: ["pg", `t${at}`], Meta: { v: String(at) } },
        Address: at === 2 ? "10.1.1.1" : "",
        Weights: { Passing: at * 3, Warning: 1 },
        EnableTagOverride: at === 2,
      },
      Checks: [
        {
          ...{ CheckID: `db${at}:tcp`, Name: "tcp", ServiceID: `db${at}`, Status: at === 3 ? "critical" : "passing" },
          Definition: { TCP: `${address}:5432`, Interval: "10s", Timeout: "1s" },
        },
        { CheckID: `ping${at}`, Name: "ping", Status: at === 1 ? "warning" : "passing", Output: "ok\n", Notes: "n" },
      ],
    });
  }
  await put("/v1/catalog/register", {
    Node: "ext1",
    Address: "10.9.0.1",
    SkipNodeUpdate: true,
    Service: {
      ...{ Kind: "connect-proxy", ID: "db1-proxy", Service: "db-proxy", Port: 21000 },
      Proxy: {
        ...{ DestinationServiceName: "db", DestinationServiceID: "db1", LocalServicePort: 5432 },
        Config: { half: 0.5, nested: { a: ["b", 2, true] } },
        Upstreams: [{ DestinationName: "web", LocalBindPort: 9191 }],
      },
    },
  });
}

async function sessions(put: Put): Promise<void> {
  const create = async (body: object) => (JSON.parse(await put("/v1/session/create", body)) as { ID: string }).ID;
  const onNode = { Node: "ext2", NodeChecks: ["ping2"] };
  const holder = await create({ ...onNode, Name: "holder", Behavior: "delete", LockDelay: "5s", TTL: "3600s" });
  await create({ Node: "ext3", NodeChecks: [], Name: "free" });
  await put(`/v1/kv/locks/a?acquire=${holder}&flags=3`, "held");
}

async function configEntries(put: Put): Promise<void> {
  const entries = [
    { Kind: "proxy-defaults", Name: "global", Config: { protocol: "http", ms: 1500 }, MeshGateway: { Mode: "local" } },
    { Kind: "service-defaults", Name: "web", Protocol: "http" },
    { Kind: "service-defaults", Name: "api", Protocol: "http", Expose: { Checks: true } },
    {
      ...{ Kind: "service-resolver", Name: "web", DefaultSubset: "v1", ConnectTimeout: "15s" },
      Subsets: { v1: { Filter: "Service.Meta.version == v1" }, v2: { Filter: "Service.Meta.version == v2" } },
    },
    {
      ...{ Kind: "service-splitter", Name: "web" },
      Splits: [
        { Weight: 90, ServiceSubset: "v1" },
        { Weight: 10, ServiceSubset: "v2" },
      ],
    },
    {
      ...{ Kind: "service-router", Name: "web" },
      Routes: [
        { Match: { HTTP: { PathPrefix: "/api", Methods: ["GET"] } }, Destination: { Service: "api", NumRetries: 3 } },
      ],
    },
    {
      ...{ Kind: "ingress-gateway", Name: "door" },
      Listeners: [{ Port: 8080, Protocol: "http", Services: [{ Name: "web", Hosts: ["web.example.com"] }] }],
    },
    { Kind: "terminating-gateway", Name: "exit", Services: [{ Name: "db" }] },
  ];
  for (const entry of entries) await put("/v1/config", entry);
}
