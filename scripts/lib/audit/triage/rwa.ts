import { ALLOWED, ZERO, type Triage } from "./words.js";

/** Of what `RwaAgency` writes and `RwaCore` reads. */
function agencys(writer: string): string {
  return `\`RwaAgency\` writes it (\`${writer}\`) in the storage of \`RwaCore\`, by delegatecall. Both begin with \`RwaAssets\`, so each of its variables is at the same slot (docs/storage-layout.md).`;
}

const COUNT =
  "The ledger calls nobody when it mints, burns or forces, nor does it tell the issuer. Who holds units is counted by the balances after it, from what is stored then.";
const FLAG = "It asks for a bit of the offering's flags, which is set or not.";
const NOTHING = "0 is what answers that nothing is to be had, and nothing is paid then; 1 is paid.";

export const RWA_TRIAGE: readonly Triage[] = [
  {
    check: "uninitialized-state",
    place: "RwaAssets._approvals",
    verdict: "false",
    reason: agencys("setApproval"),
  },
  {
    check: "uninitialized-state",
    place: "RwaAssets._feeRecipient",
    verdict: "false",
    reason: agencys("setFeeRecipient"),
  },
  {
    check: "uninitialized-state",
    place: "RwaAssets._forcedExit",
    verdict: "false",
    reason: `${agencys("forceExit")} It is transient, and 0 but during that call.`,
  },
  {
    check: "uninitialized-state",
    place: "RwaAssets._idOfBook",
    verdict: "false",
    reason: agencys("issue"),
  },
  {
    check: "uninitialized-state",
    place: "RwaAssets._otherExit",
    verdict: "false",
    reason: `${agencys("forceExit")} It is transient, and 0 but during that call.`,
  },
  {
    check: "uninitialized-state",
    place: "RwaAssets._roles",
    verdict: "false",
    reason: agencys("setAgent"),
  },
  {
    check: "weak-prng",
    place: "RwaIncome._today()",
    verdict: "false",
    reason: "The remainder cuts the time down to midnight, and nothing is drawn by it.",
  },
  {
    check: "divide-before-multiply",
    place: "RwaIncome._takeFee(RwaAssets.Asset,uint256,uint256)",
    verdict: "false",
    reason: "Both times are midnights, so their difference is whole days and the quotient exact.",
  },
  {
    check: "incorrect-equality",
    place: "RwaCore.onLedgerBatch(bytes32,Word,uint256,bytes,uint256[])",
    verdict: "meant",
    reason: "A claim of nothing fails, and so does what is no claim; 1 is paid.",
  },
  {
    check: "incorrect-equality",
    place: "RwaIncome._count(uint256)",
    verdict: "meant",
    reason: "Both are midnights: this day is counted already, and a day later it is not. Time does not go back.",
  },
  {
    check: "incorrect-equality",
    place: "RwaIncome._settledRecord(uint256,uint256,address,uint256)",
    verdict: "meant",
    reason: "The index has not moved since the record, so nothing has accrued; the least growth is added.",
  },
  {
    check: "incorrect-equality",
    place: "RwaIncome._settleTold(uint256,uint256,address,uint256,bool)",
    verdict: "meant",
    reason:
      "An account that carries this asset's stamp of this day is settled at its index, and without a mark no movement of the same action is to be added.",
  },
  {
    check: "incorrect-equality",
    place: "RwaIncome._tryClaim(uint256,uint256,address)",
    verdict: "meant",
    reason: "Less than one whole unit has accrued: nothing is paid, and it stays.",
  },
  {
    check: "incorrect-equality",
    place: "RwaOffering._cancel(RwaOfferings.Sale,address)",
    count: 2,
    verdict: "meant",
    reason:
      "The first unit that is sold binds the seller; whoever buys it before he cancels is a buyer like others. And it is cancelled once.",
  },
  {
    check: "incorrect-equality",
    place: "RwaOffering._claim(RwaOfferings.Sale,address)",
    verdict: "meant",
    reason: `${NOTHING} What follows only chooses the error.`,
  },
  {
    check: "incorrect-equality",
    place: "RwaOffering._isProved(OfferingId,address,bytes32[])",
    verdict: "meant",
    reason: "A root of 0 says that there is no list, and is of the terms, which never change.",
  },
  {
    check: "incorrect-equality",
    place: "RwaOffering._refund(RwaOfferings.Sale,address)",
    verdict: "meant",
    reason: `${NOTHING} What follows only chooses the error.`,
  },
  {
    check: "incorrect-equality",
    place: "RwaOffering._refuse(IRwaOffering.Obstacle,RwaOfferings.Sale,address,uint256,uint256,uint256)",
    count: 7,
    verdict: "meant",
    reason: "An obstacle is one of an enumeration; each has its error, and the last line has that of the one left.",
  },
  {
    check: "incorrect-equality",
    place: "RwaOffering._subscribe(RwaOfferings.Sale,address,uint256,bytes)",
    verdict: "meant",
    reason: `${FLAG} Without a soft cap units are delivered at once.`,
  },
  {
    check: "incorrect-equality",
    place: "RwaOffering._withdrawInventory(RwaOfferings.Sale,address,uint256)",
    verdict: "meant",
    reason: `${FLAG} What is cancelled has no buyer, so its units need not wait for the end.`,
  },
  {
    check: "incorrect-equality",
    place: "RwaOffering.claimableOf(OfferingId,address)",
    count: 2,
    verdict: "meant",
    reason:
      "A flag, and an allotment without units, which has none to claim. It is a view; the actions ask for themselves.",
  },
  {
    check: "incorrect-equality",
    place: "RwaOfferings._isClosed(Offering,uint256)",
    verdict: "meant",
    reason:
      "No more is sold than is left, so the hard cap is met exactly or not at all; and what is left can be bought whole, even if it is less than the least.",
  },
  {
    check: "incorrect-equality",
    place: "RwaOfferings._isDeliverable(uint256,address)",
    verdict: "meant",
    reason: "A refusal is one of an enumeration, of which one is none.",
  },
  {
    check: "incorrect-equality",
    place: "RwaOfferings._isSettling(RwaOfferings.Sale)",
    verdict: "meant",
    reason: `${FLAG} Without a soft cap there is nothing to settle.`,
  },
  {
    check: "incorrect-equality",
    place: "RwaOfferings._obstacleOf(RwaOfferings.Sale,address,uint256,uint256,bool)",
    verdict: "meant",
    reason: `${FLAG} The times beside it are compared as times.`,
  },
  {
    check: "incorrect-equality",
    place: "RwaOfferings._payoutOf(uint256,uint256)",
    verdict: "meant",
    reason: NOTHING,
  },
  {
    check: "incorrect-equality",
    place: "RwaOfferings._settleSubscription(RwaOfferings.Sale,address,uint256,uint256)",
    verdict: "meant",
    reason: `${FLAG} Without a soft cap units are delivered at once.`,
  },
  {
    check: "incorrect-equality",
    place: "RwaOfferings._tryClaim(RwaOfferings.Sale,address)",
    verdict: "meant",
    reason: "An account without units has none to claim.",
  },
  {
    check: "incorrect-equality",
    place: "RwaOfferings._tryRefund(RwaOfferings.Sale,address)",
    verdict: "meant",
    reason:
      "A flag, and an account without a payment, which has none to be given back; costs round up, so whoever has units of an escrow has paid.",
  },
  {
    check: "incorrect-equality",
    place: "RwaRules._refusalOf(uint256,address,address,uint256,bool)",
    verdict: "meant",
    reason: "The word of an asset has its number, from 1 on, so 0 is no asset's.",
  },
  {
    check: "incorrect-equality",
    place: "RwaRules._takerRefusal(uint256,uint256,uint256,address)",
    verdict: "meant",
    reason: "The bit of a country in the asset's list: set or not.",
  },
  {
    check: "reentrancy-no-eth",
    place: "RwaHolders.burn(uint256,address,uint256)",
    verdict: "meant",
    reason: COUNT,
  },
  {
    check: "reentrancy-no-eth",
    place: "RwaHolders.mint(uint256,address,uint256)",
    verdict: "meant",
    reason: COUNT,
  },
  {
    check: "reentrancy-no-eth",
    place: "RwaIncome._relocate(uint256,address,address,uint256)",
    verdict: "meant",
    reason: COUNT,
  },
  {
    check: "uninitialized-local",
    place: "RwaFacade.recoveryAddress(address,address,address).none",
    verdict: "meant",
    reason: "It is no pledges: the facade names none, and the core refuses the recovery of who has some.",
  },
  {
    check: "uninitialized-local",
    place: "RwaHolders._recoverPledges(uint256,address,address,IRwaAgency.PledgeRef[]).named",
    verdict: "meant",
    reason: `${ZERO} It is the sum of the pledges that are named.`,
  },
  {
    check: "unused-return",
    place: "RwaAssets._isAuthorized(address,bytes4)",
    verdict: "meant",
    reason: ALLOWED,
  },
  {
    check: "unused-return",
    place: "RwaFacade.decimals()",
    verdict: "meant",
    reason: "Of the asset's metadata the decimals; its name and its symbol have functions of their own.",
  },
  {
    check: "unused-return",
    place: "RwaFacade.name()",
    verdict: "meant",
    reason: "Of the asset's metadata the name; see `RwaFacade.decimals`.",
  },
  {
    check: "unused-return",
    place: "RwaFacade.symbol()",
    verdict: "meant",
    reason: "Of the asset's metadata the symbol; see `RwaFacade.decimals`.",
  },
  {
    check: "unused-return",
    place: "RwaLens.holdingOf(uint256,address)",
    verdict: "meant",
    reason: "When the eligibility was stated; the view shows what it is.",
  },
  {
    check: "unused-return",
    place: "RwaOffering._checkAuthority()",
    verdict: "meant",
    reason: ALLOWED,
  },
];
