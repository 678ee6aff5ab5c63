import { ACCEPTED, anyMap, bool, section, string, strings } from "./key.ts";

/** Certificates and what is asked of others'. */
export const TLS_KEYS = {
  ca_file: string("", "File of trusted certificates."),
  ca_path: string("", "Directory of trusted certificates."),
  cert_file: string("", "This agent's certificate."),
  key_file: string("", "Its key."),
  server_name: string("", "Name in this agent's certificate. Default: node_name.", ACCEPTED),
  tls_min_version: string("tls12", "`tls10`, `tls11`, `tls12` or `tls13`.", ACCEPTED),
  tls_cipher_suites: string("", "Cipher suites, separated by commas.", ACCEPTED),
  tls_prefer_server_cipher_suites: bool(false, "Without effect.", ACCEPTED),
  verify_incoming: bool(false, "Ask all clients for a certificate."),
  verify_incoming_https: bool(false, "Ask clients of HTTPS for a certificate."),
  verify_incoming_rpc: bool(false, "Ask nodes for a certificate.", ACCEPTED),
  verify_outgoing: bool(false, "Use TLS between nodes.", ACCEPTED),
  verify_server_hostname: bool(
    false,
    "Ask that servers' certificates are for `server.<datacenter>.<domain>`.",
    ACCEPTED,
  ),
  enable_agent_tls_for_checks: bool(false, "Use this agent's certificate in checks."),
  tls: anyMap("Sections of TLS settings; use the keys above.", { since: "1.12", ...ACCEPTED }),
  auto_encrypt: section("Certificates from the servers.", {
    allow_tls: bool(false, "Servers: give them.", ACCEPTED),
    tls: bool(false, "Clients: ask for one.", ACCEPTED),
    dns_san: strings("Names for it.", ACCEPTED),
    ip_san: strings("Addresses for it.", ACCEPTED),
  }),
  auto_config: anyMap("Configuration from the servers.", ACCEPTED),
};
