import { RemoteExec } from "../agent/remote-exec.ts";
import type { Config } from "../config/config.ts";
import type { HttpApp } from "../http/app.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { keepScript } from "../platform/private-script.ts";
import { BunProcessRunner } from "../platform/process.ts";
import { askSelf } from "./own-requests.ts";
import type { Telemetry } from "./telemetry.ts";

/** What hears that this node shall run a program. */
export interface ExecListener {
  readonly onEvent: (payload: Uint8Array | null) => void;
  close(): void;
}

/** Runs programs for `exec`, if the configuration allows it; `app` is the own API. */
export function remoteExec(
  { disableRemoteExec, nodeName }: Config,
  app: () => HttpApp,
  { hub }: Telemetry,
  shell: string,
): ExecListener {
  const log = hub.logger("agent");
  if (disableRemoteExec) {
    return {
      onEvent: () => log.info("remote exec: an order is left out, since disable_remote_exec is true"),
      close: () => undefined,
    };
  }
  const exec = new RemoteExec({
    nodeName: () => nodeName,
    async get(key) {
      const response = await askSelf(app(), nodeName, `${pathOf(key)}?raw`);
      if (response.status === 404) return undefined;
      if (response.status !== 200) throw failure(key, response.status, await response.text());
      return await response.bytes();
    },
    async put(key, value, session) {
      const init = { method: "PUT", body: new Uint8Array(value) };
      const response = await askSelf(app(), nodeName, `${pathOf(key)}?acquire=${session}`, init);
      const text = await response.text();
      if (response.status === 500 && text.startsWith("invalid session")) return false;
      if (response.status !== 200) throw failure(key, response.status, text);
      return text.trim() === "true";
    },
    processes: new BunProcessRunner(),
    keepScript,
    ...{ shell, clock, log },
  });
  return { onEvent: (payload) => void exec.onEvent(payload), close: () => exec.close() };
}

const pathOf = (key: string) => `/v1/kv/${key.split("/").map(encodeURIComponent).join("/")}`;

function failure(key: string, status: number, text: string): Error {
  return new Error(`${key}: ${status} ${text}`);
}
