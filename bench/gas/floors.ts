import type { Peer } from "../schema.js";

/**
 * Zero-compute floors: 21,000, the calldata, and the storage reads and writes, logs and token calls that the operation
 * cannot do without, in whole-transaction gas. Derived from the trace of a minimal contract with the same effect, or
 * from the state it must touch (Osaka prices: cold write of a slot in use 5,000, of an empty one 22,100).
 */
export const FLOORS = {
  /** Two pool slots, one pull, one push, two logs. */
  twoHops: 65_174,
  /** Both tokens move between wallet and pool: one pool slot, one pull, one push, one log. */
  walletSwap: 58_529,
  /** As before; the receiver's token balance was 0. */
  walletSwapNew: 75_629,
  /** One slot of the pool, one of the trader, one log. */
  ledgerSwap: 33_032,
  /** Reserves, supply, share and both token balances are all new. */
  firstLiquidity: 156_749,
  /** Reserves, supply and a new share. */
  newLiquidity: 88_349,
  /** Reserves, supply and a share. */
  moreLiquidity: 71_249,
  /** Reserves, supply, a share, two pushes. */
  lessLiquidity: 66_849,
  /** Totals and rate, a new share, one pull, one log. */
  supplyNew: 71_469,
  supply: 54_369,
  /** As before; the totals' time and rate are not written. */
  supplyAgain: 51_469,
  /** The same with a push. */
  lendingWithdraw: 52_269,
  /** One word of the position, one pull, one log. */
  supplyCollateralNew: 61_213,
  supplyCollateral: 44_113,
  /** The position, the index, the oracle, one push, one log. */
  withdrawCollateral: 51_687,
  /** As before, and the totals. */
  borrow: 56_969,
  repay: 54_369,
  /** One pull, one push, the position, the totals, the oracle. */
  liquidate: 74_168,
  /** The index, the totals read, one log. */
  accrue: 29_426,
  /** The pool's word, a new one of the staker, one pull, one log. */
  stakeNew: 68_313,
  stake: 51_213,
  /** The same with a push. */
  unstake: 49_113,
  /** Both words and a push; the receiver's token balance was 0 or not. */
  claimNew: 63_101,
  claim: 46_001,
  /** The pool's word, one pull, one log. */
  notify: 48_914,
  /** Regulated assets: a word of the registry; balances and eligibility of both in one word each; one log. */
  register: 45_169,
  mintUnits: 33_400,
  transferUnits: 33_376,
  forceUnits: 33_744,
  freezeAccount: 28_081,
  /** Cover: a new policy, the pool's capacity, one pull, one log. */
  buyCoverNew: 66_728,
  /** The policy, the pool, one push, one log. */
  redeemCover: 49_041,
  /** The account's words alone, each in use: its balances and its position. */
  section: { stake: 10_000, claim: 15_000, unstake: 10_000 },
} as const;

const quoted = (name: string, version: string, gas: number): Peer => ({ name, version, gas, measured: false });
/** Of the lending markets that npm does not have, from their public sources of that time. */
const lending = (figures: { adaptive: number; comet?: number; euler?: number }): Peer[] => [
  quoted("Morpho Blue, adaptive rate model", "blue 2026-07, irm 2026-04", figures.adaptive),
  ...(figures.comet === undefined ? [] : [quoted("Compound III Comet", "2026-05", figures.comet)]),
  ...(figures.euler === undefined ? [] : [quoted("Euler vault kit", "2025-03", figures.euler)]),
];

/** The only gauge among the pools for staking that were measured then and that npm does not have; its voter a stand-in. */
const gauge = (gas: number): Peer => quoted("Aerodrome gauge", "a5fae2e", gas);

/** Of tokens with rules, by what is public of them: CMTAT with its allow-list, ERC-7943's reference for fungible tokens, and Centrifuge. */
const regulated = (figures: { cmtat?: number; urwa?: number; centrifuge?: number }): Peer[] => [
  ...(figures.cmtat === undefined ? [] : [quoted("CMTAT, allow-list", "2025-12", figures.cmtat)]),
  ...(figures.urwa === undefined ? [] : [quoted("uRWA20, ERC-7943's reference", "2026-08", figures.urwa)]),
  ...(figures.centrifuge === undefined ? [] : [quoted("Centrifuge v3 share token", "2026-06", figures.centrifuge)]),
];

/** The only insurance that was measured; cover there is an NFT on capital of several staking pools, and a claim is voted on. */
const nexus = (action: string, gas: number): Peer => quoted(`Nexus Mutual v3, ${action}`, "2025-11", gas);

/**
 * Peers that this run does not bring, measured on the same EVM on 2026-11-21, whole transactions: Uniswap v4's own
 * router, whose package takes 84 MB and which is never the cheapest caller, the vaults, and what no package brings: lending
 * markets (Morpho Blue with its rate model of production, of which npm has a mock, Compound III and Euler), tokens with
 * rules, and insurance.
 */
export const QUOTED = {
  walletSwap: [quoted("Uniswap v4 router", "core 1.0.2, periphery 1.0.3", 110_182)],
  twoHops: [quoted("Uniswap v4 router", "core 1.0.2, periphery 1.0.3", 144_731)],
  deposit: [
    quoted("Solady ERC-4626 deposit", "0.1.26", 54_520),
    quoted("OpenZeppelin ERC-4626 deposit", "5.7.0", 55_035),
  ],
  depositNew: [
    quoted("Solady ERC-4626 deposit", "0.1.26", 71_620),
    quoted("OpenZeppelin ERC-4626 deposit", "5.7.0", 72_135),
  ],
  withdraw: [
    quoted("Solady ERC-4626 withdraw", "0.1.26", 54_483),
    quoted("OpenZeppelin ERC-4626 withdraw", "5.7.0", 55_497),
  ],
  supplyNew: lending({ adaptive: 103_786, comet: 96_970, euler: 145_675 }),
  supply: lending({ adaptive: 86_686, comet: 79_870, euler: 126_424 }),
  supplyAgain: lending({ adaptive: 60_943, comet: 73_629, euler: 118_011 }),
  lendingWithdraw: lending({ adaptive: 85_342, comet: 76_408, euler: 131_260 }),
  supplyCollateralNew: lending({ adaptive: 70_663, comet: 114_308, euler: 135_714 }),
  supplyCollateral: lending({ adaptive: 53_563, comet: 75_660, euler: 116_368 }),
  withdrawCollateral: lending({ adaptive: 90_013, comet: 91_644, euler: 168_070 }),
  borrowNew: lending({ adaptive: 92_645, comet: 96_665, euler: 208_093 }),
  borrow: lending({ adaptive: 92_645, comet: 97_006, euler: 175_537 }),
  repay: lending({ adaptive: 86_661, comet: 78_496, euler: 138_320 }),
  // Compound has no liquidation of a part; Euler's takes the debt over instead of repaying it.
  liquidate: lending({ adaptive: 112_819, euler: 279_461 }),
  accrue: lending({ adaptive: 56_584, comet: 47_211, euler: 97_260 }),
  stakeNew: [gauge(134_140)],
  stake: [gauge(85_640)],
  unstake: [gauge(79_686)],
  claim: [gauge(69_289)],
  notify: [gauge(71_591)],
  register: regulated({ cmtat: 49_928, urwa: 47_759, centrifuge: 63_818 }),
  mintUnitsNew: regulated({ cmtat: 70_934, urwa: 55_693, centrifuge: 47_115 }),
  mintUnits: regulated({ cmtat: 53_834, urwa: 38_593, centrifuge: 47_115 }),
  transferUnitsNew: regulated({ cmtat: 72_655, urwa: 59_193, centrifuge: 44_370 }),
  transferUnits: regulated({ cmtat: 55_555, urwa: 42_093, centrifuge: 44_370 }),
  forceUnits: regulated({ cmtat: 47_856, urwa: 44_077, centrifuge: 45_318 }),
  freezeAccount: regulated({ cmtat: 49_886, urwa: 25_847, centrifuge: 45_861 }),
  freezeUnits: regulated({ cmtat: 51_690, urwa: 48_357 }),
  underwriteNew: [nexus("stake into a pool", 298_535)],
  underwrite: [nexus("stake into a pool", 165_423)],
  buyCover: [nexus("buy cover", 624_586)],
  redeemCover: [nexus("claim, vote and payout", 871_372)],
} as const satisfies Record<string, readonly Peer[]>;

/** Our own limits, whole transactions and runtime bytes. */
export const BARS = {
  walletSwap: 80_000,
  ledgerSwap: 52_000,
  rangeLedgerSwap: 54_000,
  twoHops: 110_000,
  supply: 79_000,
  borrow: 85_000,
  repay: 78_000,
  liquidate: 105_000,
  stake: 76_000,
  claim: 66_000,
  /** Of staking in a section, authorisation and calldata not counted: where no stream moved since the account's last touch, and where one did. */
  sectionIdle: 13_000,
  sectionMoved: 19_000,
  /** Regulated assets, income included; in a section, authorisation and calldata not counted, where no income moved. */
  transferUnits: 50_000,
  transferUnitsSection: 24_000,
  claimIncomeSection: 20_000,
  /** Insurance; in a section, authorisation and calldata not counted. */
  buyCover: 95_000,
  redeemCover: 60_000,
  settleRisk: 60_000,
  buyCoverSectionNew: 31_000,
  buyCoverSection: 14_000,
  redeemCoverSection: 12_500,
  policy: 45_000,
  runtimeBytes: 20_000,
} as const;
