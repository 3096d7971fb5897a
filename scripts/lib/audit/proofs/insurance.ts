import type { Proof } from "./proof.js";

const CURVE = "contracts/libraries/CoverCurve.sol";

export const INSURANCE_PROOFS: readonly Proof[] = [
  {
    file: CURVE,
    function: "coverFor",
    hash: "6a59f36d",
    proof:
      "The budget is below 2^96 and not 0, so `left` is at least 0 and below 2^156. The integral rises with what is locked, which is below the size here, so no difference of two of them is below 0; `left` is at least what is taken off it, as is checked before each time; 2 · WAD − 1 is a constant. What is locked is at most the kink where it is subtracted from it, and the kink at most the size; sums of parts of the size are at most the size.",
  },
  {
    file: CURVE,
    function: "integral",
    hash: "e695fe3b",
    proof:
      "What is locked is above the kink where that is subtracted, and the kink is at most the size. Each of the two costs is that of less than 2^96 units at a rate below 2^64 · 10^-18, in units · WAD below 2^160.",
  },
  {
    file: CURVE,
    function: "_area",
    hash: "6abf07b8",
    proof:
      "Rates are at most `MAX_RATE`, below 2^64, and rise; `x` is below 2^96, so the product of the difference and both `x` is below 2^256. `x` is at most `length`, so the quotient is below 2^159 and the sum below 2^161. `length` is not 0, as `x` is not.",
  },
  {
    file: CURVE,
    function: "_solve",
    hash: "6ce0fa03",
    proof:
      "Rates are below 2^64 and rise, `start` is below `length`, which is below 2^96, and `area` is below the cost of the whole line, below 2^160. So products are below 2^225, the square of the rate below 2^130, the root below 2^113. The divisor is at least 2.",
  },
];
