/**
 * An operating error that is answered to whoever asked: a text in Consul's words and the HTTP status that carries it.
 * Programmer errors use `assert`; a Refusal is never logged with a stack.
 */
export class Refusal extends Error {
  readonly status: number;
  constructor(message: string, status = 500) {
    super(message);
    this.name = "Refusal";
    this.status = status;
  }
}
