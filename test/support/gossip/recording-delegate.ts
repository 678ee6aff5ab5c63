import type { Alive, Endpoint, PushedNode } from "../../../src/gossip/messages.ts";
import type { SwimDelegate, SwimMember } from "../../../src/gossip/swim/delegate.ts";

/** The layer above, in a test: keeps what it is told, and says what it is set to. */
export class RecordingDelegate implements SwimDelegate {
  /** `join n2`, `dead n2`, `left n2`, `update n2`, `conflict n2 10.0.0.9`, in order. */
  readonly events: string[] = [];
  readonly userMessages: { payload: Uint8Array; from: Endpoint }[] = [];
  readonly acks: { member: string; rttMs: number; payload: Uint8Array }[] = [];
  readonly merged: { state: Uint8Array; isJoin: boolean }[] = [];
  /** Given out in order, as many as fit. */
  waiting: Uint8Array[] = [];
  state = new Uint8Array(0);
  payload = new Uint8Array(0);
  refusal: (alive: Alive) => string | undefined = () => undefined;
  onPushed: (nodes: readonly PushedNode[]) => void = () => undefined;
  mergeRefusal: (nodes: readonly PushedNode[]) => string | undefined = () => undefined;

  onJoin({ name }: SwimMember): void {
    this.events.push(`join ${name}`);
  }
  onLeave({ name, state }: SwimMember): void {
    this.events.push(`${state} ${name}`);
  }
  onUpdate({ name }: SwimMember): void {
    this.events.push(`update ${name}`);
  }
  onConflict({ name }: SwimMember, other: Alive): void {
    this.events.push(`conflict ${name} ${other.at.address}`);
  }
  refuseAlive(alive: Alive): string | undefined {
    return this.refusal(alive);
  }
  refuseMerge(nodes: readonly PushedNode[]): string | undefined {
    return this.mergeRefusal(nodes);
  }
  onUserMessage(payload: Uint8Array, from: Endpoint): void {
    this.userMessages.push({ payload, from });
  }
  localState(): Uint8Array {
    return this.state;
  }
  mergeState(state: Uint8Array, isJoin: boolean): void {
    this.merged.push({ state, isJoin });
  }
  broadcasts(overhead: number, budget: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    let left = budget;
    for (let next = this.waiting[0]; next !== undefined && next.length + overhead <= left; next = this.waiting[0]) {
      taken.push(next);
      left -= next.length + overhead;
      this.waiting.shift();
    }
    return taken;
  }
  ackPayload(): Uint8Array {
    return this.payload;
  }
  onAck({ name: member }: SwimMember, rttMs: number, payload: Uint8Array): void {
    this.acks.push({ member, rttMs, payload });
  }
}
