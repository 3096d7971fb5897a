/** Why a block can do no harm. It holds for the block with this hash; a changed block has to be read again. */
export type Proof = {
  file: string;
  function: string;
  hash: string;
  proof: string;
  /** Of assembly that has one: plain Solidity that must do the same, and the test that compares them. */
  twin?: string;
  /** Of assembly: what it saves, and where that is measured; or why Solidity has no words for it. */
  reason?: string;
};

export const UNSAYABLE = {
  scratch: "Solidity cannot read code or memory at a place; one instruction each.",
  position: "Access by position: the bounds check of an index costs more than the access (docs/decisions/0004).",
} as const;
