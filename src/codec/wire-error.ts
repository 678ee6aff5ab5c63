/** Bytes that no correct peer sends: cut, forged, too long. Whoever reads from the network catches it; it is never a bug. */
export class WireError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "WireError";
  }
}

/** What is there is right, but it ends too early: of a stream more may come. */
export class CutOff extends WireError {}
