import { Refusal } from "../lib/refusal.ts";
import { errorText } from "./failure.ts";
import type { KeeperReply, KeeperRequest } from "./keeper-thread.ts";
import { type StateFiles, StateJobs } from "./state-jobs.ts";

// Entry of the keeper thread. The first message names its files, each later one is a job; jobs run in order.
declare const self: Worker;

let files: StateFiles | undefined;
let jobs: StateJobs | undefined;
self.onmessage = ({ data }: MessageEvent<StateFiles | KeeperRequest>) => {
  if (!("job" in data)) files = data;
  else if (files !== undefined) self.postMessage(run(files, data));
};

function run(on: StateFiles, request: KeeperRequest): KeeperReply {
  const { id } = request;
  try {
    // Here, so that files that can't be opened fail the job and not the thread.
    jobs ??= new StateJobs(on);
    switch (request.job) {
      case "importArchive":
        return { id, value: jobs.importArchive(request.archive, request.lastIndex, request.term) };
      default:
        return { id, value: jobs[request.job]() };
    }
  } catch (error) {
    return { id, error: errorText(error), isRefusal: error instanceof Refusal };
  }
}
