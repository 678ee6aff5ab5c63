import { ACCEPTED, bool, duration, RELOADABLE, section, string, strings } from "./key.ts";

const NEVER = "Understood; Muster has no such sink.";

/** Metrics. */
export const TELEMETRY_KEYS = {
  telemetry: section("Metrics.", {
    metrics_prefix: string("consul", "First word of all names."),
    prometheus_retention_time: duration("0s", "Serve metrics for Prometheus and keep them so long; 0s is off."),
    disable_hostname: bool(false, "Do not put the host's name before gauges."),
    filter_default: bool(true, "Keep metrics that no filter names.", RELOADABLE),
    prefix_filter: strings("`+name` keeps and `-name` drops metrics with that prefix.", RELOADABLE),
    statsd_address: string("", "host:port of a statsd server."),
    statsite_address: string("", "host:port of a statsite server.", ACCEPTED),
    dogstatsd_addr: string("", "host:port of a DogStatsD server."),
    dogstatsd_tags: strings("Tags for DogStatsD."),
    disable_compat_1_9: bool(false, "Without effect.", { since: "1.10", aliases: ["disable_compat_1.9"], ...ACCEPTED }),
    enable_host_metrics: bool(false, "Measure the host too.", { since: "1.11", ...ACCEPTED }),
    disable_per_tenancy_usage_metrics: bool(false, "Without effect.", { since: "1.17", ...ACCEPTED }),
    circonus_api_app: string("", NEVER, ACCEPTED),
    circonus_api_token: string("", NEVER, ACCEPTED),
    circonus_api_url: string("", NEVER, ACCEPTED),
    circonus_broker_id: string("", NEVER, ACCEPTED),
    circonus_broker_select_tag: string("", NEVER, ACCEPTED),
    circonus_check_display_name: string("", NEVER, ACCEPTED),
    circonus_check_force_metric_activation: string("", NEVER, ACCEPTED),
    circonus_check_id: string("", NEVER, ACCEPTED),
    circonus_check_instance_id: string("", NEVER, ACCEPTED),
    circonus_check_search_tag: string("", NEVER, ACCEPTED),
    circonus_check_tags: string("", NEVER, ACCEPTED),
    circonus_submission_interval: string("", NEVER, ACCEPTED),
    circonus_submission_url: string("", NEVER, ACCEPTED),
  }),
};
