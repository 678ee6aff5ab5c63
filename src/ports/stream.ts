export interface StreamHandlers {
  /** `bytes` belong to the receiver. */
  onData(bytes: Buffer): void;
  /** Everything queued was handed to the system. */
  onDrain(): void;
  /** Once, for whatever reason; an error of the connection comes here too. */
  onClose(error?: Error): void;
}

/** One TCP connection. Nothing here throws. */
export interface StreamConnection {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Queues `bytes`, which then belong to the connection; false when more than the system takes is queued. */
  write(bytes: Uint8Array): boolean;
  /** Stops and restarts `onData`, so that a peer that does not read is not read from either. */
  pause(): void;
  resume(): void;
  /** Sends what is queued and closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

export interface StreamListener {
  readonly address: string;
  readonly port: number;
  /** Stops accepting; open connections stay. */
  close(): void;
}

/** TCP as the parts above see it. */
export interface StreamPort {
  /** Rejects with the system's error (`EADDRINUSE`, ...). Port 0 takes a free one. Over the cap, peers are cut at once. */
  listen(
    at: { address: string; port: number; connectionsMax: number },
    onConnection: (connection: StreamConnection) => StreamHandlers,
    onError: (error: Error) => void,
  ): Promise<StreamListener>;
  connect(
    to: { address: string; port: number; timeoutMs: number },
    handlers: StreamHandlers,
  ): Promise<StreamConnection>;
}
