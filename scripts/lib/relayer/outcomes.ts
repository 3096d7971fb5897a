import { type DecodedBatch } from "../../../src/codec/reader.js";
import { type Outcome } from "./database.js";

/** Bits of a word of `skipped`. */
const WORD = 256;

/**
 * What became of each signer's operations, in the order of his record. `sections` and `skipped` are as `BatchSettled` has
 * them: a section that failed has all of its bits set.
 */
export function outcomesOf(
  batch: Pick<DecodedBatch, "records" | "sections" | "types">,
  skipped: readonly bigint[],
): Map<number, Outcome[]> {
  const firstWord: number[] = [];
  let words = 0;
  for (const { operations } of batch.sections) {
    firstWord.push(words);
    words += Math.ceil(operations / WORD);
  }
  const next = batch.sections.map(() => 0);
  const outcomes = new Map<number, Outcome[]>();
  for (const { id, operations } of batch.records) {
    const own = operations.map(({ type }): Outcome => {
      const section = batch.types[type]?.section ?? 0;
      const index = next[section] ?? 0;
      next[section] = index + 1;
      const word = skipped[(firstWord[section] ?? 0) + Math.floor(index / WORD)] ?? 0n;
      return (word >> BigInt(index % WORD)) & 1n ? "skipped" : "executed";
    });
    outcomes.set(id, own);
  }
  return outcomes;
}
