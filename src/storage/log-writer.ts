import { GroupWriter } from "./group-writer.ts";
import { type LogWriterSetup, packReply, unpackRequests } from "./log-protocol.ts";

// Entry of the log-writer thread. The first message is its setup, each later one a batch of calls.
declare const self: Worker;

let writer: GroupWriter | undefined;
self.onmessage = ({ data }: MessageEvent<LogWriterSetup | string>) => {
  if (typeof data === "string") writer?.take(unpackRequests(data));
  else writer = new GroupWriter(data, (reply) => self.postMessage(packReply(reply)));
};
