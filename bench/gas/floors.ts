import type { Peer } from "../schema.js";

/**
 * Zero-compute floors: 21,000, the calldata, and the storage reads and writes, logs and token calls that the operation
 * cannot do without, in whole-transaction gas. Derived from the trace of a minimal contract with the same effect, or
 * from the state it must touch (Osaka prices: cold write of a slot in use 5,000, of an empty one 22,100).
 */
export const FLOORS = {
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

/** Peers that no package of the lock file brings: measured on the same EVM on 2026-11-21, whole transactions. */
export const QUOTED = {
  walletSwap: [
    quoted("Uniswap v3 SwapRouter", "core 1.0.1", 100_295),
    quoted("Uniswap v3 pool, minimal caller", "core 1.0.1", 93_142),
    quoted("Uniswap v4 router", "core 1.0.2", 110_182),
    quoted("Uniswap v4 manager, minimal caller", "core 1.0.2", 101_082),
  ],
  walletSwapNew: [
    quoted("Uniswap v3 pool, minimal caller", "core 1.0.1", 110_230),
    quoted("Uniswap v4 manager, minimal caller", "core 1.0.2", 118_182),
  ],
  ledgerSwap: [quoted("Uniswap v4 with ERC-6909 claims", "core 1.0.2", 82_667)],
  nativeSwap: [quoted("Uniswap v4 manager, minimal caller", "core 1.0.2", 86_248)],
  createPool: [quoted("Uniswap v4, initialize and first liquidity", "core 1.0.2", 330_902)],
  newLiquidity: [quoted("Uniswap v4 manager, minimal caller", "core 1.0.2", 188_078)],
  moreLiquidity: [quoted("Uniswap v4 manager, minimal caller", "core 1.0.2", 136_778)],
  lessLiquidity: [quoted("Uniswap v4 manager, minimal caller", "core 1.0.2", 124_758)],
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
export const BARS = { walletSwap: 80_000, ledgerSwap: 52_000, rangeLedgerSwap: 54_000, runtimeBytes: 20_000 } as const;
