import { Refusal } from "../../../src/lib/refusal.ts";
import type { IndexedConfiguration } from "../../../src/raft/configuration.ts";
import type { SnapshotMeta } from "../../../src/raft/core/messages.ts";
import type { RestorePlan } from "../../../src/raft/driver/restore.ts";
import type {
  ArchiveFile,
  CheckedArchive,
  Entry,
  ExportedArchive,
  SnapshotInfo,
  StateKeeper,
  StateMachine,
} from "../../../src/raft/types.ts";
import { MemoryArchive, MemoryDraft } from "../archives.ts";

/** What the database would hold: all committed commands, as of one entry. */
interface Saved {
  index: number;
  term: number;
  rows: string[];
  /** Parts of an archive that a restore is going to use. */
  staged: string;
}

const CHUNK = "chunk ";
const SNAPSHOTS_KEPT = 2;

/**
 * A state machine that is a list of commands, and the keeper of its database. Commands of its own: `refuse` is refused,
 * `crash` throws, `chunk ...` stages a part of an archive.
 */
export class FakeState {
  saved: Saved = { index: 0, term: 0, rows: [], staged: "" };
  readonly machine = new FakeMachine(this);
  readonly keeper = new FakeKeeper(this);

  /** What another process finds when this one died: what it still does stays its own. */
  afterCrash(): FakeState {
    const found = new FakeState();
    found.saved = this.saved;
    found.keeper.takeOver(this.keeper);
    return found;
  }
}

export class FakeMachine implements StateMachine {
  appliedIndex = 0;
  rows: string[] = [];
  /** What was applied by one call each. */
  batches: Entry[][] = [];
  flushes = 0;
  reloads = 0;
  readonly #state: FakeState;
  #term = 0;
  #staged = "";

  constructor(state: FakeState) {
    this.#state = state;
  }

  apply(entries: readonly Entry[]): unknown[] {
    this.batches.push(entries.map((entry) => ({ ...entry })));
    return entries.map((entry) => this.#apply(entry));
  }

  #apply({ index, term, type, data }: Entry): unknown {
    if (data === "crash") throw new Error("boom");
    if (index !== this.appliedIndex + 1) throw new Error(`${index} after ${this.appliedIndex}`);
    if (type === "restore") throw new Error("a restore is the keeper's work");
    this.appliedIndex = index;
    this.#term = term;
    if (type !== "command") return undefined;
    if (data === "refuse") return new Refusal("no", 403);
    if (data.startsWith(CHUNK)) this.#staged += data.slice(CHUNK.length);
    else this.rows.push(data);
    return `applied ${data}`;
  }

  flush(): void {
    this.flushes++;
    this.#state.saved = { index: this.appliedIndex, term: this.#term, rows: [...this.rows], staged: this.#staged };
  }

  reload(): void {
    this.reloads++;
    const { index, term, rows, staged } = this.#state.saved;
    this.appliedIndex = index;
    this.#term = term;
    this.rows = [...rows];
    this.#staged = staged;
  }
}

export class FakeKeeper implements StateKeeper {
  snapshots: readonly SnapshotInfo[] = [];
  readonly #state: FakeState;
  readonly #files = new Map<string, Uint8Array>();
  #received = new Uint8Array();

  constructor(state: FakeState) {
    this.#state = state;
  }

  walBytesToMove = async () => 0;
  checkpoint = async () => 0;
  truncateWal = async () => undefined;
  rest = async () => undefined;
  close = async () => undefined;

  async takeSnapshot(configuration: IndexedConfiguration): Promise<SnapshotInfo> {
    const { index, term } = this.#state.saved;
    const image = bytesOf(this.#state.saved);
    return this.#keep({ index, term, configuration, bytes: image.length, sha256: hashOf(image) }, image);
  }

  #keep(meta: SnapshotMeta, image: Uint8Array): SnapshotInfo {
    const info = { ...meta, id: `${meta.term}-${meta.index}` };
    this.#files.set(info.id, image);
    this.snapshots = [info, ...this.snapshots].slice(0, SNAPSHOTS_KEPT);
    return info;
  }

  takeOver(other: FakeKeeper): void {
    this.snapshots = other.snapshots;
    for (const [id, image] of other.#files) this.#files.set(id, image);
  }

  async readSnapshot(id: string, offset: number, bytesMax: number): Promise<Uint8Array> {
    const image = this.snapshots.some((each) => each.id === id) ? this.#files.get(id) : undefined;
    if (image === undefined) throw new Error(`snapshot ${id} is not kept`);
    return image.slice(offset, offset + bytesMax);
  }

  async receiveSnapshot(_snapshot: SnapshotMeta, offset: number, data: Uint8Array): Promise<void> {
    if (offset === 0) this.#received = new Uint8Array();
    if (offset !== this.#received.length) throw new Error(`${offset} after ${this.#received.length}`);
    this.#received = new Uint8Array([...this.#received, ...data]);
  }

  async finishSnapshot(snapshot: SnapshotMeta): Promise<SnapshotInfo> {
    const image = this.#received;
    this.#received = new Uint8Array();
    if (image.length !== snapshot.bytes || hashOf(image) !== snapshot.sha256) throw new Refusal("it is not whole");
    return this.#keep(snapshot, image);
  }

  async installNewest(): Promise<void> {
    const id = this.snapshots[0]?.id ?? "";
    this.#state.saved = savedIn(this.#files.get(id) ?? new Uint8Array());
  }

  async newArchive(): Promise<MemoryDraft> {
    return new MemoryDraft();
  }

  async exportArchive(): Promise<ExportedArchive> {
    return { archive: new MemoryArchive(bytesOf(this.#state.saved)), leftOut: {} };
  }

  async checkArchive(archive: ArchiveFile): Promise<CheckedArchive> {
    savedIn(await archive.read(0, archive.bytes));
    return { archive, leftOut: {}, kept: {} };
  }

  async installStaged({ index, term }: Pick<Entry, "index" | "term" | "data">): Promise<Refusal | undefined> {
    const { rows, staged } = this.#state.saved;
    try {
      const archive = savedIn(Uint8Array.fromBase64(staged));
      this.#state.saved = { index, term, rows: archive.rows, staged: "" };
      return undefined;
    } catch (error) {
      this.#state.saved = { index, term, rows, staged: "" };
      return error instanceof Refusal ? error : new Refusal(String(error));
    }
  }
}

/** Of a few bytes each, so that a restore takes several entries. */
export function fakePlan(archive: ArchiveFile): RestorePlan {
  async function* chunks() {
    const text = (await archive.read(0, archive.bytes)).toBase64();
    for (const part of text.match(/.{1,40}/g) ?? []) yield { data: `${CHUNK}${part}` };
  }
  return {
    chunks: chunks(),
    restore: "",
    abandon: { data: "abandoned" },
  };
}

function bytesOf(saved: Saved): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(saved));
}

function savedIn(bytes: Uint8Array): Saved {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Saved;
  } catch {
    throw new Refusal("not an archive");
  }
}

function hashOf(bytes: Uint8Array): string {
  return Bun.hash(bytes).toString(16);
}
