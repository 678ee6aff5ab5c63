import type { ParsedFlags } from "../lang/goflags.ts";
import { readSelf } from "./agent-self.ts";
import { type CommandContext, CommandFailure, errorText, orFail } from "./context.ts";
import { KeptSession } from "./kept-session.ts";
import type { Latch } from "./latch.ts";
import { type Interruption, runLockChild } from "./lock-child.ts";
import { Mutex } from "./mutex.ts";
import { Semaphore } from "./semaphore.ts";
import type { LOCK_FLAGS } from "./table/children.ts";

type Parsed = ParsedFlags<typeof LOCK_FLAGS>;
type Tell = (line: string) => void;

/** Code for a child that failed, with -child-exit-code. */
const EXIT_CHILD_FAILED = 2;

/**
 * `lock`: session, latch, child, release, clean-up, in this order and back. A lock that is lost ends the child and is no
 * failure of the command, as in Consul.
 */
export async function run(context: CommandContext, { values, args }: Parsed): Promise<number> {
  const [prefix = "", ...words] = args;
  if (words.length === 0) throw new CommandFailure("Key prefix and child command must be specified");
  if (values.n <= 0) throw new CommandFailure("Lock holder limit must be positive");
  const tell: Tell = values.verbose ? (line) => context.print(line) : () => undefined;
  await readSelf(context);
  const keys = prefix.replace(/^\/+|\/+$/g, "");
  const name = values.name || `Consul lock for '${words.join(" ")}' at '${prefix}'`;
  const starting = KeptSession.start(context, { Name: name, ...(values.n > 1 ? { Behavior: "delete" } : {}) });
  const session = await orFail("Lock setup failed", starting);
  try {
    const latch = createLatch(context, values, keys, session.id, tell);
    return await withLatch(context, values, words, latch, tell);
  } finally {
    await endSession(context, session);
  }
}

function createLatch(
  context: CommandContext,
  values: Parsed["values"],
  prefix: string,
  session: string,
  tell: Tell,
): Latch {
  const options = { session, timeoutMs: values.timeout || values.try, monitorRetries: values["monitor-retry"] };
  if (values.n === 1) {
    tell(`Setting up lock at path: ${prefix}/.lock`);
    return new Mutex(context, `${prefix}/.lock`, options);
  }
  tell(`Setting up semaphore (limit ${values.n}) at prefix: ${prefix}`);
  return new Semaphore(context, prefix, values.n, options);
}

async function withLatch(
  context: CommandContext,
  values: Parsed["values"],
  words: readonly string[],
  latch: Latch,
  tell: Tell,
): Promise<number> {
  tell("Attempting lock acquisition");
  if (!(await acquire(context, latch)))
    throw new CommandFailure("Shutdown triggered or timeout during lock acquisition");
  tell("Starting handler");
  const done = new AbortController();
  const child = {
    words,
    shell: values.shell,
    env: { CONSUL_LOCK_HELD: "true" },
    input: values["pass-stdin"] ? "inherit" : "none",
  } as const;
  let succeeded = false;
  try {
    succeeded = await runLockChild(context, child, interruption(context, latch, done.signal), tell);
  } catch (error) {
    context.complain(`Error starting handler: ${errorText(error)}`);
  }
  done.abort();
  await giveBack(context, latch, tell);
  return succeeded || !values["child-exit-code"] ? 0 : EXIT_CHILD_FAILED;
}

async function acquire(context: CommandContext, latch: Latch): Promise<boolean> {
  try {
    return await latch.acquire(context.interrupted);
  } catch (error) {
    if (context.interrupted.aborted) return false;
    throw new CommandFailure(`Lock acquisition failed: ${errorText(error)}`);
  }
}

/** Resolves with the first reason to end the child; never once `done` is aborted. */
function interruption(context: CommandContext, latch: Latch, done: AbortSignal): Promise<Interruption> {
  return new Promise((resolve) => {
    context.interrupted.addEventListener("abort", () => resolve("shutdown"), { signal: done });
    if (context.interrupted.aborted) resolve("shutdown");
    void latch.untilLost(done).then(() => {
      if (!done.aborted) resolve("lost");
    });
  });
}

async function giveBack(context: CommandContext, latch: Latch, tell: Tell): Promise<void> {
  try {
    await latch.release();
    tell((await latch.cleanUp()) ? "Cleanup succeeded" : "Cleanup aborted, lock in use");
  } catch (error) {
    context.complain(`Lock release failed: ${errorText(error)}`);
  }
}

/** What can't be destroyed now ends with its TTL. */
async function endSession(context: CommandContext, session: KeptSession): Promise<void> {
  try {
    await session.end();
  } catch (error) {
    context.complain(`Session clean-up failed: ${errorText(error)}`);
  }
}
