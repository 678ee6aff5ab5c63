import { startMember } from "../../support/gossip/member.ts";

// `bun member-child.ts NAME ADDRESS PORT JOIN-ADDRESS JOIN-PORT`: a member that joins, says so, and lives until it is killed.

const [name = "", address = "", port, joinAddress = "", joinPort] = process.argv.slice(2);
const { pool } = await startMember(name, address, { bind: { address, port: Number(port) } });
await pool.join([{ address: joinAddress, port: Number(joinPort) }]);
process.stdout.write("joined\n");
