import type { Proof } from "./proof.js";

const CURVE = "contracts/libraries/AdaptiveCurve.sol";
const FLAGS = "contracts/libraries/LendingFlags.sol";
const MATH = "contracts/libraries/LendingMath.sol";

export const LENDING_PROOFS: readonly Proof[] = [
  {
    file: FLAGS,
    function: "updatedNow",
    hash: "1ebd14e9",
    proof:
      "Meant to wrap: the low 31 bits of the seconds since 2026, which the difference that `elapsed` takes needs at any time; shifted by 1 and then by 224 they fill the word's last 31 bits.",
  },
  {
    file: FLAGS,
    function: "elapsed",
    hash: "9af75ea5",
    proof:
      "Meant to wrap: both times count from 2026 modulo 2^31, so the low 31 bits of their difference are what has passed since the last update, if that is below 2^31 seconds, 68 years. `EPOCH` and the word's 31 bits are constants or below 2^31; a time before 2026 wraps the same way on both sides.",
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
    function: "withdraw",
    hash: "17acd3bc",
    proof:
      "`LendingPositions._tryWithdraw`, the only caller, refuses more assets than are idle and more shares than there are.",
  },
  {
    file: MATH,
    function: "borrow",
    hash: "50dcaddc",
    proof:
      "`LendingPositions._tryBorrow` and `LendingActions._refuseBorrow` check before it that the assets are idle, the debt stays at most `MAX_DEBT`, and the shares at most `MAX_SHARES`. `LendingLens.maxBorrow` halves between 0 and the least of what is idle and what the debt has room for, and checks the shares.",
  },
  {
    file: MATH,
    function: "undoBorrow",
    hash: "c1553e17",
    proof: "Called with what `borrow` was just called with on the same market: every field becomes what it was before.",
  },
  {
    file: MATH,
    function: "repay",
    hash: "629b9ca0",
    proof:
      "`assets` is at most the debt, which is below 2^96. `idle` is a half of a book, or within a section below 2^144 (`supply`), so the sum is below 2^145. The shares are taken off with a check.",
  },
  {
    file: MATH,
    function: "maxDebt",
    hash: "f0a3cb00",
    proof:
      "Within the condition collateral and price are below 2^128 each, so their product is below 2^256; without the scale of 1e36, above 2^119, it is below 2^137. LLTVs are below 1e18 (`enableLltv`), so the last product is below 2^197; the lens asks only for markets that exist, whose id names their LLTV.",
  },
  {
    file: MATH,
    function: "incentive",
    hash: "a3e2eea7",
    proof:
      "LLTVs are below 1e18 (`enableLltv`), so the divisor is between 0.7e18 and 1e18. What the lens is given and no market has underflows, and the market it names does not exist.",
  },
  {
    file: MATH,
    function: "_toUp",
    hash: "27a7c17f",
    proof:
      "One is taken off a product that is not 0. The quotient by a divisor of at least 1, as its virtual part is, is at most 2^256 − 2, and with one more below 2^256.",
  },
];
