/** Small files under one folder, such as the agent's registrations. Names are relative: `services/5f4dcc3b`. */
export interface FileStore {
  /** Names of the files in a folder, without the folder; empty when there is none. Left-over temporary files are not listed. */
  list(folder: string): Promise<string[]>;
  /** The text of a file; rejects when it can't be read. */
  read(name: string): Promise<string>;
  /**
   * Replaces a file as a whole, mode 0600: after a crash it holds the old text or the new one, never a mix. With
   * `durable` the promise resolves only when the new text survives a power cut. Calls for one file take effect in their
   * order; one that is overtaken by a later call may be left out. Rejects with a Refusal (500) when the disk does not
   * take it, as `remove` does.
   */
  write(name: string, text: string, durable: boolean): Promise<void>;
  /** Removes a file; a missing one is fine. */
  remove(name: string): Promise<void>;
}
