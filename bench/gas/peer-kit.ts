import type { JsonRpcSigner } from "ethers";
import type { MockERC20 } from "../../typechain-types/index.js";
import type { Peer } from "../schema.js";
import type { Lab } from "./lab.js";
import type { Effect } from "./measure.js";

export const UNIT = 10n ** 18n;
export const MAX_UINT256 = (1n << 256n) - 1n;
/** Of every peer's pools, in pips. */
export const PEER_FEE = 3_000n;
/** Of each token in a peer's pool; that of ours. */
export const PEER_LIQUIDITY = 1_000_000n * UNIT;
/** What a position grows and shrinks by. */
export const PEER_STEP = 1_000n * UNIT;

/** Whole-transaction gas of peers of the AMM, by the operation they stand beside. */
export type PoolFigures = {
  walletSwap: Peer[];
  walletSwapNew: Peer[];
  walletSwapExactOut: Peer[];
  /** With the pool's oracle on: the first swap of a block, which writes it, and a later one of the block. */
  oracleSwap: Peer[];
  oracleSwapAgain: Peer[];
  twoHops: Peer[];
  twoHopsExactOut: Peer[];
  nativeSwap: Peer[];
  ledgerSwap: Peer[];
  ledgerTwoHops: Peer[];
  createPool: Peer[];
  newLiquidity: Peer[];
  moreLiquidity: Peer[];
  lessLiquidity: Peer[];
};

export const walletEffect = (token: MockERC20, account: string, change: bigint): Effect => ({
  label: "token balance",
  read: () => token.balanceOf(account),
  change,
});

/** Lets every spender take every token. */
export async function approveAll(
  account: JsonRpcSigner,
  tokens: readonly MockERC20[],
  spenders: readonly string[],
): Promise<void> {
  for (const token of tokens) {
    for (const spender of spenders) await (await token.connect(account).approve(spender, MAX_UINT256)).wait();
  }
}

/** An account that holds none of `token`. */
export async function newcomerWithout(lab: Lab, token: MockERC20): Promise<JsonRpcSigner> {
  const account = await lab.newcomer();
  await (await token.burn(account.address, await token.balanceOf(account.address))).wait();
  return account;
}
