import { createSocket } from "node:dgram";
import dnsPacket from "dns-packet";
import { until } from "../../support/e2e/agent.ts";

/** An answer of the agent, whole. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** X-Consul-Index, or 0. */
  readonly index: number;
}

/** One request; rejects when no answer comes. */
export async function ask(url: string, method = "GET", body?: unknown): Promise<Answer> {
  const response = await fetch(url, {
    method,
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return {
    status: response.status,
    text: await response.text(),
    index: Number(response.headers.get("x-consul-index") ?? 0),
  };
}

/** The JSON of a 200 answer; throws with the text of any other. */
export async function read<T>(url: string, method = "GET", body?: unknown): Promise<T> {
  const { status, text } = await ask(url, method, body);
  if (status !== 200) throw new Error(`${method} ${url}: ${status} ${text}`);
  return text === "" ? (undefined as T) : (JSON.parse(text) as T);
}

/** Until the leader answers consistent reads: it has applied what was committed before its time. */
export async function untilLeading(url: string): Promise<void> {
  await until(
    async () =>
      await ask(`${url}/v1/kv/?keys&consistent`).then(
        ({ status }) => status === 200,
        () => false,
      ),
    "a leader that answers consistent reads",
  );
}

/** The addresses of the A records of a name, sorted. */
export async function addressesOf(dnsPort: number, name: string): Promise<string[]> {
  const socket = createSocket("udp4");
  const answers = await new Promise<dnsPacket.Answer[]>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("message", (bytes) => resolve(dnsPacket.decode(bytes).answers ?? []));
    socket.send(dnsPacket.encode({ type: "query", id: 1, questions: [{ type: "A", name }] }), dnsPort, "127.0.0.1");
  }).finally(() => socket.close());
  return answers.flatMap((answer) => (answer.type === "A" ? [answer.data] : [])).sort();
}
