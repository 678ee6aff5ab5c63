/** Bytes that all streams of a pool may hold together. */
export class ByteBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  share(): BudgetShare {
    return new BudgetShare({
      take: (bytes) => {
        if (bytes > this.#left) return false;
        this.#left -= bytes;
        return true;
      },
      giveBack: (bytes) => {
        this.#left += bytes;
      },
    });
  }
}

/** What one stream holds of the budget. */
export class BudgetShare {
  readonly #budget: { take(bytes: number): boolean; giveBack(bytes: number): void };
  #bytes = 0;

  constructor(budget: { take(bytes: number): boolean; giveBack(bytes: number): void }) {
    this.#budget = budget;
  }

  /** False when all together would hold too much; nothing is taken then. */
  take(bytes: number): boolean {
    if (!this.#budget.take(bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  giveBackAll(): void {
    this.#budget.giveBack(this.#bytes);
    this.#bytes = 0;
  }
}
