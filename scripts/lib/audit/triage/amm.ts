import { ALLOWED, type Triage } from "./words.js";

const DELEGATED =
  "`_delegate` hands the call to `AmmLiquidity` and ends it with that contract's answer, which is the answer of this function; nothing is to run after it.";
const SHARED =
  "`AmmCore` and `AmmLiquidity` inherit `AmmPools` and nothing else with storage; `AmmLiquidity` runs in the storage of `AmmCore`, by delegatecall, and what one writes the other reads.";

export const AMM_TRIAGE: readonly Triage[] = [
  {
    check: "incorrect-return",
    place: "AmmCore.onLedgerBatch(bytes32,Word,uint256,bytes,uint256[])",
    verdict: "meant",
    reason: DELEGATED,
  },
  {
    check: "incorrect-return",
    place: "AmmCore.onLedgerCall(address,bytes32,Word,Word,bytes)",
    verdict: "meant",
    reason: DELEGATED,
  },
  {
    check: "uninitialized-state",
    place: "AmmPools._pools",
    verdict: "false",
    reason: SHARED,
  },
  {
    check: "uninitialized-state",
    place: "AmmPools._protocolFee",
    verdict: "false",
    reason: SHARED,
  },
  {
    check: "uninitialized-state",
    place: "AmmPools._restricted",
    verdict: "false",
    reason: SHARED,
  },
  {
    check: "weak-prng",
    place: "AmmOracle.touch(AmmOracle.Oracle,uint256,uint256)",
    verdict: "false",
    reason: "The remainder is the next place of a ring, and nothing is drawn by it.",
  },
  {
    check: "divide-before-multiply",
    place: "AmmMath.worstRate(uint256,bool,uint256,uint256)",
    verdict: "false",
    reason: "1e36 / 1e6 is exact, and a constant.",
  },
  {
    check: "incorrect-equality",
    place: "AmmOracle._extended(AmmOracle.Observation,uint256,uint256,uint40)",
    verdict: "meant",
    reason: "No time has passed, so there is nothing to add; a second more is another case, and not a worse one.",
  },
  {
    check: "incorrect-equality",
    place: "AmmOracle.touch(AmmOracle.Oracle,uint256,uint256)",
    count: 2,
    verdict: "meant",
    reason:
      "The price of a block counts once, from its first touch, which is the state that the block before left; and a counter that grows by one meets its end exactly.",
  },
  {
    check: "uninitialized-local",
    place: "AmmSections._clear(PoolId,Word,IAmmCore.Band,uint256[],uint256[]).sides",
    verdict: "false",
    reason: "Both sides' rates are set in the two lines below; their sums start from 0.",
  },
  {
    check: "unused-return",
    place: "AmmCore.setProtocolFee(uint256,address)",
    verdict: "meant",
    reason: ALLOWED,
  },
  {
    check: "unused-return",
    place: "AmmLens._loadAccrued(PoolKey)",
    count: 2,
    verdict: "meant",
    reason: "The recipient of the fee; and the shares that the fee adds, which are in the pool that is answered.",
  },
  {
    check: "unused-return",
    place: "AmmLiquidity.forceExit(PoolKey,address,uint256,uint256)",
    verdict: "meant",
    reason: "What is minted: a removal mints nothing.",
  },
];
