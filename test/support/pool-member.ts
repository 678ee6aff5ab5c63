import { OWN_VERSIONS } from "../../src/gossip/messages.ts";
import type { MemberStatus, PoolMember } from "../../src/gossip/types.ts";
import { clientTags, type MemberTags, serverTags } from "../../src/model/member-tags.ts";

/** A node id that begins with these characters, 8 at most. */
export const nodeIdOf = (start: string) => `${start.padEnd(8, "0")}-1111-4111-8111-111111111111`;

interface MemberParts {
  /** Its node id; by default one of its name, which then is hexadecimal. */
  id?: string;
  address?: string;
  status?: MemberStatus;
  tags?: MemberTags;
}

/** A client agent as the gossip pool shows it. */
export function clientMember(name: string, parts: MemberParts = {}): PoolMember {
  const { id = nodeIdOf(name), address = "10.0.0.1", status = "alive", tags } = parts;
  const own = clientTags({ nodeId: id, datacenter: "dc1", build: "1.8.7:muster-0.1.0" });
  return { name, at: { address, port: 8301 }, tags: { ...own, ...tags }, status, versions: OWN_VERSIONS };
}

/** `clientMember` for a server with its server port on 8300. */
export function serverMember(name: string, parts: MemberParts = {}): PoolMember {
  const { id = nodeIdOf(name) } = parts;
  const own = { nodeId: id, datacenter: "dc1", build: "1.8.7:muster-0.1.0", port: 8300, expect: 3, mayVote: true };
  return clientMember(name, { ...parts, tags: { ...serverTags({ ...own, wanPort: 8302 }, "lan"), ...parts.tags } });
}
