/** A rule switched off: a line of the source, changed. */
export interface Mutation {
  /** What is wrong then. */
  name: string;
  file: string;
  /** Once in the file. */
  find: string;
  replace: string;
  /** A second line of the same file, where two guard the same. */
  also?: { find: string; replace: string };
  /** Why no run notices it. */
  unnoticed?: string;
}

const CORE = "src/raft/core";

/** In the order of the rules: votes, commits, elections, membership, replication, snapshots, reads, disks. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: "a vote is answered before it is durable",
    file: `${CORE}/election.ts`,
    find: `context.sendDurable("hardState", { type: "voteReply", to: request.from, granted });`,
    replace: `context.send({ type: "voteReply", to: request.from, granted });`,
  },
  {
    name: "votes are asked for before the own one is durable",
    file: `${CORE}/election.ts`,
    find: `context.durability.whenDurable("hardState", () => {`,
    replace: `((_: string, run: () => void) => run())("hardState", () => {`,
  },
  {
    name: "entries are acknowledged before they are durable",
    file: `${CORE}/follower.ts`,
    find: `this.#context.sendDurable("log", { type: "appendReply"`,
    replace: `this.#context.send({ type: "appendReply"`,
  },
  {
    name: "a second vote in a term",
    file: `${CORE}/election.ts`,
    find: `return votedFor === candidate || (votedFor === "" && leader === undefined);`,
    replace: `return votedFor === candidate || leader === undefined;`,
  },
  {
    name: "a start forgets its vote",
    file: `${CORE}/context.ts`,
    find: `this.votedFor = start.hardState.votedFor;`,
    replace: `this.votedFor = "";`,
  },
  {
    name: "votes for any log",
    file: `${CORE}/election.ts`,
    find: `return lastTerm > log.lastTerm || (lastTerm === log.lastTerm && lastIndex >= log.lastIndex);`,
    replace: `return lastTerm >= 0 && lastIndex >= 0 && log !== undefined;`,
  },
  {
    name: "votes for the longer log, whatever its term",
    file: `${CORE}/election.ts`,
    find: `return lastTerm > log.lastTerm || (lastTerm === log.lastTerm && lastIndex >= log.lastIndex);`,
    replace: `return lastTerm >= 0 && lastIndex >= log.lastIndex;`,
  },
  {
    name: "entries of earlier terms are committed by counting",
    file: `${CORE}/leader.ts`,
    find: `if (log.termAt(quorum) === context.term) context.commit(quorum);`,
    replace: `if (quorum > 0) context.commit(quorum);`,
  },
  {
    name: "a leader reads before it has committed in its term",
    file: `${CORE}/leader.ts`,
    find: `    if (!this.#hasCommitted) {
      this.#early.push`,
    replace: `    if (isConfirmed === undefined) {
      this.#early.push`,
  },
  {
    name: "a short or late append truncates",
    file: `${CORE}/follower.ts`,
    find: `const at = entries.findIndex(({ index, term }) => log.termAt(index) !== term);`,
    replace: `const at = entries.length - 1;`,
  },
  {
    name: "a follower commits up to its last entry",
    file: `${CORE}/follower.ts`,
    find: `context.commit(Math.min(commit, verified));`,
    replace: `context.commit(Math.min(commit, log.lastIndex));`,
    unnoticed:
      "back-off lands just where the logs part, so the first entries that fit cut off what does not; a follower's unit test holds the rule",
  },
  {
    name: "heartbeats tell the commit index to all",
    file: `${CORE}/leader.ts`,
    find: `    const commit = Math.min(this.#context.commitIndex, follower.match);
    follower.toldCommit = commit;`,
    replace: `    const commit = this.#context.commitIndex;
    follower.toldCommit = commit;`,
  },
  {
    name: "an append is answered with the last entry",
    file: `${CORE}/follower.ts`,
    find: `this.#accept(from, verified);`,
    replace: `this.#accept(from, log.lastIndex);`,
    unnoticed: "as above, and a leader takes no answer beyond its own log; a follower's unit test holds the rule",
  },
  {
    name: "messages of old terms are taken",
    file: `${CORE}/core.ts`,
    find: `else if (message.term < context.term) return this.#receiveOld(message, isOfLeader);`,
    replace: ``,
  },
  {
    name: "an append that does not fit is taken",
    file: `${CORE}/follower.ts`,
    find: `if (log.termAt(prevIndex) !== prevTerm) {`,
    replace: `if (prevIndex > log.lastIndex) {`,
  },
  {
    name: "a server that lost its disk keeps its id",
    file: "test/sim/world/world.ts",
    find: `this.#generations.set(host, generation + 1);`,
    replace: ``,
  },
  {
    name: "a commit does not wait for the own disk",
    file: `${CORE}/context.ts`,
    find: `const reached = Math.min(this.#knownCommit, this.log.durableIndex);`,
    replace: `const reached = this.#knownCommit;`,
  },
  {
    name: "a leader counts itself before its disk has it",
    file: `${CORE}/leader.ts`,
    find: `voter === id ? log.durableIndex : (this.followers.get(voter)?.match ?? 0),`,
    replace: `voter === id ? log.lastIndex : (this.followers.get(voter)?.match ?? 0),`,
  },
  {
    name: "rows and applied index are not written together",
    file: "test/sim/world/machine.ts",
    find: `    copy.appliedIndex = this.appliedIndex;`,
    replace: `    copy.appliedIndex = Math.max(0, this.appliedIndex - 1);`,
  },
  {
    name: "elections without asking first",
    file: `${CORE}/election.ts`,
    find: `if (this.#mayCampaign) this.#askFirst();`,
    replace: `if (this.#mayCampaign) this.campaign(false);`,
  },
  {
    name: "pre-votes are granted while a leader is heard",
    file: `${CORE}/election.ts`,
    find: `const granted = isFree && isUpToDate && !this.isLeaderNear();`,
    replace: `const granted = isFree && isUpToDate;`,
  },
  {
    name: "answers to earlier pre-votes count",
    file: `${CORE}/election.ts`,
    find: `return this.#context.role === "preCandidate" && round === this.#round;`,
    replace: `return this.#context.role === "preCandidate" && round > 0;`,
  },
  {
    name: "a refused pre-vote tells its term to who asks no more",
    file: `${CORE}/core.ts`,
    find: `      if (!this.#election.isAnswer(message)) return;
      if (!message.granted && message.term > context.term) this.#follow(message.term, undefined);`,
    replace: `      if (!message.granted && message.term > context.term) this.#follow(message.term, undefined);
      if (!this.#election.isAnswer(message)) return;`,
    unnoticed:
      "who refuses must be at a higher term than a leader that was elected since; once numbers tell old grants, hardly anybody is; a unit test holds the rule",
  },
  {
    name: "votes are given while a leader is heard",
    file: `${CORE}/core.ts`,
    find: `if (!message.isTransfer && this.#election.isLeaderNear()) return;`,
    replace: ``,
    unnoticed:
      "the vote itself has the same condition, which is broken next; this one keeps the term from being raised for nothing",
  },
  {
    name: "a lease does not hold in a term that another message has told of",
    file: `${CORE}/election.ts`,
    find: `const granted = isFree && this.#canVoteFor(request.from) && this.#isUpToDate(request);`,
    replace: `const granted = this.#canVoteFor(request.from) && this.#isUpToDate(request);`,
    unnoticed: "noticed once in two hundred thousand clusters; a follower's unit test holds the rule",
  },
  {
    name: "a leader without a quorum leads on",
    file: `${CORE}/leader.ts`,
    find: `if (!this.#leadership.isHeard) return this.#stepDown();`,
    replace: ``,
  },
  {
    name: "a start does not count as having heard a leader",
    file: `${CORE}/context.ts`,
    find: `this.leaderContactMs = nowMs;
    this.mustAnnounce`,
    replace: `this.leaderContactMs = Number.NEGATIVE_INFINITY;
    this.mustAnnounce`,
  },
  {
    name: "an old leader is not told the term",
    file: `${CORE}/core.ts`,
    find: `    if (isOfLeader) {
      const nothing`,
    replace: `    if (isOfLeader && type === "timeoutNow") {
      const nothing`,
  },
  {
    name: "all election timeouts are equal",
    file: `${CORE}/election.ts`,
    find: `this.#deadlineMs = nowMs + timing.electionTimeoutMs * (1 + random()) + delay;`,
    replace: `this.#deadlineMs = nowMs + timing.electionTimeoutMs * (1.5 + 0 * random()) + delay;`,
    unnoticed: "what differs in servers' work and links lets one of them be first soon enough; it only costs elections",
  },
  {
    name: "a transfer leaves the lease",
    file: `${CORE}/leader.ts`,
    find: `return isCurrent && !this.#transfer.mayHaveBegun && this.#leadership.hasLease(nowMs);`,
    replace: `return isCurrent && this.#leadership.hasLease(nowMs);`,
  },
  {
    name: "a transfer is never given up",
    file: `${CORE}/transfer.ts`,
    find: `if (this.#underWay === undefined || this.#context.nowMs < this.#underWay.endMs) return;`,
    replace: `if (this.#underWay !== undefined || this.#context.nowMs >= 0) return;`,
  },
  {
    name: "servers without a vote count",
    file: `${CORE}/quorum.ts`,
    find: `for (const { id, voter } of servers) if (voter) values.push(reachedBy(id));`,
    replace: `for (const { id } of servers) values.push(reachedBy(id));`,
  },
  {
    name: "half of the voters is a majority",
    file: `${CORE}/quorum.ts`,
    find: `return values[Math.floor(values.length / 2)] ?? Number.NEGATIVE_INFINITY;`,
    replace: `return values[Math.floor((values.length - 1) / 2)] ?? Number.NEGATIVE_INFINITY;`,
  },
  {
    name: "servers that think they have no vote give none",
    file: `${CORE}/election.ts`,
    find: `const granted = isFree && this.#canVoteFor(request.from) && this.#isUpToDate(request);`,
    replace: `const granted =
      isFree &&
      this.#canVoteFor(request.from) &&
      this.#isUpToDate(request) &&
      context.configuration.servers.some(({ id, voter }) => id === context.id && voter);`,
  },
  {
    name: "only current voters campaign",
    file: `${CORE}/context.ts`,
    find: `return this.configurations.from(this.commitIndex).some(({ configuration }) => isVoter(configuration, this.id));`,
    replace: `return isVoter(this.configuration, this.id);`,
    unnoticed:
      "it costs time only: who needs its vote asks for it, and then it campaigns, as is broken next; a unit test holds the rule",
  },
  {
    name: "a server without a vote does not campaign, though only its log is long enough",
    file: `${CORE}/election.ts`,
    find: `return !this.isHeld && (mayCampaign || this.#needyMs > leaderContactMs);`,
    replace: `return !this.isHeld && (mayCampaign || this.#needyMs > Number.POSITIVE_INFINITY);`,
  },
  {
    name: "a change before an entry of the own term is committed",
    file: `${CORE}/leader.ts`,
    find: `else if (!this.#hasCommitted) reason = "not committed in this term";`,
    replace: ``,
  },
  {
    name: "a change while another is under way",
    file: `${CORE}/leader.ts`,
    find: `else if (configurations.latest.index > commitIndex) reason = "change under way";`,
    replace: ``,
  },
  {
    name: "a truncated configuration stays in force",
    file: `${CORE}/configurations.ts`,
    find: `this.#known = [base, ...rest.filter((known) => known.index < index)];`,
    replace: `this.#known = [base, ...rest];`,
  },
  {
    name: "a configuration counts once it is committed",
    file: `${CORE}/context.ts`,
    find: `return this.configurations.latest.configuration;`,
    replace: `return this.committedConfiguration.configuration;`,
  },
  {
    name: "a removed leader leads on",
    file: `${CORE}/leader.ts`,
    find: `if (!isVoter(configuration, id)) this.#handOver();`,
    replace: `if (!isVoter(configuration, id) && id === "") this.#handOver();`,
  },
  {
    name: "answers to earlier probes count",
    file: `${CORE}/replicator.ts`,
    find: `if (index !== follower.next - 1) return;`,
    replace: ``,
    unnoticed: "it only costs probes: where the log goes on is never put below what the follower is known to have",
  },
  {
    name: "the completion of an overwritten append counts (append ABA)",
    file: `${CORE}/durability.ts`,
    find: `for (const write of this.#writes) write.lastIndex = Math.min(write.lastIndex, truncateFrom - 1);`,
    replace: ``,
  },
  {
    name: "lost appends are not asked after",
    file: `${CORE}/replicator.ts`,
    find: `if (!isOld(follower.oldestSentMs)) return this.replicate(follower);`,
    replace: `if (!isOld(undefined)) return this.replicate(follower);`,
  },
  {
    name: "a lost probe is not sent again",
    file: `${CORE}/replicator.ts`,
    find: `if (isOld(follower.probeSentMs)) follower.probeSentMs = undefined;`,
    replace: ``,
  },
  {
    name: "entries that were read are sent whatever the log is by now",
    file: `${CORE}/replicator.ts`,
    find: `const isOurs = entries?.every(({ index, term }) => log.termAt(index) === term) ?? false;`,
    replace: `const isOurs = true;`,
    unnoticed:
      "the disk would have to be slower than two elections, and the server lead again; the other conditions on the same answer stop the rest",
  },
  {
    name: "entries that were read are sent though others are wanted by now",
    file: `${CORE}/replicator.ts`,
    find: `const isWanted = from === follower.next && follower.state !== "snapshot" && follower.probeSentMs === undefined;`,
    replace: `const isWanted = from > 0;`,
  },
  {
    name: "appends are taken while a snapshot is installed",
    file: `${CORE}/follower.ts`,
    find: `    const { log } = context;
    if (this.#election.isHeld) return;`,
    replace: `    const { log } = context;`,
  },
  {
    name: "a server campaigns while a snapshot is installed",
    file: `${CORE}/election.ts`,
    find: `return !this.isHeld && (mayCampaign || this.#needyMs > leaderContactMs);`,
    replace: `return mayCampaign || this.#needyMs > leaderContactMs;`,
    unnoticed: "who needs a snapshot lacks what is committed, so nobody elects it",
  },
  {
    name: "an old snapshot is installed",
    file: `${CORE}/follower.ts`,
    find: `if (index <= context.commitIndex) return true;`,
    replace: ``,
  },
  {
    name: "a snapshot drops entries that the log has behind it",
    file: `${CORE}/follower.ts`,
    find: `if (context.log.termAt(index) !== term) return false;`,
    replace: `if (index > 0 || context.log.termAt(index) !== term) return false;`,
  },
  {
    name: "parts of two snapshots are put together",
    file: `${CORE}/follower.ts`,
    find: `if (offset > 0 && !isSame) return this.#want(from, snapshot, 0);`,
    replace: ``,
  },
  {
    name: "a part of a snapshot that is stored twice is installed twice",
    file: `${CORE}/follower.ts`,
    find: `if (incoming?.snapshot !== snapshot || !incoming.isWriting) return;`,
    replace: `if (incoming?.snapshot !== snapshot) return;`,
    unnoticed: "a part that comes again is another object; a follower's unit test holds the rule",
  },
  {
    name: "a snapshot's configuration is not taken",
    file: `${CORE}/follower.ts`,
    find: `context.configurations.replace(snapshot.configuration);`,
    replace: ``,
  },
  {
    name: "a snapshot does not wait for its term",
    file: `${CORE}/follower.ts`,
    find: `this.#context.durability.whenDurable("hardState", () =>`,
    replace: `((_: string, run: () => void) => run())("hardState", () =>`,
  },
  {
    name: "a refused truncation outlives a snapshot",
    file: `${CORE}/context.ts`,
    find: `  installed(index: number): void {
    this.#truncateNextFrom = undefined;`,
    replace: `  installed(index: number): void {`,
  },
  {
    name: "a read is confirmed by a round sent before it",
    file: `${CORE}/leader.ts`,
    find: `const round = this.#beat();`,
    replace: `const round = this.#leadership.round;`,
  },
  {
    name: "reads put the regular heartbeats and check-quorum off",
    file: `${CORE}/leader.ts`,
    find: `const round = this.#beat();`,
    replace: `const round = this.#beat();
    this.#leadership.beaten();`,
  },
  {
    name: "a read needs no round",
    file: `${CORE}/leader.ts`,
    find: `for (const { reader, index } of this.#reads.confirmed(this.#leadership.confirmedRound))`,
    replace: `for (const { reader, index } of this.#reads.confirmed(this.#leadership.round))`,
  },
  {
    name: "a lease is counted from the answer",
    file: `${CORE}/leadership.ts`,
    find: `follower.ackedSentMs = this.#sentMs.get(round) ?? follower.ackedSentMs;`,
    replace: `follower.ackedSentMs = this.#context.nowMs;`,
  },
  {
    name: "a lease knows no drift of clocks",
    file: `${CORE}/leadership.ts`,
    find: `return nowMs < sentMs + timing.electionTimeoutMs * (1 - timing.clockDriftPart);`,
    replace: `return nowMs < sentMs + timing.electionTimeoutMs;`,
  },
  {
    name: "a lease outlives a suspension of the host",
    file: `${CORE}/leadership.ts`,
    find: `    for (const follower of this.#followers.values()) follower.ackedSentMs = Number.NEGATIVE_INFINITY;
  }`,
    replace: `  }`,
  },
  {
    name: "rounds from before a suspension count for the lease",
    file: `${CORE}/leadership.ts`,
    find: `    this.#sentMs.clear();
`,
    replace: ``,
  },
  {
    name: "a lease answers from a state that lacks committed entries",
    file: `${CORE}/leader.ts`,
    find: `const isCurrent = this.#hasCommitted && appliedIndex >= this.#context.commitIndex;`,
    replace: `const isCurrent = this.#hasCommitted && appliedIndex >= this.#firstOfTerm;`,
  },
  {
    name: "a lease answers from a state that lacks what earlier leaders answered",
    file: `${CORE}/leader.ts`,
    find: `const isCurrent = this.#hasCommitted && appliedIndex >= this.#context.commitIndex;`,
    replace: `const isCurrent = appliedIndex >= this.#context.commitIndex;`,
  },
  {
    name: "a start asks under the same numbers for read indexes",
    file: `${CORE}/context.ts`,
    find: `this.#nextNumber = Math.floor(random() * FIRST_NUMBER_MAX);`,
    replace: `this.#nextNumber = Math.floor(random() * 0 * FIRST_NUMBER_MAX);`,
  },
  {
    name: "a leader with a full disk goes on though others may have its entries",
    file: `${CORE}/leader.ts`,
    find: `if (!isLone || fromIndex <= Math.max(this.#firstOfTerm, this.#replicator.sentIndex)) return this.#stepDown();`,
    replace: `if (!isLone || fromIndex <= this.#firstOfTerm) return this.#stepDown();`,
  },
  {
    name: "what a full disk refused stays in the log",
    file: `${CORE}/context.ts`,
    find: `    if (from <= this.log.lastIndex) this.#truncate(from);`,
    replace: ``,
  },
  {
    name: "a refused truncation is not asked for again",
    file: `${CORE}/context.ts`,
    find: `    this.#truncateNextFrom = from;`,
    replace: ``,
  },
];
