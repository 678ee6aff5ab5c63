# One of three servers. The other two differ in node_name and bind_addr.
server           = true
bootstrap_expect = 3
datacenter       = "dc1"
node_name        = "server-1"
data_dir         = "/var/lib/muster"

# The address that the other servers reach; programs of this host ask on the loopback.
bind_addr   = "10.0.0.11"
client_addr = "127.0.0.1"
retry_join  = ["10.0.0.11", "10.0.0.12", "10.0.0.13"]

# Fast machines in one network may find a new leader sooner: 1 waits for half a second, the default 5 for 750 ms.
# performance { raft_multiplier = 1 }

# What this host asks itself about other names goes on to these.
recursors = ["10.0.0.1"]
