import { Refusal } from "../lib/refusal.ts";
import { errorText } from "./failure.ts";
import { type StateFiles, StateJobs } from "./state-jobs.ts";
import type { KeeperReply, KeeperRequest } from "./state-keeper.ts";

// Entry of the keeper thread. The first message names its files, each later one is a job; jobs run in order.
declare const self: Worker;

let jobs: StateJobs | undefined;
self.onmessage = ({ data }: MessageEvent<StateFiles | KeeperRequest>) => {
  if (!("job" in data)) jobs = new StateJobs(data);
  else if (jobs !== undefined) self.postMessage(run(jobs, data));
};

function run(on: StateJobs, request: KeeperRequest): KeeperReply {
  const { id } = request;
  try {
    switch (request.job) {
      case "importArchive":
        return { id, value: on.importArchive(request.archive, request.lastIndex, request.term) };
      default:
        return { id, value: on[request.job]() };
    }
  } catch (error) {
    return { id, error: errorText(error), isRefusal: error instanceof Refusal };
  }
}
