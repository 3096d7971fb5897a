import type { Proof } from "./proof.js";

const CURVE = "contracts/libraries/AdaptiveCurve.sol";
const MATH = "contracts/libraries/LendingMath.sol";

export const LENDING_PROOFS: readonly Proof[] = [
  {
    file: "contracts/lending/LendingMarkets.sol",
    function: "_peek",
    hash: "4b651c00",
    proof:
      "`last` is the time of an earlier block or of this one, in the 32 bits of the book's flags, which hold it until 2106; afterwards the difference is above 2^32 seconds, the interest reaches its cap, and nothing wraps.",
  },
  {
    file: CURVE,
    function: "next",
    hash: "3f89c43b",
    proof:
      "Debt is below 2^96 and at most the supply, so the product is below 2^156 and the utilisation at most 1e18; the distance is between −1e18 and 1e18. SPEED is below 2^41 and the elapsed time below 2^33, so the adaptation is below 2^74. Rates at the target are between 0 and 2^36 (`_adapted` bounds each later one), so their sum is below 2^39, and the borrow rate is at most four times the mean.",
  },
  {
    file: CURVE,
    function: "_adapted",
    hash: "6c7e0800",
    proof:
      "The rate is below 2^40. The adaptation is below `HIGHEST` or `exp` answers `HIGHEST_VALUE`, below 2^196: the product is below 2^236.",
  },
  {
    file: CURVE,
    function: "exp",
    hash: "eb8d2558",
    proof:
      "`x` is between −42e18 and 94e18, so adding half of ln 2 does not overflow. `q` is x / ln 2 to the nearest: between −60 and 135, as `HIGHEST` is 135.4 · ln 2. `r` is at most half of ln 2 either way, so `power` is between 0.7e18 and 1.5e18, and shifted by 135 below 2^196.",
  },
  {
    file: MATH,
    function: "supplyAssets",
    hash: "405975bd",
    proof: "`idle` is a half of a book, below 2^112, and debt is below 2^96.",
  },
  {
    file: MATH,
    function: "addInterest",
    hash: "ac4f711e",
    proof:
      "The rate is at most `MAX_BORROW_RATE`, below 2^38, and the time below 2^33 seconds, so `x` is below 2^71, `square` below 2^81 and its product with `x` below 2^152; the sum of the terms is below 2^91, and with debt the product is below 2^187. Debt never exceeds `MAX_DEBT`: borrowing checks it, and interest ends there. The fee is at most 0.25e18.",
  },
  {
    file: MATH,
    function: "_addFee",
    hash: "e2f34014",
    proof:
      "`assets` is at most a quarter of the interest, which is part of the supply's assets. Supply shares never exceed `MAX_SHARES`: supplying checks it, and the fee's end there.",
  },
  {
    file: MATH,
    function: "supply",
    hash: "b40fc197",
    proof:
      "`assets` came into the book, or are debited of what one asset has in all: below 2^112 each, so the sum is below 2^144 within a section, whose book the ledger reverts above 2^112. `LendingPositions._trySupply` has checked the shares.",
  },
  {
    file: MATH,
    function: "incentive",
    hash: "a3e2eea7",
    proof:
      "LLTVs are below 1e18 (`enableLltv`), so the divisor is between 0.7e18 and 1e18. What the lens is given and no market has underflows, and the market it names does not exist.",
  },
];
