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
} as const;

const quoted = (name: string, version: string, gas: number): Peer => ({ name, version, gas, measured: false });

/**
 * Peers that this run does not bring, measured on the same EVM on 2026-11-21, whole transactions: Uniswap v4's own
 * router, whose package takes 84 MB and which is never the cheapest caller, and the vaults.
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
} as const satisfies Record<string, readonly Peer[]>;

/** Our own limits, whole transactions and runtime bytes. */
export const BARS = {
  walletSwap: 80_000,
  ledgerSwap: 52_000,
  rangeLedgerSwap: 54_000,
  twoHops: 110_000,
  runtimeBytes: 20_000,
} as const;
