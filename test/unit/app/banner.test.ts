import { expect, test } from "bun:test";
import { banner } from "../../../src/app/banner.ts";
import { configOf } from "../config/fixture.ts";

test("the banner says who runs where, and that nothing is kept", () => {
  const config = configOf('server = true bootstrap = true node_name = "n1" ports { dns = -1, http = 8501 }');
  const lines = banner({ ...config, dev: true }, "id-1")
    .split("\n")
    .map((line) => line.trim());
  expect(lines).toContain("Node ID: 'id-1'");
  expect(lines).toContain("Server: true (Bootstrap: true)");
  expect(lines).toContain("Client Addr: [127.0.0.1] (HTTP: 8501, HTTPS: -1, DNS: -1)");
  expect(lines).toContain("Data: in memory: nothing is kept");
});

test("the banner ends with the line that scripts wait for", () => {
  expect(banner(configOf("server = true bootstrap = true"), "id-1")).toEndWith("==> Muster agent running!\n");
});
