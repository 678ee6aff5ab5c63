import { expect, test } from "bun:test";
import { join } from "node:path";
import { onLoopback } from "../e2e/harness/cluster/cluster.ts";
import type { Member } from "../e2e/harness/cluster/member.ts";
import { registryUnderTest } from "../e2e/harness/cluster/registry.ts";
import { answer } from "../e2e/harness/cluster/views.ts";
import { type Discovery, type ScraperName, startScraper, type Targets, whyNoScraper } from "./harness/scraper.ts";

/** Two programs with a discovery of their own for one configuration. */
const SCRAPERS: readonly ScraperName[] = ["prometheus", "vmagent"];
const TEST_MS_MAX = 100_000;

const put = (at: Member, path: string, body: unknown) => answer(at, "PUT", path, body);

/** An outside node with a database. */
const database = (at: Member, number: number, tag: string, address = `10.9.0.${number}`, status = "passing") =>
  put(at, "/v1/catalog/register", {
    Node: `ext${number}`,
    Address: address,
    NodeMeta: { rack: `r${number}`, "not-a-label": "1" },
    TaggedAddresses: { lan: address, wan: "192.0.2.1" },
    Service: { Service: "db", ID: `db-${number}`, Port: 5432, Tags: [tag, "sql"], Meta: { "major-version": "15" } },
    Check: { CheckID: `db-${number}:up`, ServiceID: `db-${number}`, Name: "up", Status: status },
  });

/** What each job finds, as `node/service id`. */
const names = (targets: Targets) =>
  Object.fromEntries(Object.entries(targets).map(([job, found]) => [job, Object.keys(found).sort()]));

const isSeen = (wanted: Readonly<Record<string, readonly string[]>>) => (targets: Targets) =>
  JSON.stringify(Object.entries(names(targets)).sort()) === JSON.stringify(Object.entries(wanted).sort());

for (const name of SCRAPERS) {
  const WHY_NOT = whyNoScraper(name);
  test.skipIf(WHY_NOT !== "")(
    `${name} finds what is registered, with its labels, at a server and at a client, and follows each change ${WHY_NOT}`,
    () =>
      onLoopback(registryUnderTest(), async (cluster) => {
        const server = await cluster.start(1);
        const client = await cluster.addClient();
        const [atServer, atClient] = [server, client].map((member) => new URL(member.endpoint.url).host) as [
          string,
          string,
        ];
        const web = { Name: "web", ID: "web-1", Address: "10.1.1.1", Port: 80, Tags: ["v1"], Meta: { a: "b" } };
        await put(client, "/v1/agent/service/register", web);
        await database(server, 1, "pg");
        await database(client, 2, "pg");
        const jobs: Readonly<Record<string, Discovery>> = {
          all: { server: atServer },
          client: { server: atClient, allow_stale: false },
          tagged: { server: atClient, services: ["db", "web", "none"], tags: ["sql", "pg"], tag_separator: "|" },
          meta: { server: atServer, node_meta: { rack: "r2" }, allow_stale: false },
        };
        const scraper = await startScraper(name, join(cluster.dir, name), jobs);
        try {
          const databases = ["ext1/db-1", "ext2/db-2"];
          const all = ["c1/web-1", ...databases, "s1/consul"];
          const first = { all, client: all, tagged: databases, meta: ["ext2/db-2"] };
          const targets = await scraper.untilTargets(isSeen(first), "all targets");
          expect(targets.tagged?.["ext1/db-1"]).toEqual({
            address: "10.9.0.1:5432",
            meta_address: "10.9.0.1",
            meta_dc: "dc1",
            meta_health: "passing",
            meta_metadata_not_a_label: "1",
            meta_metadata_rack: "r1",
            meta_node: "ext1",
            meta_service: "db",
            meta_service_id: "db-1",
            meta_service_metadata_major_version: "15",
            meta_service_port: "5432",
            meta_tagged_address_lan: "10.9.0.1",
            meta_tagged_address_wan: "192.0.2.1",
            meta_tags: "|pg|sql|",
          });
          expect(targets.all?.["c1/web-1"]).toMatchObject({
            address: "10.1.1.1:80",
            meta_address: client.place.address,
            meta_service_metadata_a: "b",
            meta_tags: ",v1,",
          });
          expect(targets.client).toEqual(targets.all as NonNullable<typeof targets.all>);

          await put(client, "/v1/agent/service/deregister/web-1", "");
          await put(client, "/v1/agent/service/register", { Name: "api", Port: 8080 });
          await database(server, 1, "mysql");
          await database(server, 2, "pg", "10.9.0.22", "critical");
          const now = ["c1/api", ...databases, "s1/consul"];
          const second = { all: now, client: now, tagged: ["ext2/db-2"], meta: ["ext2/db-2"] };
          const moved = { address: "10.9.0.22:5432", meta_health: "critical" };
          const hasMoved = (found: Targets) =>
            Object.values(found).every((job) => job["ext2/db-2"]?.address === moved.address) &&
            [found.all, found.client].every((job) => job?.["ext1/db-1"]?.meta_tags === ",mysql,sql,");
          const changed = await scraper.untilTargets(
            (found) => isSeen(second)(found) && hasMoved(found),
            "what has changed",
          );
          for (const job of Object.values(changed)) expect(job["ext2/db-2"]).toMatchObject(moved);

          await server.stop("SIGKILL");
          expect(names(await scraper.targets())).toEqual(second);
          cluster.launch(server);
          await cluster.leader();
          await database(server, 3, "pg");
          const last = [...now.slice(0, 3), "ext3/db-3", "s1/consul"];
          const third = { all: last, client: last, tagged: ["ext2/db-2", "ext3/db-3"], meta: ["ext2/db-2"] };
          await scraper.untilTargets(isSeen(third), "what came after the restart");
        } finally {
          await scraper.stop();
        }
      }),
    TEST_MS_MAX,
  );
}
