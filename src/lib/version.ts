/** The product's own version; the package and the executable carry it. */
export const VERSION = "0.1.0";

/**
 * The Consul release whose API is spoken. Clients switch features on and off by `Config.Version` of `/v1/agent/self`, and
 * members by the `build` tag, so these places answer with it and not with our own version.
 */
export const COMPATIBLE_CONSUL_VERSION = "1.8.7";
