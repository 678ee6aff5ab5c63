/** What is in the directory that `{dir}` stands for in the golden tests. */
export const FILES: Readonly<Record<string, string>> = {
  "value.txt": "from a file\n",
  "pairs.json": '[{"key":"imp/file","flags":18446744073709551615,"value":"aGk="}]',
  "web.json": '{"service":{"name":"web","port":80,"tags":["b","a"],"meta":{"v":"1"}}}',
  "entry.hcl":
    'Kind = "service-defaults"\nName = "web"\nProtocol = "http"\nMeshGateway { Mode = "local" }\nMeta { a_b = "c" }\n',
  "entry.json":
    '{"kind":"service-defaults","name":"api","protocol":"http","mesh_gateway":{"mode":"local"},"external_sni":"x"}',
  "proxy.hcl":
    'kind = "proxy-defaults"\nname = "global"\nconfig { ms = 1000\n Deep_One { a_b = 1.5 }\n list = [1]\n two = [{a=1},{b=2}]\n }\nexpose { paths = [ { path = "/x" local_path_port = 8080 } ] }\n',
  "router.hcl":
    'kind = "service-router"\nname = "web"\nroutes = [ { match { http { path_prefix = "/x" header = [ { name = "a" exact = "b" } ] } } destination { service = "api" request_timeout = "5s" num_retries = 3 } } ]\n',
  "resolver.hcl":
    'Kind = "service-resolver"\nName = "api"\nConnectTimeout = "5s"\nSubsets { v1 { Filter = "Service.Meta.v == 1" }\n v2 { only_passing = "true" } }\nFailover { "*" { Datacenters = "dc2" } }\n',
  "ingress.hcl":
    'Kind = "ingress-gateway"\nName = "gw"\nListeners = [ { Port = 8443 Protocol = "tcp" Services = [ { Name = "db" } ] } ]\nTLS { Enabled = true }\n',
  "open.hcl": 'Kind = "service-defaults\n',
  "unknown.hcl": 'Kind = "service-defaults"\nName = "x"\nNope = 1\nMesh_Gateway { Modus = "x" }\n',
  "one-unknown.json": '{"Kind":"service-defaults","Name":"x","Protokoll":"http"}',
  "kind.hcl": 'Kind = "nope"\nName = "x"\n',
  "no-kind.hcl": 'Name = "x"\n',
  "type.hcl": 'Kind = "service-defaults"\nName = ["a", "b"]\n',
  "split.hcl":
    'Kind = "service-splitter"\nName = "web"\nSplits = [ { Weight = 50 service_subset = "v1" }, { weight = 49 } ]\n',
  "agent.hcl": 'data_dir = "/tmp/data"\nnode_name = "n9"\nbind_addr = "127.0.0.1"\n',
  "bad-agent.hcl": 'data_dir = "/tmp/data"\nbind_addr = "127.0.0.1"\nnonsense = 1\n',
  "two.json": '{"services":[{"name":"api","port":81,"id":"api-1"},{"name":"db","tags":["x"]}]}',
};
