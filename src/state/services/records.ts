import {
  count,
  dict,
  exactText,
  flag,
  json,
  list,
  nullable,
  type Of,
  optional,
  struct,
  text,
  whole,
} from "../../codec/msgpack/shape.ts";
import { filled, proxyShape, sortedDeep } from "../../model/proxy-shape.ts";
import type { NodeService } from "../../model/service.ts";
import type { RecordDb } from "../records/kind.ts";
import { connectKeyOf, storedService } from "./commands.ts";
import { connectIndexName, serviceIndexName } from "./touch.ts";

const settings = nullable(dict(json));
const meshGateway = struct({ Mode: text });

const upstream = struct({
  Config: settings,
  Datacenter: text,
  DestinationName: text,
  DestinationNamespace: text,
  DestinationPeer: optional(text),
  DestinationType: text,
  LocalBindAddress: text,
  LocalBindPort: whole,
  LocalBindSocketMode: optional(text),
  LocalBindSocketPath: optional(text),
  MeshGateway: meshGateway,
});

const proxy = struct({
  Config: settings,
  DestinationServiceID: text,
  DestinationServiceName: text,
  Expose: struct({
    Checks: flag,
    Paths: list(
      struct({ ListenerPort: whole, Path: text, LocalPathPort: whole, Protocol: text, ParsedFromCheck: flag }),
    ),
  }),
  LocalServiceAddress: text,
  LocalServicePort: whole,
  LocalServiceSocketPath: optional(text),
  MeshGateway: meshGateway,
  Mode: optional(text),
  TransparentProxy: optional(struct({ OutboundListenerPort: whole, DialedDirectly: flag })),
  Upstreams: list(upstream),
});

/** A service inside the record of its node. Optional fields are of later versions of Consul. */
export const serviceShape = struct({
  Address: text,
  Connect: struct({ Native: flag, SidecarService: json }),
  CreateIndex: count,
  EnableTagOverride: flag,
  ID: exactText,
  Kind: text,
  LocallyRegisteredAsSidecar: flag,
  Meta: dict(text),
  ModifyIndex: count,
  Port: whole,
  Proxy: proxy,
  Service: exactText,
  TaggedAddresses: dict(struct({ Address: text, Port: whole })),
  Tags: list(text),
  Weights: nullable(struct({ Passing: whole, Warning: whole })),
});
type ServiceRecord = Of<typeof serviceShape>;

/** Made of `services` by `finishServices`. */
export const SERVICE_TABLES = ["services", "service_names", "service_tags"] as const;

export function loadService(db: RecordDb, nodeKey: string, record: ServiceRecord): void {
  const service = serviceOf(record);
  db.query(
    `INSERT OR REPLACE INTO services (node_key, id_key, service_key, connect_key, address, doc)
     VALUES (?, ?, ?, ?, ?, ?)`,
  ).run(
    nodeKey,
    service.ID.toLowerCase(),
    service.Service.toLowerCase(),
    connectKeyOf(service),
    service.Address,
    JSON.stringify(service),
  );
}

export function serviceOf(record: ServiceRecord): NodeService {
  const { Proxy: its, Connect, TaggedAddresses, Weights } = record;
  return storedService(
    {
      Kind: record.Kind,
      ID: record.ID,
      Service: record.Service,
      Tags: record.Tags,
      Address: record.Address,
      TaggedAddresses: TaggedAddresses ?? {},
      Meta: record.Meta,
      Port: record.Port,
      Weights: Weights ?? { Passing: 1, Warning: 1 },
      EnableTagOverride: record.EnableTagOverride,
      Proxy: withParsed(
        proxyShape({
          ...its,
          Mode: its.Mode ?? "",
          LocalServiceSocketPath: its.LocalServiceSocketPath ?? "",
          TransparentProxy: its.TransparentProxy ?? null,
          Upstreams: its.Upstreams?.map(upstreamOf) ?? null,
        }),
        its,
      ),
      Connect: filled({ Native: Connect.Native, SidecarService: sortedDeep(Connect.SidecarService) }),
    },
    record.CreateIndex,
    record.ModifyIndex,
  );
}

function upstreamOf(record: Of<typeof upstream>) {
  const { DestinationPeer = "", LocalBindSocketMode = "", LocalBindSocketPath = "" } = record;
  return { ...record, DestinationPeer, LocalBindSocketMode, LocalBindSocketPath };
}

/** Exposed paths say whether a check made them; a definition never does. */
function withParsed(shown: Record<string, unknown>, { Expose }: Of<typeof proxy>): Record<string, unknown> {
  if (!Expose.Paths?.some(({ ParsedFromCheck }) => ParsedFromCheck)) return shown;
  const Paths = Expose.Paths.map(({ ParsedFromCheck, ...path }) => ({ ...filled(path), ParsedFromCheck }));
  return { ...shown, Expose: filled({ Checks: Expose.Checks, Paths }) };
}

/** The services of a node, in the order of their keys. */
export function serviceRecords(db: RecordDb, nodeKey: string): ServiceRecord[] {
  const rows = db.query("SELECT doc FROM services WHERE node_key = ? ORDER BY id_key").all(nodeKey) as {
    doc: string;
  }[];
  return rows.map(({ doc }) => serviceRecordOf(JSON.parse(doc) as NodeService));
}

/** What a document leaves out is zero: the shape writes it. */
export function serviceRecordOf({ Kind, TaggedAddresses, Proxy: its, Connect, ...rest }: NodeService): ServiceRecord {
  return {
    ...serviceShape.zero,
    ...rest,
    Kind: Kind ?? "",
    TaggedAddresses: TaggedAddresses ?? null,
    Proxy: its as Of<typeof proxy>,
    Connect: Connect as ServiceRecord["Connect"],
  };
}

/** The lists of names and tags, and the indexes that Consul has none of. */
export function finishServices(db: RecordDb): void {
  db.run("DELETE FROM service_names");
  db.run("INSERT INTO service_names SELECT doc ->> '$.Service', count(*) FROM services GROUP BY 1");
  db.run("DELETE FROM service_tags");
  db.run(`INSERT INTO service_tags SELECT name, tag, count(*) FROM (
    SELECT DISTINCT node_key, id_key, doc ->> '$.Service' AS name, each.value AS tag
    FROM services, json_each(doc, '$.Tags') AS each WHERE each.type = 'text') GROUP BY name, tag`);
  const missing =
    "INSERT OR IGNORE INTO indexes SELECT DISTINCT ? || service_key, " +
    "coalesce((SELECT value FROM indexes WHERE name = 'services'), 0) FROM services";
  db.query(missing).run(serviceIndexName(""));
  const connect =
    "INSERT OR IGNORE INTO indexes SELECT ? || connect_key, max(value) FROM services " +
    "JOIN indexes ON name = ? || service_key WHERE connect_key IS NOT NULL GROUP BY connect_key";
  db.query(connect).run(connectIndexName(""), serviceIndexName(""));
}
