/** A call certainly did not reach the other server, or was not executed there. Trying again is safe. */
export class NotSent extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NotSent";
  }
}

/** A call was sent, and what became of it is not known: it may have been executed, or may be still. */
export class AnswerLost extends Error {
  constructor(message: string) {
    super(message);
    this.name = "AnswerLost";
  }
}
