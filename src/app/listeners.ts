import type { Config } from "../config/config.ts";
import type { HttpApp } from "../http/app.ts";
import { type HttpListener, type HttpTls, listenHttp } from "../platform/http-server.ts";
import { readAuthorities, readPem } from "./tls-files.ts";

const UNIX_PREFIX = "unix://";

/** Opens the HTTP and HTTPS listeners of the configuration; on a failure those already open are closed again. */
export function listenAll(config: Config, app: HttpApp): HttpListener[] {
  const listeners: HttpListener[] = [];
  try {
    for (const address of config.addresses.http) listeners.push(...listen(config, address, config.ports.http, app));
    const tls = config.ports.https === null ? undefined : readTls(config);
    for (const address of config.addresses.https) {
      if (tls !== undefined) listeners.push(...listen(config, address, config.ports.https, app, tls));
    }
    return listeners;
  } catch (error) {
    for (const listener of listeners) void listener.close(0);
    throw error;
  }
}

function listen(config: Config, address: string, port: number | null, app: HttpApp, tls?: HttpTls): HttpListener[] {
  const isUnix = address.startsWith(UNIX_PREFIX);
  if (!isUnix && port === null) return [];
  const at = isUnix
    ? { unix: address.slice(UNIX_PREFIX.length), ...socketMode(config) }
    : { hostname: address, port: port ?? 0 };
  try {
    return [
      listenHttp({
        address: at,
        ...(tls === undefined ? {} : { tls }),
        fetch: (raw, connection) => app.fetch(raw, connection),
      }),
    ];
  } catch (error) {
    throw new Error(
      `Failed to listen for HTTP on ${isUnix ? address : `${address}:${port}`}: ${(error as Error).message}`,
    );
  }
}

/** Throws for a mode that is none; without one the platform's default holds. */
function socketMode({ unixSockets: { mode } }: Config): { mode?: number } {
  if (mode === "") return {};
  if (!/^0?[0-7]{3}$/.test(mode))
    throw new Error(`unix_sockets.mode ${JSON.stringify(mode)} is not three octal digits`);
  return { mode: Number.parseInt(mode, 8) };
}

function readTls(config: Config): HttpTls {
  const { certFile, keyFile, verifyIncoming, verifyIncomingHttps } = config;
  if (certFile === "" || keyFile === "") {
    throw new Error("ports.https is set, but not cert_file and key_file: HTTPS needs a certificate and its key");
  }
  const pair = { cert: readPem(certFile), key: readPem(keyFile) };
  if (!verifyIncoming && !verifyIncomingHttps) return pair;
  const ca = readAuthorities(config);
  if (ca === undefined) throw new Error("verify_incoming is set, but neither ca_file nor ca_path says whom to trust");
  return { ...pair, ca };
}
