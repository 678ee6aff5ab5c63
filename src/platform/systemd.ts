import { dlopen, ptr } from "bun:ffi";

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const AT = 64;

/**
 * Tells systemd a state (`READY=1`, `STOPPING=1`) as sd_notify(3) does. Neither Bun nor Node has unix datagrams, so it
 * is the C library's calls. Does nothing where there is no NOTIFY_SOCKET; false when telling failed.
 */
export function notifySystemd(socketPath: string | undefined, state: string): boolean {
  if (!socketPath) return true;
  try {
    send(socketPath, Buffer.from(state));
    return true;
  } catch {
    return false;
  }
}

function send(socketPath: string, message: Buffer): void {
  const { symbols } = dlopen("libc.so.6", {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i64" },
    close: { args: ["i32"], returns: "i32" },
  });
  const path = Buffer.from(socketPath);
  // An abstract socket is written with @ and has a zero byte there.
  if (path[0] === AT) path[0] = 0;
  const address = Buffer.alloc(2 + path.length + (path[0] === 0 ? 0 : 1));
  address.writeUInt16LE(AF_UNIX, 0);
  path.copy(address, 2);
  const fd = symbols.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (fd < 0) throw new Error("no socket");
  const sent = symbols.sendto(fd, ptr(message), message.length, 0, ptr(address), address.length);
  symbols.close(fd);
  if (Number(sent) !== message.length) throw new Error("not sent");
}
