import type { FlagSpec } from "../../lang/goflags.ts";
import { command } from "../command.ts";
import { FORMAT_FLAG } from "../common-flags.ts";

export const EVENT_FLAGS = [
  FORMAT_FLAG,
  { name: "name", kind: "string", default: "", doc: "Name of the event." },
  {
    name: "node",
    kind: "string",
    default: "",
    doc: "Regular expression for the names of the nodes that shall get it.",
  },
  {
    name: "service",
    kind: "string",
    default: "",
    doc: "Regular expression: only nodes that have such a service get it.",
  },
  { name: "tag", kind: "string", default: "", doc: "Regular expression for a tag of that service. Needs -service." },
] as const satisfies readonly FlagSpec[];

export const eventCommands = [
  command({
    path: "event",
    synopsis: "Send a user event to nodes",
    usage: "[options] [payload]",
    about: ["Sends a user event through the datacenter. It reaches the nodes by gossip, at most once and in no order."],
    examples: [{ why: "Tell every node that runs web:", line: "event -name deploy -service web v2" }],
    http: "client",
    flags: EVENT_FLAGS,
    load: () => import("../event.ts"),
  }),
];
