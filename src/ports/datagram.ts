export interface DatagramHandlers {
  /** `bytes` are valid only during the call. */
  onMessage(bytes: Buffer, port: number, address: string): void;
  /** Anything the system reports later, such as ICMP port unreachable; the socket stays usable. */
  onError(error: Error): void;
}

export interface DatagramSocket {
  readonly address: string;
  readonly port: number;
  /** Sends at once or not at all, and never throws: false when the system refused it. `bytes` may be reused after. */
  send(bytes: Uint8Array, port: number, address: string): boolean;
  close(): void;
}

/** Wishes; a system that does not know them goes without. */
export interface DatagramOptions {
  /** What the system shall keep while the program is busy; it may give less. */
  readonly receiveBufferBytes?: number;
  /** False: nobody is told that a peer's port is closed. With many peers, some dead, it is only in the way. */
  readonly reportsUnreachable?: boolean;
}

/** UDP as the parts above see it. */
export interface DatagramPort {
  /** Rejects with the system's error (`EADDRINUSE`, ...). Port 0 takes a free one. */
  bind(at: { address: string; port: number } & DatagramOptions, handlers: DatagramHandlers): Promise<DatagramSocket>;
  /** A socket with a random source port that the kernel lets hear nobody but this peer. */
  connect(
    to: { address: string; port: number },
    handlers: DatagramHandlers,
  ): Promise<{ send(bytes: Uint8Array): boolean; close(): void }>;
}
