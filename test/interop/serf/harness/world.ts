const WAIT_MS = 40_000;
const POLL_MS = 50;
/** Below the ports that the kernel gives to outgoing connections; another run at the same time has others. */
const PORTS_FROM = 20_000;
const PORTS = 5_000;

/** Every member has an address of its own, so that all may have the same ports. */
export const PORT = PORTS_FROM + (process.pid % PORTS);
export const RPC_PORT = PORT + PORTS;

/**
 * The time it takes to notice a death among a few members: the wait for a probe, the probe, the suspicion, the news; and as much
 * again for a busy machine.
 */
export const DETECTION_MS_MAX = 2 * (2000 + 1000 + 4000 + 600);

let last = 0;

export function nextAddress(): string {
  last = (last % 254) + 1;
  return `127.88.4.${last}`;
}

/** Looks again and again until the condition holds; throws when it does not in time, and what it throws itself. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  msMax: number = WAIT_MS,
): Promise<void> {
  const deadlineMs = performance.now() + msMax;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${msMax} ms for: ${what}`);
    await Bun.sleep(POLL_MS);
  }
}
