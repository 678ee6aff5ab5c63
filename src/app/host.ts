/** What the process around a node decides. */
export interface NodeHost {
  env: Readonly<Record<string, string | undefined>>;
  /** The data can't be trusted any more: the process must end at once. */
  onFatal(reason: string): void;
  /** The API asked this agent to leave: stop it gracefully. */
  onLeave(): void;
  /** Reads the configuration anew and applies it; rejects with what is wrong with it. */
  onReload(): Promise<void>;
}
