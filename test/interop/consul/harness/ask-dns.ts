import { createSocket } from "node:dgram";
import { decode, encode, type RecordType } from "dns-packet";

const EDNS_BYTES = 4096;
const ANSWER_MS_MAX = 5_000;
const QUERY_ID = 0x4d75;
const PORT = 8600;

/** The answer of an agent to one question: its code, and its records in an order of their own. Rejects when none comes. */
export async function askDns(address: string, name: string, type: string): Promise<unknown> {
  const option = { name: ".", flags: 0, options: [], extendedRcode: 0, ednsVersion: 0, flag_do: false };
  const query = encode({
    type: "query",
    id: QUERY_ID,
    questions: [{ type: type as RecordType, name }],
    additionals: [{ type: "OPT", udpPayloadSize: EDNS_BYTES, ...option }],
  });
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const socket = createSocket("udp4");
  const timer = setTimeout(() => reject(new Error(`no answer from ${address} for ${name} ${type}`)), ANSWER_MS_MAX);
  socket.on("message", resolve);
  socket.on("error", reject);
  socket.send(query, PORT, address);
  const packet = decode(
    await promise.finally(() => {
      clearTimeout(timer);
      socket.close();
    }),
  );
  const lines = (records: readonly object[] = []) => records.map((record) => JSON.stringify(record)).sort();
  const others = packet.additionals?.filter(({ type: kind }) => kind !== "OPT");
  // The low four bits of the flags.
  return { code: (packet.flags ?? 0) & 15, answers: lines(packet.answers), additionals: lines(others) };
}
