/**
 * The error that `promise` rejects with. For what waits on another thread: `expect(promise).rejects` of Bun 1.4.5 holds
 * the event loop until the promise settles, and the thread's message may then never be taken.
 */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const result = await promise.then(
    () => new Error("it did not fail"),
    (error: unknown) => error,
  );
  if (result instanceof Error) return result;
  throw new Error(`rejected with ${String(result)}`);
}
