/** A member of the multicast group that names of the local network are asked in (RFC 6762). */
export interface MulticastSocket {
  /** To all listeners, on each interface that was joined. Never throws; nobody promises that it arrives. */
  send(bytes: Uint8Array): void;
  /** To one that asked from a port of its own. */
  sendTo(bytes: Uint8Array, address: string, port: number): void;
  close(): void;
}

export interface MulticastPort {
  /** The group's port: who asks from another one wants the answer there. */
  readonly port: number;
  /** Rejects when no interface can be joined. `bytes` are valid only during the call; own packets come back, too. */
  open(onMessage: (bytes: Uint8Array, address: string, port: number) => void): Promise<MulticastSocket>;
}
