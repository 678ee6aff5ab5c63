import type { CheckRun } from "../../model/definition-check.ts";
import type { HttpProbeReply, HttpProber } from "../../ports/probes.ts";
import type { Probe } from "./check.ts";
import { TailBuffer } from "./output.ts";
import { exitStatus, programTimeoutMs } from "./script.ts";

const SOCKET_DEFAULT = "/var/run/docker.sock";
/** Docker's own answers (not the program's output) are short. */
const ANSWER_BYTES_MAX = 64 * 1024;

/** Where Docker listens, from `DOCKER_HOST`: `unix:///path`, `tcp://host:port`, or nothing. */
export function dockerEndpoint(dockerHost: string): { base: string; socketPath?: string } {
  if (dockerHost.startsWith("tcp://")) return { base: `http://${dockerHost.slice("tcp://".length)}` };
  if (/^https?:\/\//.test(dockerHost)) return { base: dockerHost.replace(/\/$/, "") };
  const path = dockerHost.startsWith("unix://") ? dockerHost.slice("unix://".length) : SOCKET_DEFAULT;
  return { base: "http://docker", socketPath: path };
}

/** Runs a program in a container, by Docker's exec API; the exit code decides as for scripts. */
export function dockerProbe(run: CheckRun, outputBytesMax: number, http: HttpProber, dockerHost: string): Probe {
  const endpoint = dockerEndpoint(dockerHost);
  const container = run.DockerContainerID;
  const timeoutMs = programTimeoutMs(run);
  const call = async (method: string, path: string, body: unknown, output: TailBuffer, signal: AbortSignal) =>
    await http.request(
      {
        method,
        url: `${endpoint.base}${path}`,
        ...(endpoint.socketPath === undefined ? {} : { socketPath: endpoint.socketPath }),
        headers: [["Content-Type", ["application/json"]]],
        body: body === undefined ? "" : JSON.stringify(body),
        timeoutMs,
        followRedirects: false,
        tls: { skipVerify: false, serverName: "" },
      },
      (chunk) => output.push(chunk),
      signal,
    );
  const json = async (what: string, method: string, path: string, body: unknown, signal: AbortSignal) => {
    const answer = new TailBuffer(ANSWER_BYTES_MAX);
    const reply = await labelled(what, container, call(method, path, body, answer, signal));
    expectSuccess(what, container, reply, answer);
    return JSON.parse(answer.bare()) as Record<string, unknown>;
  };
  return async (signal) => {
    try {
      const create = { AttachStdin: false, AttachStdout: true, AttachStderr: true, Tty: true, Cmd: run.ScriptArgs };
      const path = `/containers/${encodeURIComponent(container)}/exec`;
      const id = String((await json("create exec", "POST", path, create, signal)).Id);
      const output = new TailBuffer(outputBytesMax);
      // With a terminal the two outputs come as one plain stream, without Docker's frames.
      const start = call("POST", `/exec/${id}/start`, { Detach: false, Tty: true }, output, signal);
      expectSuccess("start exec", container, await labelled("start exec", container, start), output);
      const { ExitCode } = await json("inspect exec", "GET", `/exec/${id}/json`, undefined, signal);
      return { status: exitStatus(typeof ExitCode === "number" ? ExitCode : null), output: output.text() };
    } catch (error) {
      return { status: "critical", output: error instanceof Error ? error.message : String(error) };
    }
  };
}

async function labelled(what: string, container: string, reply: Promise<HttpProbeReply>): Promise<HttpProbeReply> {
  try {
    return await reply;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new Error(`${what} failed for container ${container}: ${text}`);
  }
}

function expectSuccess(what: string, container: string, reply: HttpProbeReply, answer: TailBuffer): void {
  if (reply.status >= 200 && reply.status <= 299) return;
  if (reply.status === 404) throw new Error(`${what} failed for unknown container ${container}`);
  throw new Error(`${what} failed for container ${container} with status ${reply.status}: ${answer.bare().trim()}`);
}
