import { ALLOWED, CHECKED, NAMED, type Triage } from "./words.js";

export const ORACLE_TRIAGE: readonly Triage[] = [
  {
    check: "incorrect-equality",
    place: "NavOracle.borrowPrice()",
    verdict: "meant",
    reason:
      "The bounded value is the reported one, or it is not and nobody borrows. Both are written by one report, and nobody else moves either.",
  },
  {
    check: "unused-return",
    place: "ChainlinkOracle._answerOf(IAggregatorV3,uint256)",
    verdict: "meant",
    reason:
      "The numbers of rounds say nothing that the time does not; `startedAt` is when a round began, not when it was answered.",
  },
  {
    check: "unused-return",
    place: "ChainlinkOracle._digitsOf(ChainlinkOracle.Feed)",
    verdict: "meant",
    reason: CHECKED,
  },
  {
    check: "unused-return",
    place: "NavOracle.report(uint256)",
    count: 2,
    verdict: "meant",
    reason: `${ALLOWED} ${CHECKED}`,
  },
  {
    check: "unused-return",
    place: "OracleMath.priceOf(uint256,uint256,OracleMath.Scale)",
    verdict: "meant",
    reason:
      "The upper word alone says whether the quotient fits; the quotient is taken of all 512 bits in the next line.",
  },
  {
    check: "unused-return",
    place: "SequencerGate._checkOpen()",
    verdict: "meant",
    reason: NAMED,
  },
  {
    check: "unused-return",
    place: "VaultRateFeed.constructor(IERC4626,uint256,uint256)",
    verdict: "meant",
    reason: CHECKED,
  },
];
