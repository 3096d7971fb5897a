import { LINE, SILENT, TRUE, type Triage } from "./words.js";

const STEP =
  "The remainder cuts the time down to the pool's whole step, and nothing is drawn by it. Who is staked at a step's end has the step's rewards, which docs/staking.md says.";
const SETTING = "It asks for a bit of the settings with which the pool was created, and which never change.";
const UNLOCKED = "0 is no lock: a lock ends at a time to come, and only its owner sets one.";
const NO_REQUEST = "Ids of requests begin at 1, so 0 is what a refused request answers and no other.";

export const STAKING_TRIAGE: readonly Triage[] = [
  {
    check: "weak-prng",
    place: "StakingLens._timeOf(StakePool)",
    verdict: "false",
    reason: `${STEP} The view rounds as the core does.`,
  },
  {
    check: "weak-prng",
    place: "StakingPools._open(StakeId,uint256)",
    verdict: "false",
    reason: STEP,
  },
  {
    check: "incorrect-equality",
    place: "StakingActions._kick(StakeId,Word,address)",
    verdict: "meant",
    reason: `${UNLOCKED} One that is over has been taken off by \`_enter\`, so it is 0 here.`,
  },
  {
    check: "incorrect-equality",
    place: "StakingActions._refuseExit(StakeId,StakingPools.Pool,address,uint256)",
    verdict: "meant",
    reason: `${UNLOCKED} It only chooses the error of an exit that is refused already.`,
  },
  {
    check: "incorrect-equality",
    place: "StakingActions._requestUnstake(StakeId,address,Word,uint256,address)",
    verdict: "meant",
    reason: NO_REQUEST,
  },
  {
    check: "incorrect-equality",
    place: "StakingActions._unstake(StakeId,address,Word,uint256,address)",
    verdict: "meant",
    reason: `${SETTING} With a cooldown there is no other way out than the queue.`,
  },
  {
    check: "incorrect-equality",
    place: "StakingPools._open(StakeId,uint256)",
    verdict: "meant",
    reason: `${SETTING} Without a second stream there is none to count.`,
  },
  {
    check: "incorrect-equality",
    place: "StakingPools._openWith(StakeId,Word)",
    verdict: "meant",
    reason: `${SETTING} Without a slasher a share is a unit, and totals are not looked at.`,
  },
  {
    check: "incorrect-equality",
    place: "StakingPools._stepOf(uint256)",
    count: 3,
    verdict: "meant",
    reason: "A code of two bits, one of the four that `_stepCode` writes when the pool is created.",
  },
  {
    check: "incorrect-equality",
    place: "StakingPools._toAssets(StakingPools.Pool,uint256)",
    verdict: "meant",
    reason: `${SETTING} Without a slasher a share is a unit.`,
  },
  {
    check: "incorrect-equality",
    place: "StakingPools._toShares(StakingPools.Pool,uint256)",
    verdict: "meant",
    reason: `${SETTING} Without a slasher a unit is a share.`,
  },
  {
    check: "incorrect-equality",
    place: "StakingPositions._claim(StakeId,StakingPools.Pool,address,uint256)",
    verdict: "meant",
    reason: "Less than one whole reward has accrued: nothing is paid, and it stays.",
  },
  {
    check: "incorrect-equality",
    place: "StakingPositions._enter(StakeId,uint256,address)",
    verdict: "meant",
    reason: `${UNLOCKED} One that is over is any time in the past, which is compared as such.`,
  },
  {
    check: "incorrect-equality",
    place: "StakingPositions._freeOf(uint256,StakingPositions.Holding)",
    count: 2,
    verdict: "meant",
    reason: `The one asks for a setting of the pool, which never changes. Of the other: ${UNLOCKED}`,
  },
  {
    check: "incorrect-equality",
    place: "StakingPositions._leave(StakeId,StakingPools.Pool,address,StakingPositions.Holding)",
    verdict: "meant",
    reason: `${SETTING} It says what the second word means: weight that a lock adds, or shares that are not free.`,
  },
  {
    check: "incorrect-equality",
    place: "StakingPositions._load(StakeId,uint256,address)",
    verdict: "meant",
    reason: "As in `StakingPositions._leave`.",
  },
  {
    check: "incorrect-equality",
    place: "StakingPositions._pack(StakingPositions.Holding)",
    verdict: "meant",
    reason:
      "Whether there is a second word to be read. Zero needs none, and where a second stream has one all the same it is read by the setting.",
  },
  {
    check: "incorrect-equality",
    place: "StakingPositions._tryRequest(StakeId,StakingPools.Pool,address,uint256)",
    verdict: "meant",
    reason: "A request that is worth no unit when it is made is refused: it could be paid nothing.",
  },
  {
    check: "incorrect-equality",
    place: "StakingPositions._tryStake(StakeId,StakingPools.Pool,address,uint256,uint256)",
    count: 2,
    verdict: "meant",
    reason: `Stake that gives no share is refused rather than taken. Of the other: ${UNLOCKED}`,
  },
  {
    check: "incorrect-equality",
    place: "StakingPositions._tryTake(StakeId,StakingPools.Pool,address,uint256)",
    verdict: "meant",
    reason: "No shares are no exit; `shares` is what the actor says.",
  },
  {
    check: "incorrect-equality",
    place: "StakingReceipts._allowPledge(StakeId,address,address,uint256)",
    verdict: "meant",
    reason: `${SETTING} In a pool with locks shares are not pledged.`,
  },
  {
    check: "incorrect-equality",
    place: "StakingReceipts.issueReceipt(StakeId)",
    verdict: "meant",
    reason: `${SETTING} A pool with locks has no receipts.`,
  },
  {
    check: "incorrect-equality",
    place: "StakingSections._settleClaim(StakeId,StakingPools.Pool,address,uint256)",
    verdict: "meant",
    reason: "A claim that pays nothing fails, as a wallet's is refused; 1 is paid.",
  },
  {
    check: "incorrect-equality",
    place: "StakingSections._settleRequest(StakeId,StakingPools.Pool,address,uint256)",
    verdict: "meant",
    reason: NO_REQUEST,
  },
  {
    check: "reentrancy-no-eth",
    place: "MerkleDistributor.claimMany(IMerkleDistributor.Claim[])",
    verdict: "false",
    reason:
      "A claim is written before it is paid, and the next one loads everything anew. Assets are plain, so the ledger calls nobody when it pays. A claim that is named twice finds the first and takes 0.",
  },
  {
    check: "uninitialized-local",
    place: "ExitQueue.pay(ExitQueue.Queue,uint256,uint256).before",
    verdict: "meant",
    reason: LINE,
  },
  {
    check: "uninitialized-local",
    place: "StakingLens._finalWorth(StakeId,ExitQueue.Request).before",
    verdict: "meant",
    reason: LINE,
  },
  {
    check: "unused-return",
    place: "MerkleDistributor._pay(uint256,address,uint256)",
    verdict: "meant",
    reason: TRUE,
  },
  {
    check: "unused-return",
    place: "MerkleDistributor._pull(uint256,uint256)",
    verdict: "meant",
    reason: `${TRUE} It is a movement in the ledger, so nothing arrives short.`,
  },
  {
    check: "unused-return",
    place: "StakingActions._decimalsOf(uint256)",
    verdict: "meant",
    reason: `${SILENT}: such a token is refused as a reward, and counts as one without decimals on a receipt.`,
  },
  {
    check: "unused-return",
    place: "StakingLens._assetsOf(StakeId,StakePool)",
    verdict: "meant",
    reason: "Of the queue only what is set aside is not the shares'; shares and counts in it say nothing of that.",
  },
  {
    check: "unused-return",
    place: "StakingLens._lastCheckpoint(StakeId)",
    verdict: "meant",
    reason: "Of the queue the number of finalisations, of which the last is read.",
  },
  {
    check: "unused-return",
    place: "StakingLens._queuedOf(StakeId)",
    verdict: "meant",
    reason: "Of the queue the end of its line, from which what is final is taken off in the next line.",
  },
];
