import { ALLOWED, CHECKED, NAMED, TRUE, type Triage } from "./words.js";

export const ORACLE_TRIAGE: readonly Triage[] = [
  {
    check: "incorrect-equality",
    place: "NavOracle._trusted()",
    verdict: "meant",
    reason:
      "The bounded value is the reported one, or it is not and nobody borrows. Both are written by one report, and nobody else moves either.",
  },
  {
    check: "incorrect-equality",
    place: "NavOracle.getRoundData(uint80)",
    verdict: "meant",
    reason: "A round is named by the time of its report, and no other than the last is kept.",
  },
  {
    check: "incorrect-equality",
    place: "ReporterOracle._isBonded(address)",
    verdict: "meant",
    reason:
      "Where no bond is asked for, which never changes, everybody counts as bonded; and a bond that was not freed has no time from which it is free.",
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
    place: "FeedTrigger._checkRound(ICoverOracle.Question,uint80)",
    verdict: "meant",
    reason:
      "The round's number is what was asked for, and `startedAt` is when it began, not when it was answered. `answeredInRound` is deprecated: a feed answers a round within it.",
  },
  {
    check: "unused-return",
    place: "FeedTrigger.outcomeOf(ICoverOracle.Question,bytes)",
    verdict: "meant",
    reason: "As in `FeedTrigger._checkRound`; what shows that the feed went on is when it answered last.",
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
    place: "ReporterOracle._signerOf(address,RiskId,uint256,bytes)",
    verdict: "meant",
    reason:
      "Why a signature is none. Its signer is the zero address then, which no quorum and no contradiction counts.",
  },
  {
    check: "unused-return",
    place: "ReporterOracle.postBond()",
    verdict: "meant",
    reason: TRUE,
  },
  {
    check: "unused-return",
    place: "ReporterOracle.proposeReporters(address[],uint256)",
    verdict: "meant",
    reason: ALLOWED,
  },
  {
    check: "unused-return",
    place: "ReporterOracle.slash(address,RiskId,uint256[2],bytes[2])",
    count: 2,
    verdict: "meant",
    reason: `${TRUE} That is so of either half, and the bond is gone before the first.`,
  },
  {
    check: "unused-return",
    place: "ReporterOracle.withdrawBond()",
    verdict: "meant",
    reason: TRUE,
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
