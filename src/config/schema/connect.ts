import { ACCEPTED, anyList, anyMap, bool, section, string, strings } from "./key.ts";

const UI = "Part of ui_config.";

/** The mesh, the web interface and what is kept centrally. */
export const CONNECT_KEYS = {
  connect: section("The service mesh.", {
    enabled: bool(false, "Turn it on: so far discovery chains alone."),
    ca_provider: string("consul", "Who signs: `consul`.", ACCEPTED),
    ca_config: anyMap(
      "Settings of the certificate authority; so far `cluster_id` alone, a UUID: discovery chains name targets by it.",
    ),
    enable_mesh_gateway_wan_federation: bool(false, "Federate through mesh gateways.", ACCEPTED),
    enable_serverless_plugin: bool(false, "Without effect.", { since: "1.13", ...ACCEPTED }),
  }),
  config_entries: section("Configuration entries.", {
    bootstrap: anyList("Entries that a new leader of the primary datacenter writes when they are missing."),
  }),
  enable_central_service_config: bool(
    true,
    "Merge `service-defaults` and `proxy-defaults` into the registrations of proxies and gateways. As in Consul since 1.9; before, the default was `false`.",
  ),
  ui: bool(false, "Serve the web interface.", { flag: "ui", ...ACCEPTED }),
  ui_dir: string("", "Directory of a web interface of your own.", { flag: "ui-dir", ...ACCEPTED }),
  ui_content_path: string("/ui/", "Path of the web interface.", { flag: "ui-content-path", ...ACCEPTED }),
  ui_config: section(
    "The web interface.",
    {
      enabled: bool(false, "Serve it; the same as `ui`.", ACCEPTED),
      content_path: string("", "The same as `ui_content_path`.", ACCEPTED),
      dir: string("", UI, ACCEPTED),
      metrics_provider: string("", UI, ACCEPTED),
      metrics_provider_files: strings(UI, ACCEPTED),
      metrics_provider_options_json: string("", UI, ACCEPTED),
      metrics_proxy: anyMap(UI, ACCEPTED),
      dashboard_url_templates: anyMap(UI, ACCEPTED),
    },
    { since: "1.9" },
  ),
};
