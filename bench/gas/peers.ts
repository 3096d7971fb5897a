import type { Lab } from "./lab.js";
import type { PoolFigures } from "./peer-kit.js";
import { measureTokens, type TokenFigures } from "./tokens.js";
import { measureUniswapV2 } from "./uniswap-v2.js";
import { measureUniswapV3 } from "./uniswap-v3.js";
import { measureUniswapV4 } from "./uniswap-v4.js";

/** Whole-transaction gas of the peers, measured on the same chain as ours, by the operation they stand beside. */
export type PeerFigures = PoolFigures & TokenFigures;

export async function measurePeers(lab: Lab): Promise<PeerFigures> {
  const pools = [await measureUniswapV2(lab), await measureUniswapV3(lab), await measureUniswapV4(lab)];
  const all = (name: keyof PoolFigures) => pools.flatMap((figures) => figures[name]);
  return {
    walletSwap: all("walletSwap"),
    walletSwapNew: all("walletSwapNew"),
    walletSwapExactOut: all("walletSwapExactOut"),
    oracleSwap: all("oracleSwap"),
    oracleSwapAgain: all("oracleSwapAgain"),
    twoHops: all("twoHops"),
    twoHopsExactOut: all("twoHopsExactOut"),
    nativeSwap: all("nativeSwap"),
    ledgerSwap: all("ledgerSwap"),
    ledgerTwoHops: all("ledgerTwoHops"),
    createPool: all("createPool"),
    newLiquidity: all("newLiquidity"),
    moreLiquidity: all("moreLiquidity"),
    lessLiquidity: all("lessLiquidity"),
    ...(await measureTokens(lab)),
  };
}
