/** Bytes that no correct peer sends: cut, forged, too long. Whoever reads from the network catches it; it is never a bug. */
export class WireError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "WireError";
  }
}
