import type { Config } from "../../../src/config/config.ts";
import { type Loaded, type LoadInput, loadConfig } from "../../../src/config/load.ts";
import type { ConfigSource } from "../../../src/config/sources.ts";

export const MACHINE = {
  hostname: "edge-1",
  interfaces: [
    { interface: "lo", address: "127.0.0.1", prefixLength: 8, up: true },
    { interface: "eth0", address: "10.0.0.5", prefixLength: 24, up: true },
    { interface: "eth0", address: "fe80::1", prefixLength: 64, up: true },
  ],
};

export function hcl(text: string, name = "x.hcl"): ConfigSource {
  return { name, format: "hcl", text };
}

/** Loads sources over a data directory, so that a test names only what it is about. */
export function load(sources: readonly ConfigSource[] = [], more: Partial<LoadInput> = {}): Loaded {
  const all = [hcl('data_dir = "/tmp/x"'), ...sources];
  return loadConfig({ dev: false, flags: {}, machine: MACHINE, ...more, sources: all });
}

export function configOf(text: string, more: Partial<LoadInput> = {}): Config {
  return load([hcl(text)], more).config;
}
