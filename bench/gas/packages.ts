/** Where a peer's code is from, and under which licence. */
export type PeerPackage = { peer: string; name: string; version: string; licence: string };

const from = (peer: string, name: string, version: string, licence: string): PeerPackage => ({
  ...{ peer, name, version, licence },
});

/** The npm packages of all peers that run beside ours, of the repository or of bench/peers. */
export const PEER_PACKAGES: readonly PeerPackage[] = [
  from("Uniswap v2", "@uniswap/v2-core", "1.0.1", "GPL-3.0-or-later"),
  from("Uniswap v2, router", "@uniswap/v2-periphery", "1.1.0-beta.0", "GPL-3.0-or-later"),
  from("Uniswap v3", "@uniswap/v3-core", "1.0.1", "BUSL-1.1, since 2023 GPL-2.0-or-later"),
  from("Uniswap v3, router and positions", "@uniswap/v3-periphery", "1.4.4", "GPL-2.0-or-later"),
  from("Uniswap v4", "@uniswap/v4-core", "1.0.2", "BUSL-1.1, parts MIT"),
  from("OpenZeppelin tokens", "@openzeppelin/contracts", "5.7.0", "MIT"),
  from("Solady tokens", "solady", "0.1.26", "MIT"),
  from("Morpho Blue", "@morpho-org/morpho-blue", "1.0.0", "BUSL-1.1"),
  from("Aave v3", "@aave-dao/aave-v3-origin", "3.6.0", "BUSL-1.1"),
  from("Synthetix StakingRewards", "synthetix", "2.102.1", "MIT"),
  from("the same, Uniswap's copy", "@uniswap/liquidity-staker", "1.0.2", "none stated"),
  from("Sushi MasterChef, MiniChefV2", "@sushiswap/core", "2.0.0-canary.1", "MIT"),
  from("T-REX", "@tokenysolutions/t-rex", "4.1.6", "GPL-3.0"),
  from("T-REX, identities", "@onchain-id/solidity", "2.2.1", "GPL-3.0 (its package.json: ISC)"),
];
