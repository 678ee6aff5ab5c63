import { Refusal } from "../lib/refusal.ts";
import { errorText } from "./failure.ts";
import type { KeeperJob, KeeperReply, KeeperRequest } from "./keeper-thread.ts";
import { type StateFiles, StateJobs } from "./state-jobs.ts";
import { stepBack } from "./step-back.ts";

// Entry of the keeper thread. The first message names its files, each later one is a job; jobs run in order.
declare const self: Worker;

stepBack();

let files: StateFiles | undefined;
let jobs: StateJobs | undefined;
self.onmessage = ({ data }: MessageEvent<StateFiles | KeeperRequest>) => {
  if (!("job" in data)) files = data;
  else if (files !== undefined) enqueue(files, data);
};

let lane: Promise<void> = Promise.resolve();

function enqueue(on: StateFiles, request: KeeperRequest): void {
  lane = lane.then(async () => self.postMessage(await run(on, request)));
}

async function run(on: StateFiles, request: KeeperRequest): Promise<KeeperReply> {
  const { id } = request;
  try {
    // Here, so that files that can't be opened fail the job and not the thread.
    jobs ??= new StateJobs(on);
    return { id, value: await runJob(jobs, request) };
  } catch (error) {
    return { id, error: errorText(error), isRefusal: error instanceof Refusal };
  }
}

function runJob(jobs: StateJobs, job: KeeperJob): unknown {
  switch (job.job) {
    case "takeSnapshot":
      return jobs.takeSnapshot(job.configuration);
    case "readSnapshot":
      return jobs.readSnapshot(job.snapshotId, job.offset, job.bytesMax);
    case "receiveSnapshot":
      return jobs.receiveSnapshot(job.snapshot, job.offset, job.data);
    case "finishSnapshot":
      return jobs.finishSnapshot(job.snapshot);
    case "checkArchive":
      return jobs.checkArchive(job.archive, job.options);
    case "exportArchive":
      return jobs.exportArchive(job.members, job.options);
    case "installStaged":
      return jobs.installStaged(job.entry);
    default:
      return jobs[job.job]();
  }
}
