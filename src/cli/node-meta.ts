/** `-node-meta key=value` as the API's repeated `node-meta=key:value`; `undefined` when there is none. */
export function metaQuery(meta: Readonly<Record<string, string>> | undefined): readonly string[] | undefined {
  return meta && Object.entries(meta).map(([key, value]) => `${key}:${value}`);
}
