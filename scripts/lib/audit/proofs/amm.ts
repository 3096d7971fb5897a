import type { Proof } from "./proof.js";

const SECTIONS = "contracts/amm/AmmSections.sol";
const CORE = "contracts/amm/AmmCore.sol";
const MATH = "contracts/libraries/AmmMath.sol";

export const AMM_PROOFS: readonly Proof[] = [
  {
    file: CORE,
    function: "_delegate",
    hash: "b292502c",
    reason: "Solidity has no words for a call that ends with another's answer, whatever that is.",
    proof:
      "The target is the immutable that the constructor deployed: code of this repository, without `selfdestruct` and without a `delegatecall` of its own, with the same storage layout (`AmmPools` alone has storage). Calldata goes behind the free memory, and so does the answer; the block ends the call in both branches, so nothing reads memory after it. Entries of the ledger are guarded before it; `forceExit` is guarded by the issuers of the pool's assets.",
  },
  {
    file: SECTIONS,
    function: "_collectRun",
    hash: "7161f6b2",
    twin: "`_collect` with `_isEligible`; `test/property/amm/AmmSection.t.sol` and `test/differential/amm-section-extremes.test.ts` hold both to the formula (AMM-6, AMM-12).",
    reason:
      "7,425 became 6,873 gas for a batched swap with both loops of the AMM and the answer in place (docs/decisions/0004).",
    proof: `**Bounds.** \`position\` runs through the calldata array by 64; \`end\` is after \`payouts.length\` operations, half of its length rounded down. Only \`sold\` of a side is written. \`kind\` is 0 or 1 where it chooses one of the two sides.

**Eligibility.** \`amount\` is at least 1,000, so the division that tests the product for overflow is by no zero; a product that wraps ends the run, and \`Math.mulDiv\` of the twin decides. The denominators are PRICE_SCALE · PIPS and \`high\`, which is at least 1 because \`edges\` refuses a price of 0. Any order that the twin refuses ends the run.

**Sums.** Each amount is below 2^112 and there are fewer than 2^32 of them, so \`sold\` is below 2^144; \`_price\` multiplies it in checked arithmetic, and the ledger reverts a section whose sum exceeds 2^112 − 1.`,
  },
  {
    file: SECTIONS,
    function: "_fillRun",
    hash: "b2c1083a",
    twin: "`_fillAll`; tests as above.",
    reason: "As `_collectRun`.",
    proof: `**Bounds.** \`position\` and \`answer\` run in step through calldata and payouts from \`index\` on. Written are the payout at hand and \`bought\` of a side. What is marked FAILED is passed over, so each order that is filled was found eligible: kind 0 or 1, and an amount that is not 0, by which the product is tested. The denominators are \`scaled0 · PIPS\` and \`scaled1 · PIPS\`: \`_price\` reverts for a \`scaled0\` of 0, and an order of kind 1 makes \`scaled1\` positive.

**Sums.** All outputs of a side together are at most Σ amount · keep · scaled' / (scaled · PIPS), and Σ amount · keep is a part of \`scaled\`: so \`bought\` is at most \`scaled' / PIPS\`, below 2^165. It does not wrap, and \`checkAfter\` compares it with what the pool holds.

**An output that exceeds a half** spills into the payout's other half or above bit 223, where the ledger cuts it. It cannot reach bits 254 and 255: \`checkAfter\` bounds it by reserve and input, and it takes 2^30 operations for inputs of 2^142. Then Σ of what is paid is at least 2^112 below \`bought\`, so the book would be left with 2^112 or more, and \`_rebook\` reverts the section (\`test/integration/attacks/section-outputs.test.ts\`).`,
  },
  {
    file: MATH,
    function: "amountOut",
    hash: "4dcf7b52",
    proof:
      "`paid` is a book's half (the lens refuses more), `keep` at most 10^6 < 2^20, `x` and `y` below 2^120: `net` < 2^132, `x * PIPS + net` < 2^141, `y * PIPS` < 2^140. The divisor is above 0, because `net` is at least 1,000 · 950,000. The quotient is below `y * PIPS / PIPS`, so `mulDiv` does not revert.",
  },
  {
    file: MATH,
    function: "amountIn",
    hash: "1d80bff0",
    proof:
      "`_checkOut` has made sure that `out <= held <= y` and that `y - out` is at least 1,000, so the difference is above 0 and so is the divisor. `x * out * PIPS` < 2^120 · 2^112 · 2^20 = 2^252. The result is checked against a half afterwards.",
  },
  {
    file: MATH,
    function: "fill",
    hash: "16ee5cce",
    proof:
      "`scaledIn` is below 2^150 (`amountOut`, the only caller: 2^141), so the product with 10^6 is below 2^170. `mulDiv` computes in 512 bits and reverts for a quotient beyond 256, which there is none: see `amountOut`.",
  },
  {
    file: MATH,
    function: "checkAfter",
    hash: "24eee7f8",
    proof:
      "Reserves are halves, offsets below 2^119. **Where the section's sums are halves**, `held` is below 2^113, and `held - out` does not fall below 0, by the two checks before it; the new virtual reserves are below 2^120 and their product is below 2^240. **Where a sum exceeds a half** the product may wrap and prove nothing; then the ledger, which has debited just these sums, reverts the section (`LedgerSectionOverflow`), so the check is not needed.",
  },
  {
    file: MATH,
    function: "_checkOut",
    hash: "c3686858",
    proof: "`out <= held` is required in the line before, and `y` is `held` plus an offset, so `out <= y`.",
  },
  {
    file: MATH,
    function: "_virtual",
    hash: "cf9c7efa",
    proof:
      "A reserve is a book's half, below 2^112; an offset is at most 2^119 − 1 (`offset` checks it whenever one is stored). Each sum is below 2^120.",
  },
];
