import type { NodeState, PushedNode, Versions } from "../messages.ts";

type Known = Pick<PushedNode, "name" | "versions"> & { readonly state: NodeState };

interface Range {
  min: number;
  max: number;
}

/**
 * Why members of two sides don't understand each other, if so (memberlist's verifyProtocol): what each speaks must lie in
 * what all living members understand. Also those who are not alive are held to it: they may come back.
 */
export function incompatibility(own: Iterable<Known>, remote: readonly PushedNode[]): string | undefined {
  const ours = [...own];
  const protocol = { min: 0, max: 255 };
  const delegate = { min: 0, max: 255 };
  for (const side of [remote, ours]) {
    for (const { state, versions } of side) {
      if (state !== "alive" || versions === undefined) continue;
      narrow(protocol, versions.protocolMin, versions.protocolMax);
      narrow(delegate, versions.delegateMin, versions.delegateMax);
    }
  }
  for (const side of [remote, ours]) {
    for (const { name, versions } of side) {
      const fault = faultOf(versions, protocol, delegate);
      if (fault !== undefined) return `member ${name}: ${fault}`;
    }
  }
  return undefined;
}

function narrow(range: Range, min: number, max: number): void {
  range.min = Math.max(range.min, min);
  range.max = Math.min(range.max, max);
}

function faultOf(versions: Versions | undefined, protocol: Range, delegate: Range): string | undefined {
  const { protocolCurrent = 0, delegateCurrent = 0 } = versions ?? {};
  if (protocolCurrent < protocol.min || protocolCurrent > protocol.max) {
    return `protocol version (${protocolCurrent}) is incompatible: [${protocol.min}, ${protocol.max}]`;
  }
  if (delegateCurrent < delegate.min || delegateCurrent > delegate.max) {
    return `delegate protocol version (${delegateCurrent}) is incompatible: [${delegate.min}, ${delegate.max}]`;
  }
  return undefined;
}
