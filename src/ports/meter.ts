export type Labels = Readonly<Record<string, string>>;

/** Where the parts report what they measure. Names are dotted and without the prefix: `kvs.apply`. */
export interface Meter {
  count(name: string, n?: number, labels?: Labels): void;
  gauge(name: string, value: number, labels?: Labels): void;
  /** An observation of a distribution; times are in milliseconds. It stands for `times` alike, one by default. */
  sample(name: string, value: number, labels?: Labels, times?: number): void;
}
