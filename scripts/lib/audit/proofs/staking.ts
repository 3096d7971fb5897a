import type { Proof } from "./proof.js";

const QUEUE = "contracts/libraries/ExitQueue.sol";
const SECTIONS = "contracts/staking/StakingSections.sol";
const STREAM = "contracts/libraries/StreamLib.sol";

export const STAKING_PROOFS: readonly Proof[] = [
  {
    file: SECTIONS,
    function: "_at",
    hash: "9dff15fe",
    proof:
      "`i` is an index of the payouts, of which there are half as many as the array in calldata has words, below 2^59: neither product nor sum wraps, and the indices are checked against the array's length as any other.",
  },
  {
    file: QUEUE,
    function: "push",
    hash: "f397eaf4",
    proof:
      "A request stores two words, so 2^32 of them are out of reach of anybody's gas; each has less than 2^96 shares, so the line is shorter than 2^128.",
  },
  {
    file: STREAM,
    function: "accrue",
    hash: "fe454b45",
    proof:
      "`from` is below `until`, which is at most `to`, when a difference is taken. Times are below 2^32 and a pause moves the end by time that has passed. The rate times the time until the end is at most what waits to flow, below 2^92 rewards · 2^32 (`fund`), so the shifted product is below 2^172, and the remainder below 2^96. The weight is at least 2^20, so all quotients together are below 2^152.",
  },
  {
    file: STREAM,
    function: "fund",
    hash: "4366e1c1",
    proof:
      "All that was ever funded, with `amount`, is at most `MAX_FUNDED`, below 2^92, so what waits is below 2^124 in rewards · 2^32. `end` is after `time`, as the caller has checked.",
  },
  {
    file: STREAM,
    function: "waiting",
    hash: "48caa375",
    proof: "What waits to flow was funded: below 2^92 rewards · 2^32, with what a division left.",
  },
  {
    file: STREAM,
    function: "accrued",
    hash: "66754dd4",
    proof:
      "A weight is below 2^96 and an index below 2^152, so the product is below 2^248. The difference of what is shifted and the debt is meant modulo 2^112: what has truly accrued is below 2^104, and at least −1 for each change of the weight, which `rebase` rounded up.",
  },
  {
    file: STREAM,
    function: "rebase",
    hash: "e2dcbaba",
    proof:
      "Weights are below 2^96 and an index below 2^152, so the products are below 2^248, also with what rounds up. The sum is meant modulo 2^112.",
  },
  {
    file: STREAM,
    function: "pay",
    hash: "a59fb7cb",
    proof: "The amount is below 2^92, and the sum is meant modulo 2^112.",
  },
];
