/** What became of a finding of Slither's; `place` is the first thing that its description names. */
export type Triage = {
  check: string;
  place: string;
  /** How many findings there are of it, 1 unless given. */
  count?: number;
  /** `false`: what it says is not so. `meant`: it is so, and has to be. */
  verdict: "false" | "meant";
  reason: string;
};

export const ZERO = "Solidity sets it to zero, which is the value it starts from.";
export const NAMED = "The results that are not needed are left out by name of the others; none of them is an error.";
export const EXACT =
  "An exact comparison of a number nobody can push over a threshold: ids and magic values are equal or not, and an amount of 0 moves nothing.";
export const ALLOWED =
  "The second result of `canCall` is a delay; whoever has one is not allowed by the first, so he is refused.";
export const CHECKED = "`OracleMath.checked` reverts outside of the bounds; what it answers is what it was given.";
/** `ILedger.transfer` and `transferFrom`. */
export const TRUE = "The ledger moves all of it and answers true, or reverts.";
/** `BoundedCall.word`. */
export const SILENT = "Where the first result is false the word is 0";
/** A checkpoint of `ExitQueue` before the first. */
export const LINE = "The finalisation before the first ends at place 0 of the line with nothing set aside: all zeros.";
