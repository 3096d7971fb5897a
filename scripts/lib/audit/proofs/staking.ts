import type { Proof } from "./proof.js";

const QUEUE = "contracts/libraries/ExitQueue.sol";
const STREAM = "contracts/libraries/StreamLib.sol";

export const STAKING_PROOFS: readonly Proof[] = [
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
    hash: "dd67b9c9",
    proof:
      "All that was ever funded, with `amount`, is at most `MAX_FUNDED`, below 2^92, so what waits is below 2^124 in rewards · 2^32. `end` is after `time`, as the caller has checked.",
  },
  {
    file: STREAM,
    function: "waiting",
    hash: "e807d82f",
    proof: "What waits to flow was funded: below 2^92 rewards · 2^32, with what a division left.",
  },
  {
    file: STREAM,
    function: "earned",
    hash: "f29d06cb",
    proof:
      "The index never falls, and `checkpoint` is one that it had. While it moved, the weight was part of what it was divided by, so the product is at most what was distributed: below 2^92 · 2^80.",
  },
];
