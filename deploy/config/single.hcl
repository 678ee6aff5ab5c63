# One node that is everything: a gateway or a Raspberry Pi by itself. Loses nothing at a power cut, but has no stand-in.
server           = true
bootstrap_expect = 1
node_name        = "edge"
data_dir         = "/var/lib/muster"
bind_addr        = "127.0.0.1"

ports {
  # The usual port, so that the host's resolver can ask here without a redirection.
  dns = 53
}
