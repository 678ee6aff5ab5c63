/** One server of the cluster, as the log knows it. Its identity is the id; the address may change at any time. */
export interface Server {
  id: string;
  /** `host:port` of its server port, as last told to the leader. */
  address: string;
  /** Voters elect and count for commits; the others only receive the log. */
  voter: boolean;
}

/** Who is in the cluster. In force from the moment that its entry is appended (thesis 4.1). */
export interface Configuration {
  servers: readonly Server[];
}

/** A configuration and the index of the entry that said so; index 0 when it came without one. */
export interface IndexedConfiguration {
  index: number;
  configuration: Configuration;
}
