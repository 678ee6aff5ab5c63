import type { ExportedServices, Mesh, MeshTls } from "./later.ts";

/** What a check finds: a text in the words of later versions of Consul, or undefined for nothing. */
type Problem = string | undefined;

/** Name of the only `mesh`. */
export const MESH_NAME = "mesh";
const EXPORTED_SERVICES_NAME = "default";
const WILDCARD = "*";
const TLS_VERSIONS = ["", "TLS_AUTO", "TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3"];

export function checkMesh({ TLS }: Mesh): Problem {
  const incoming = tlsProblem(TLS?.Incoming ?? null);
  if (incoming !== undefined) return `error in incoming TLS configuration: ${incoming}`;
  const outgoing = tlsProblem(TLS?.Outgoing ?? null);
  return outgoing === undefined ? undefined : `error in outgoing TLS configuration: ${outgoing}`;
}

function tlsProblem(tls: MeshTls | null): Problem {
  const versions = [tls?.TLSMinVersion ?? "", tls?.TLSMaxVersion ?? ""];
  const unknown = versions.find((version) => !TLS_VERSIONS.includes(version));
  return unknown === undefined ? undefined : `no matching TLS version found for ${unknown}`;
}

export function checkExportedServices({ Name, Services }: ExportedServices): Problem {
  if (Name !== EXPORTED_SERVICES_NAME) return `exported-services Name must be "${EXPORTED_SERVICES_NAME}"`;
  for (const [index, service] of (Services ?? []).entries()) {
    const problem = exportProblem(service);
    if (problem !== undefined) return `Services[${index}]${problem}`;
  }
  return undefined;
}

type Exported = NonNullable<ExportedServices["Services"]>[number];

function exportProblem({ Name, Consumers }: Exported): Problem {
  if (Name === "") return ": service name cannot be empty";
  if (Consumers === null || Consumers.length === 0) return ": must have at least one consumer";
  for (const [index, { Peer, Partition, SamenessGroup }] of Consumers.entries()) {
    const where = `.Consumers[${index}]: `;
    if ([Peer, Partition, SamenessGroup].filter((name) => name !== "").length > 1) {
      return `${where}must define at most one of Peer, Partition, or SamenessGroup`;
    }
    if (Partition === WILDCARD) return `${where}exporting to all partitions (wildcard) is not supported`;
    if (Peer === WILDCARD) return `${where}exporting to all peers (wildcard) is not supported`;
  }
  return undefined;
}
