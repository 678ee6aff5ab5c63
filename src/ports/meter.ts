export type Labels = Readonly<Record<string, string>>;

/** Where the parts report what they measure. Names are dotted and without the prefix: `kvs.apply`. */
export interface Meter {
  count(name: string, n?: number, labels?: Labels): void;
  gauge(name: string, value: number, labels?: Labels): void;
  /** One observation of a distribution; times are in milliseconds. */
  sample(name: string, value: number, labels?: Labels): void;
}
