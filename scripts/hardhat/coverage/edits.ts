import type { Wrap } from "./probes.js";
import type { Span } from "./syntax.js";

/** At one place, what closes comes before what is inserted, and that before what opens. */
type Phase = 0 | 1 | 2;
type Edit = { at: number; phase: Phase; size: number; text: string; removed: number };

/** Changes of a text that are collected first, so that all places are those of the original. */
export class Edits {
  readonly #source: string;
  readonly #edits: Edit[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  insert(at: number, text: string): void {
    this.#edits.push({ at, phase: 1, size: 0, text, removed: 0 });
  }

  remove({ start, end }: Span): void {
    this.#edits.push({ at: start, phase: 2, size: 0, text: "", removed: end - start });
  }

  wrap({ start, end }: Span, { before, after }: Wrap): void {
    const size = end - start;
    this.#edits.push({ at: start, phase: 2, size, text: before, removed: 0 });
    this.#edits.push({ at: end, phase: 0, size, text: after, removed: 0 });
  }

  /** The changed text. A longer wrap stays around a shorter one. */
  apply(): string {
    const order = (edit: Edit): number => (edit.phase === 0 ? edit.size : -edit.size);
    const sorted = this.#edits.toSorted((a, b) => a.at - b.at || a.phase - b.phase || order(a) - order(b));
    let [result, done] = ["", 0];
    for (const { at, text, removed } of sorted) {
      result += this.#source.slice(done, at) + text;
      done = at + removed;
    }
    return result + this.#source.slice(done);
  }
}
