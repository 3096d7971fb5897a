import { LINE, type Triage } from "./words.js";

const POOL =
  "The vault calls the ledger, and that the staking core, with the vault's ledger balance on both sides and plain assets: no token and no other stranger is called, so nobody is there who could enter. What writes stake, lots or requests holds the vault's lock besides.";
const DONE = "The call reverts when it does nothing";

/** The vault of staking; that of lending is with lending. */
export const VAULT_TRIAGE: readonly Triage[] = [
  {
    check: "reentrancy-no-eth",
    place: "StakedVaultAuctions.harvest()",
    count: 2,
    verdict: "false",
    reason: `${POOL} A stream's lot and the stake are loaded after the call before them.`,
  },
  {
    check: "reentrancy-no-eth",
    place: "StakedVaultExits._collect(address)",
    verdict: "false",
    reason: `${POOL} A request is deleted before it is paid, and what came is added to what is stored then.`,
  },
  {
    check: "reentrancy-no-eth",
    place: "StakedVaultExits._push(address,uint256,uint256)",
    verdict: "false",
    reason: `${POOL} The id of the core's request is known after the call only, so the vault's is written then, at the place that is next then.`,
  },
  {
    check: "reentrancy-no-eth",
    place: "StakedVaultPool._compound(uint256)",
    verdict: "false",
    reason: `${POOL} \`waiting\` is written before the call, and the stake is loaded after it.`,
  },
  {
    check: "uninitialized-local",
    place: "StakedVaultExits._setAside(uint256,ExitQueue.Request).before",
    verdict: "meant",
    reason: LINE,
  },
  {
    check: "unused-return",
    place: "StakedVaultAuctions.buyRewards(uint256,uint256,uint256,uint256,address)",
    verdict: "meant",
    reason:
      "It reverts unless all of the payment is credited, which is its minimum; what a token delivers beyond it is a gift, and counts nowhere.",
  },
  {
    check: "unused-return",
    place: "StakedVaultExits._line()",
    verdict: "meant",
    reason: "Of the core's queue the number of finalisations, of which the last is read in the next line.",
  },
  {
    check: "unused-return",
    place: "StakedVaultPool._claimRewards(uint256)",
    verdict: "meant",
    reason: "A claim pays on side 1 alone and mints nothing.",
  },
  {
    check: "unused-return",
    place: "StakedVaultPool._claimUnstaked(uint256)",
    verdict: "meant",
    reason: "An exit is paid on side 0 alone and mints nothing.",
  },
  {
    check: "unused-return",
    place: "StakedVaultPool._poolTotals()",
    verdict: "meant",
    reason: "Of the core's queue what is set aside, which is not the shares'.",
  },
  {
    check: "unused-return",
    place: "StakedVaultPool._requestUnstake(uint256)",
    count: 2,
    verdict: "meant",
    reason: `${DONE}, and a request pays nothing. Its id is the number of requests so far, as no other was made in between.`,
  },
  {
    check: "unused-return",
    place: "StakedVaultPool._stakeAt(uint256,uint256,ILedger.Source)",
    verdict: "meant",
    reason: `${DONE}, or gives less stake than was computed, and stake pays nothing out.`,
  },
  {
    check: "unused-return",
    place: "StakedVaultPool._unstake(uint256,address)",
    verdict: "meant",
    reason: `${DONE}. Without a cooldown there is no slasher, so it sends as many units as stake, which the vault has said.`,
  },
];
