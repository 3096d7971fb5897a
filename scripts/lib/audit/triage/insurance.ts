import { ALLOWED, SILENT, TRUE, ZERO, type Triage } from "./words.js";

export const INSURANCE_TRIAGE: readonly Triage[] = [
  {
    check: "incorrect-equality",
    place: "CoverSales._closeSale(RiskId,CoverStore.Storage,CoverSales.Sale,address)",
    count: 2,
    verdict: "meant",
    reason: "Nothing was sold, as a sale adds cover; and a commission of 0 is not stored. Both are of this sale alone.",
  },
  {
    check: "incorrect-equality",
    place: "UnderwritingCapital._tryDeposit(UnderwritingStore.Pool,uint256,uint256)",
    verdict: "meant",
    reason: "A deposit that gives no share is refused rather than taken.",
  },
  {
    check: "incorrect-equality",
    place: "UnderwritingCapital._tryRequest(UnderwritingId,UnderwritingStore.Pool,address,uint256,uint256)",
    verdict: "meant",
    reason: "An exit of which the cap is no unit when it is asked for is refused: it could be paid nothing.",
  },
  {
    check: "incorrect-equality",
    place: "UnderwritingSections._settleRequest(UnderwritingId,UnderwritingStore.Pool,address,uint256)",
    verdict: "meant",
    reason: "Ids of requests begin at 1, so 0 is what a refused request answers and no other.",
  },
  {
    check: "reentrancy-no-eth",
    place: "CoverOutcomes.reportAndSettle(RiskId,bytes)",
    verdict: "false",
    reason:
      "What is called first is the pools' contract, which calls nobody; the oracle before it is asked statically. `_settle` loads the risk anew, and stores it before it calls the ledger, which is locked, moves a plain token between two books, and calls the pools and the desk alone.",
  },
  {
    check: "uninitialized-local",
    place: "CoverSections._settleAll(RiskId,bytes,uint256[],uint256[]).sale",
    verdict: "meant",
    reason: "It is looked at where the risk is on sale only, and there it is opened in the next line.",
  },
  {
    check: "uninitialized-local",
    place: "InsuranceLens.requestOf(UnderwritingId,uint256).shares",
    verdict: "meant",
    reason: `${ZERO} It is the sum of the requests up to this one.`,
  },
  {
    check: "unused-return",
    place: "AssetDecimals.decimalsOf(uint256)",
    verdict: "meant",
    reason: `${SILENT}, which is what it says of a token that does not answer.`,
  },
  {
    check: "unused-return",
    place: "CoverOutcomes._move(CoverStore.Storage,ICoverDesk.Product,uint256,uint256)",
    verdict: "meant",
    reason:
      "The path reverts unless exactly the difference goes from one book into the other; its last call pays nothing out.",
  },
  {
    check: "unused-return",
    place: "CoverOutcomes._takeFrom(RiskId,CoverStore.Totals,address[])",
    verdict: "meant",
    reason: `${TRUE} It is no more than the holder has and lets the desk take.`,
  },
  {
    check: "unused-return",
    place: "CoverOutcomes.settleHolders(RiskId,address[])",
    count: 2,
    verdict: "meant",
    reason: `A redemption pays on side 0 alone and mints nothing. Of a transfer: ${TRUE}`,
  },
  {
    check: "unused-return",
    place: "CoverStore.pauseSales(bool)",
    verdict: "meant",
    reason: ALLOWED,
  },
  {
    check: "unused-return",
    place: "InsuranceLens.coverOf(RiskId,address)",
    verdict: "meant",
    reason: "Asked what 0 buys, the desk answers no cover, and the room that is wanted.",
  },
  {
    check: "unused-return",
    place: "InsuranceLens.requestOf(UnderwritingId,uint256)",
    verdict: "meant",
    reason: "Of the queue how many requests are final, which says whether this one is.",
  },
];
