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

/** UDP as the parts above see it. */
export interface DatagramPort {
  /**
   * Rejects with the system's error (`EADDRINUSE`, ...). Port 0 takes a free one. `receiveBufferBytes`: how much the
   * system shall keep while the program is busy, where it lets us say.
   */
  bind(
    at: { address: string; port: number; receiveBufferBytes?: number },
    handlers: DatagramHandlers,
  ): Promise<DatagramSocket>;
  /** A socket with a random source port that the kernel lets hear nobody but this peer. */
  connect(
    to: { address: string; port: number },
    handlers: DatagramHandlers,
  ): Promise<{ send(bytes: Uint8Array): boolean; close(): void }>;
}
