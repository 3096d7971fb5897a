import { ALLOWED, EXACT, NAMED, SILENT, ZERO, type Triage } from "./words.js";

const CUT =
  "The formula is Morpho's, each quotient cut off where it stands, to the unit (`test/differential/lending-morpho.test.ts`).";
const VAULT_LOCK =
  "Whatever writes shares or idle assets holds the vault's lock; a cap that is lowered or a queue that is set meanwhile, by its role, counts from the next action. What is called is the ledger, which calls the core; with the vault's ledger balance on both sides no token is called, and a rate model is asked statically. The one call that sends tokens comes last.";

export const LENDING_TRIAGE: readonly Triage[] = [
  {
    check: "divide-before-multiply",
    place: "AdaptiveCurve.exp(int256)",
    verdict: "meant",
    reason: "The remainder of a whole number of ln 2: the quotient has to be whole.",
  },
  {
    check: "divide-before-multiply",
    place: "AdaptiveCurve.next(uint256,uint256,uint256,uint256)",
    count: 2,
    verdict: "meant",
    reason: CUT,
  },
  {
    check: "divide-before-multiply",
    place: "LendingMath._seize(LendingMath.Market,uint256,uint256,LendingMath.Terms)",
    verdict: "meant",
    reason: `${CUT} What is cut off stays the debtor's.`,
  },
  {
    check: "divide-before-multiply",
    place: "LendingMath.addInterest(LendingMath.Market,uint256,uint256,uint256)",
    verdict: "meant",
    reason: CUT,
  },
  {
    check: "divide-before-multiply",
    place: "LendingMath.maxDebt(uint256,uint256,uint256)",
    verdict: "meant",
    reason: `${CUT} Both cuts lower what may be owed.`,
  },
  {
    check: "incorrect-equality",
    place: "LendingFlags.updatedNow(bool)",
    verdict: "meant",
    reason:
      "The one second in 68 years whose 31 bits are 0, which would be flags of no market: it counts as the second before.",
  },
  {
    check: "incorrect-equality",
    place: "LendingLens.marketOf(MarketParams)",
    verdict: "meant",
    reason: "Of nothing supplied nothing is lent: the utilisation is 0, where a division has no answer.",
  },
  {
    check: "incorrect-equality",
    place: "LendingVault._enter(LendingVault.Snapshot,address,uint256,uint256)",
    count: 2,
    verdict: "meant",
    reason:
      "How many markets take a part, and whether a part is left over: which of two ways the same tokens go. And a deposit that gives no share is refused rather than taken.",
  },
  {
    check: "incorrect-equality",
    place: "LendingVault._exit(LendingVault.Snapshot,address,address,uint256,uint256)",
    verdict: "meant",
    reason: "How many markets give a part, and whether what is idle does: which of two ways the same tokens go.",
  },
  {
    check: "incorrect-equality",
    place: "LendingVault._mintFee(LendingVault.Snapshot)",
    verdict: "meant",
    reason: EXACT,
  },
  {
    check: "incorrect-equality",
    place: "LendingVault.reallocate(ILendingVault.Allocation[])",
    verdict: "meant",
    reason: "The allocator says 0 to have all of a market.",
  },
  {
    check: "incorrect-equality",
    place: "LendingVaultMarkets._planSupply(LendingVaultMarkets.Holdings,uint256)",
    count: 2,
    verdict: "meant",
    reason:
      "The place of a market that is not there; and a part that is too little for a share, which the core would refuse.",
  },
  {
    check: "incorrect-equality",
    place: "LendingVaultMarkets._planWithdrawal(LendingVaultMarkets.Holdings,uint256)",
    verdict: "meant",
    reason: EXACT,
  },
  {
    check: "reentrancy-no-eth",
    place: "LendingVault._exit(LendingVault.Snapshot,address,address,uint256,uint256)",
    verdict: "false",
    reason: VAULT_LOCK,
  },
  {
    check: "reentrancy-no-eth",
    place: "LendingVault.reallocate(ILendingVault.Allocation[])",
    verdict: "false",
    reason: VAULT_LOCK,
  },
  {
    check: "reentrancy-no-eth",
    place: "LendingVaultMarkets._supplyTo(LendingVaultMarkets.Leg,uint256,ILedger.Source)",
    verdict: "false",
    reason: `${VAULT_LOCK} A deposit that goes straight to one market has its tokens pulled before the core is asked, when nothing is written yet; what is minted is the number that was required.`,
  },
  {
    check: "uninitialized-local",
    place: "LendingActions._createMarket(MarketId,Word,Word,MarketParams).empty",
    verdict: "meant",
    reason:
      "They are the totals of an empty market, to which its settings are added, and where it has the adaptive curve its first rate.",
  },
  {
    check: "uninitialized-local",
    place: "LendingActions._takeCollateral(LendingMarkets.Storage,Word,uint256,address).market",
    verdict: "meant",
    reason: "Without debt the market is not looked at.",
  },
  {
    check: "uninitialized-local",
    place: "LendingActions._takeCollateral(LendingMarkets.Storage,Word,uint256,address).maximum",
    verdict: "meant",
    reason: "Without debt the limit is not looked at.",
  },
  {
    check: "uninitialized-local",
    place: "LendingSections._settleAll(MarketId,Word,bool,uint256[],uint256[]).quote",
    verdict: "meant",
    reason: `${ZERO} It is not asked yet.`,
  },
  {
    check: "uninitialized-local",
    place:
      "LendingSections._settleRemove(LendingMarkets.Storage,LendingMath.Market,LendingSections.Quote,address,uint256).maximum",
    verdict: "meant",
    reason: "Without debt the limit is not looked at.",
  },
  {
    check: "uninitialized-local",
    place: "LendingVaultRisk._remove(uint256).assets",
    verdict: "meant",
    reason: `${ZERO} A market without shares of the vault leaves nothing behind.`,
  },
  {
    check: "unused-return",
    place: "FlashLiquidator.liquidate(MarketParams,address,uint256,PoolKey[],uint256)",
    verdict: "meant",
    reason: "A flash loan answers true or reverts.",
  },
  {
    check: "unused-return",
    place: "FlashLiquidator.onFlashLoan(address,address,uint256,uint256,bytes)",
    verdict: "meant",
    reason: "What the path pays is measured in the token, before and after.",
  },
  {
    check: "unused-return",
    place: "LendingCore._checkAuthority()",
    verdict: "meant",
    reason: ALLOWED,
  },
  {
    check: "unused-return",
    place: "LendingCore.setFee(MarketParams,uint256)",
    verdict: "meant",
    reason: "The call accrues, pays nothing, and reverts when it fails.",
  },
  {
    check: "unused-return",
    place: "LendingLens._load(MarketParams)",
    verdict: "meant",
    reason: "The rate and the interest are in the market that is answered.",
  },
  {
    check: "unused-return",
    place: "LendingSections._askIssuer(uint256,bytes)",
    verdict: "meant",
    reason: `${SILENT}, which is no issuer's yes and nobody's address.`,
  },
  {
    check: "unused-return",
    place: "LendingVault._enter(LendingVault.Snapshot,address,uint256,uint256)",
    verdict: "meant",
    reason:
      "It reverts unless all of the assets are credited; what a token delivers beyond them is a gift, and not counted.",
  },
  {
    check: "unused-return",
    place: "LendingVaultMarkets._act(uint256,ILedger.Source,ILedger.Destination,address,uint256,bytes)",
    verdict: "meant",
    reason: NAMED,
  },
  {
    check: "unused-return",
    place: "LendingVaultMarkets._legOf(uint256)",
    verdict: "meant",
    reason: "The rate and the interest are in the market of the leg.",
  },
];
