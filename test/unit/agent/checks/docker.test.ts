import { afterAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerEndpoint, dockerProbe } from "../../../../src/agent/checks/docker.ts";
import { decodeCheckDefinition } from "../../../../src/model/definition.ts";
import { NodeHttpProber } from "../../../../src/platform/http-prober.ts";

const socket = join(tmpdir(), `docker-${process.pid}.sock`);
const seen: unknown[] = [];
const docker = Bun.serve({
  unix: socket,
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/containers/gone/exec") return Response.json({ message: "No such container" }, { status: 404 });
    if (pathname.endsWith("/exec")) {
      seen.push(await request.json());
      return Response.json({ Id: pathname.split("/")[2] }, { status: 201 });
    }
    if (pathname.endsWith("/start")) return new Response("said\n");
    return Response.json({ ExitCode: Number(pathname.split("/")[2]?.slice(1)) });
  },
});
afterAll(async () => {
  await docker.stop(true);
  rmSync(socket, { force: true });
});

const check = (container: string, host = `unix://${socket}`) => {
  const definition = decodeCheckDefinition({ DockerContainerID: container, Args: ["true"], Timeout: "2s" });
  return dockerProbe(definition, 4096, new NodeHttpProber(), host)(new AbortController().signal);
};

test("docker: the program's exit code decides, its output is kept", async () => {
  expect(await check("c0")).toEqual({ status: "passing", output: "said\n" });
  expect((await check("c1")).status).toBe("warning");
  expect((await check("c2")).status).toBe("critical");
  expect(seen[0]).toMatchObject({ Cmd: ["true"], AttachStdout: true, Tty: true });
});

test("docker: an unknown container and a missing socket are critical", async () => {
  expect((await check("gone")).output).toBe("create exec failed for unknown container gone");
  const { status, output } = await check("c0", "unix:///nonexistent/docker.sock");
  expect(status).toBe("critical");
  expect(output).toEndWith("dial unix /nonexistent/docker.sock: connect: no such file or directory");
});

test("docker: DOCKER_HOST names a socket or a host; without it Docker's socket is used", () => {
  expect(dockerEndpoint("")).toEqual({ base: "http://docker", socketPath: "/var/run/docker.sock" });
  expect(dockerEndpoint("tcp://10.0.0.1:2375")).toEqual({ base: "http://10.0.0.1:2375" });
});
