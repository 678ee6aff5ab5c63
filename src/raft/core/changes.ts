import type { Configuration, Server } from "../configuration.ts";
import type { Change, RefusedReason } from "./types.ts";

/** The configuration with one server more, less or otherwise; or why not. Never more than one vote changes (thesis 4.1). */
export function changed({ servers }: Configuration, change: Change): Configuration | RefusedReason {
  const id = change.kind === "add" ? change.server.id : change.serverId;
  const server = servers.find((known) => known.id === id);
  if (change.kind === "add") return added(servers, server, change.server);
  if (server === undefined) return "no such server";
  const isLastVoter = server.voter && servers.filter(({ voter }) => voter).length === 1;
  switch (change.kind) {
    case "promote":
      return server.voter ? "already so" : replaced(servers, { ...server, voter: true });
    case "demote":
      if (!server.voter) return "already so";
      return isLastVoter ? "last voter" : replaced(servers, { ...server, voter: false });
    case "remove":
      return isLastVoter ? "last voter" : { servers: servers.filter((known) => known !== server) };
  }
}

function added(
  servers: readonly Server[],
  known: Server | undefined,
  { id, address }: Pick<Server, "id" | "address">,
): Configuration | RefusedReason {
  if (known === undefined) return { servers: [...servers, { id, address, voter: false }] };
  return known.address === address ? "already so" : replaced(servers, { ...known, address });
}

function replaced(servers: readonly Server[], server: Server): Configuration {
  return { servers: servers.map((known) => (known.id === server.id ? server : known)) };
}
