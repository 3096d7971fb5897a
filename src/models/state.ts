import { LakhError } from "../lakh-error.js";

/** What a contract would have refused: `code` is its error's name, `values` its arguments by name. */
export class ModelError extends LakhError {
  constructor(code: string, values: Readonly<Record<string, unknown>> = {}) {
    super(code, code, values);
    this.name = "ModelError";
  }
}

/** Throws a `ModelError` unless `condition` holds. */
export function demand(
  condition: boolean,
  code: string,
  values?: Readonly<Record<string, unknown>>,
): asserts condition {
  if (!condition) throw new ModelError(code, values);
}

/** Numbers under names; what was never set is 0. A failing `attempt` leaves nothing behind, as a revert does. */
export class ModelState {
  readonly #numbers = new Map<string, bigint>();
  #journal: { name: string; before: bigint }[] = [];
  #depth = 0;

  /** The number under a name; 0 where none was set. */
  get(name: string): bigint {
    return this.#numbers.get(name) ?? 0n;
  }

  /** Sets the number under a name. */
  set(name: string, value: bigint): void {
    if (this.#depth > 0) this.#journal.push({ name, before: this.get(name) });
    this.#numbers.set(name, value);
  }

  /** Every number that was ever set. */
  entries(): IterableIterator<[string, bigint]> {
    return this.#numbers.entries();
  }

  /** Runs `action`; when it throws, every number is as before. */
  attempt<T>(action: () => T): T {
    const start = this.#journal.length;
    this.#depth += 1;
    try {
      return action();
    } catch (error) {
      for (const { name, before } of this.#journal.splice(start).reverse()) this.#numbers.set(name, before);
      throw error;
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#journal = [];
    }
  }
}
