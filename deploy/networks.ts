import type { ChainDescriptorsUserConfig, HttpNetworkUserConfig } from "hardhat/types/config";
import { configVariable } from "hardhat/config";

/** How a chain charges for the bytes of a transaction that it posts elsewhere. */
export type L1FeeKind =
  /** Beside the gas: `GasPriceOracle.getL1Fee` at 0x4200…000F, and `getOperatorFee`. */
  | "op"
  /** Inside the gas that is estimated: `NodeInterface.gasEstimateL1Component` at 0xC8. */
  | "arbitrum"
  /** Beside the gas: `L1GasPriceOracle.getL1Fee` at 0x5300…0002. */
  | "scroll"
  /** Nothing, or all of it in the gas price. */
  | "none";

/** A chain that the suite can be deployed to. What a chain really is, the pre-flight asks the chain. */
export type DeployNetwork = {
  chainId: number;
  isTestnet: boolean;
  /** Used unless the variable of `rpcVariable` is set. */
  rpc: string;
  chainType: "op" | "generic";
  l1Fee: L1FeeKind;
  explorer: string;
  /** Whether the Etherscan v2 API serves it. */
  hasEtherscan: boolean;
  /** Base URL of its Blockscout API, if it has one. */
  blockscout?: string;
  /** Most gas of one transaction, where the protocol bounds it. */
  txGasCap?: bigint;
  /** Whether EIP-2537 is there (BLS12-381), which settlement needs; unset where nobody says so: the pre-flight finds out. */
  hasBls?: boolean;
  /** Gas for each byte of deployed code, where it is not Ethereum's 200. */
  codeByteGas?: bigint;
  /** Where test ether comes from. */
  faucet?: string;
};

const OP = { chainType: "op", l1Fee: "op", hasEtherscan: true, hasBls: true } as const;
const OTHER = { chainType: "generic", l1Fee: "none", hasEtherscan: true } as const;
const ARBITRUM = { ...OTHER, l1Fee: "arbitrum", hasBls: true, txGasCap: 32_000_000n } as const;
const SCROLL = { ...OTHER, l1Fee: "scroll" } as const;
/** EIP-7825. */
const OSAKA = { txGasCap: 16_777_216n } as const;
const TEST = { isTestnet: true } as const;
const MAIN = { isTestnet: false } as const;
const SUPERCHAIN_FAUCET = "https://console.optimism.io/faucet";
/** Charged by storage, not by Ethereum's schedule. */
const MEGAETH = { ...OTHER, hasBls: true, codeByteGas: 10_000n, txGasCap: 10_000_000_000n } as const;
const MONAD = { ...OTHER, hasBls: true, txGasCap: 30_000_000n } as const;

/** Public networks, with facts of November 2026: chain ids, RPCs and explorers as in viem 2.57's chain definitions. */
export const PUBLIC_NETWORKS = {
  opSepolia: {
    ...{ ...OP, ...OSAKA, ...TEST, chainId: 11_155_420, rpc: "https://sepolia.optimism.io" },
    ...{ explorer: "https://sepolia-optimism.etherscan.io", faucet: SUPERCHAIN_FAUCET },
    blockscout: "https://optimism-sepolia.blockscout.com/api",
  },
  baseSepolia: {
    ...{ ...OP, ...OSAKA, ...TEST, chainId: 84_532, rpc: "https://sepolia.base.org" },
    ...{ explorer: "https://sepolia.basescan.org", faucet: SUPERCHAIN_FAUCET },
    blockscout: "https://base-sepolia.blockscout.com/api",
  },
  unichainSepolia: {
    ...{ ...OP, ...OSAKA, ...TEST, chainId: 1_301, rpc: "https://sepolia.unichain.org" },
    ...{ explorer: "https://sepolia.uniscan.xyz", faucet: SUPERCHAIN_FAUCET },
  },
  inkSepolia: {
    ...{ ...OP, ...OSAKA, ...TEST, chainId: 763_373, rpc: "https://rpc-gel-sepolia.inkonchain.com" },
    ...{ explorer: "https://explorer-sepolia.inkonchain.com", faucet: "https://inkonchain.com/faucet" },
    ...{ hasEtherscan: false, blockscout: "https://explorer-sepolia.inkonchain.com/api" },
  },
  worldchainSepolia: {
    ...{ ...OP, ...TEST, chainId: 4_801, rpc: "https://worldchain-sepolia.g.alchemy.com/public" },
    ...{ explorer: "https://sepolia.worldscan.org", faucet: SUPERCHAIN_FAUCET },
    blockscout: "https://worldchain-sepolia.explorer.alchemy.com/api",
  },
  arbitrumSepolia: {
    ...{ ...ARBITRUM, ...TEST, chainId: 421_614, rpc: "https://sepolia-rollup.arbitrum.io/rpc" },
    ...{ explorer: "https://sepolia.arbiscan.io", faucet: "https://arbitrum.faucet.dev" },
    blockscout: "https://arbitrum-sepolia.blockscout.com/api",
  },
  scrollSepolia: {
    ...{ ...SCROLL, ...TEST, chainId: 534_351, rpc: "https://sepolia-rpc.scroll.io" },
    explorer: "https://sepolia.scrollscan.com",
  },
  lineaSepolia: {
    ...{ ...OTHER, ...TEST, chainId: 59_141, rpc: "https://rpc.sepolia.linea.build" },
    ...{ explorer: "https://sepolia.lineascan.build", blockscout: "https://explorer.sepolia.linea.build/api" },
    faucet: "https://docs.metamask.io/developer-tools/faucet/",
  },
  polygonAmoy: {
    ...{ ...OTHER, ...TEST, chainId: 80_002, rpc: "https://polygon-amoy.drpc.org" },
    explorer: "https://amoy.polygonscan.com",
  },
  megaethTestnet: {
    ...{ ...MEGAETH, ...TEST, chainId: 6_343, rpc: "https://carrot.megaeth.com/rpc" },
    ...{ explorer: "https://testnet-mega.etherscan.io", faucet: "https://testnet.megaeth.com" },
    blockscout: "https://megaeth-testnet-v2.blockscout.com/api",
  },
  monadTestnet: {
    ...{ ...MONAD, ...TEST, chainId: 10_143, rpc: "https://testnet-rpc.monad.xyz" },
    explorer: "https://testnet.monadexplorer.com",
  },
  riseTestnet: {
    ...{ ...OTHER, ...TEST, chainId: 11_155_931, rpc: "https://testnet.riselabs.xyz", l1Fee: "op" },
    ...{ explorer: "https://explorer.testnet.riselabs.xyz", hasEtherscan: false },
    blockscout: "https://explorer.testnet.riselabs.xyz/api",
  },
  taikoHoodi: {
    ...{ ...OTHER, ...TEST, chainId: 167_013, rpc: "https://rpc.hoodi.taiko.xyz", hasBls: true },
    explorer: "https://hoodi.taikoscan.io",
  },
  zksyncSepolia: {
    ...{ ...OTHER, ...TEST, chainId: 300, rpc: "https://sepolia.era.zksync.dev", hasBls: false },
    ...{ explorer: "https://sepolia.explorer.zksync.io", faucet: "https://www.alchemy.com/faucets/zksync-sepolia" },
    blockscout: "https://zksync-sepolia.blockscout.com/api",
  },
  optimism: {
    ...{ ...OP, ...OSAKA, ...MAIN, chainId: 10, rpc: "https://mainnet.optimism.io" },
    ...{ explorer: "https://optimistic.etherscan.io", blockscout: "https://optimism.blockscout.com/api" },
  },
  base: {
    ...{ ...OP, ...OSAKA, ...MAIN, chainId: 8_453, rpc: "https://mainnet.base.org" },
    ...{ explorer: "https://basescan.org", blockscout: "https://base.blockscout.com/api" },
  },
  unichain: {
    ...{ ...OP, ...OSAKA, ...MAIN, chainId: 130, rpc: "https://mainnet.unichain.org" },
    explorer: "https://uniscan.xyz",
  },
  ink: {
    ...{ ...OP, ...OSAKA, ...MAIN, chainId: 57_073, rpc: "https://rpc-gel.inkonchain.com", hasEtherscan: false },
    ...{ explorer: "https://explorer.inkonchain.com", blockscout: "https://explorer.inkonchain.com/api" },
  },
  worldchain: {
    ...{ ...OP, ...MAIN, chainId: 480, rpc: "https://worldchain-mainnet.g.alchemy.com/public" },
    ...{ explorer: "https://worldscan.org", blockscout: "https://worldchain-mainnet.explorer.alchemy.com/api" },
  },
  arbitrum: {
    ...{ ...ARBITRUM, ...MAIN, chainId: 42_161, rpc: "https://arb1.arbitrum.io/rpc" },
    ...{ explorer: "https://arbiscan.io", blockscout: "https://arbitrum.blockscout.com/api" },
  },
  scroll: {
    ...{ ...SCROLL, ...MAIN, chainId: 534_352, rpc: "https://rpc.scroll.io" },
    explorer: "https://scrollscan.com",
  },
  linea: {
    ...{ ...OTHER, ...MAIN, chainId: 59_144, rpc: "https://rpc.linea.build" },
    ...{ explorer: "https://lineascan.build", blockscout: "https://explorer.linea.build/api" },
  },
  polygon: {
    ...{ ...OTHER, ...MAIN, chainId: 137, rpc: "https://polygon.drpc.org" },
    ...{ explorer: "https://polygonscan.com", blockscout: "https://polygon.blockscout.com/api" },
  },
  megaeth: {
    ...{ ...MEGAETH, ...MAIN, chainId: 4_326, rpc: "https://mainnet.megaeth.com/rpc" },
    ...{ explorer: "https://mega.etherscan.io", blockscout: "https://megaeth.blockscout.com/api" },
  },
  monad: {
    ...{ ...MONAD, ...MAIN, chainId: 143, rpc: "https://rpc.monad.xyz" },
    explorer: "https://monadscan.com",
  },
  rise: {
    ...{ ...OTHER, ...MAIN, chainId: 4_153, rpc: "https://rpc.risechain.com", l1Fee: "op", hasEtherscan: false },
    ...{ explorer: "https://explorer.risechain.com", blockscout: "https://explorer.risechain.com/api" },
  },
  taiko: {
    ...{ ...OTHER, ...MAIN, chainId: 167_000, rpc: "https://rpc.mainnet.taiko.xyz", hasBls: true },
    explorer: "https://taikoscan.io",
  },
  zksync: {
    ...{ ...OTHER, ...MAIN, chainId: 324, rpc: "https://mainnet.era.zksync.io", hasBls: false },
    ...{ explorer: "https://explorer.zksync.io", blockscout: "https://zksync.blockscout.com/api" },
  },
} as const satisfies Readonly<Record<string, DeployNetwork>>;

/** Nodes on the loopback interface that stand in for a public network; no mainnet's id. */
const STAND_INS = {
  standIn: { ...OTHER, ...TEST, chainId: 777_001, rpc: "http://127.0.0.1:8545", explorer: "http://127.0.0.1" },
  standInTwo: { ...OTHER, ...TEST, chainId: 777_002, rpc: "http://127.0.0.1:8546", explorer: "http://127.0.0.1" },
} as const satisfies Readonly<Record<string, DeployNetwork>>;

/** Every network that `npm run deploy` knows by name. */
export const NETWORKS: Readonly<Record<string, DeployNetwork>> = { ...PUBLIC_NETWORKS, ...STAND_INS };

/** Whether deployments on this chain are kept with the sources. */
export function isPublic(chainId: number): boolean {
  return Object.values(PUBLIC_NETWORKS).some((network) => network.chainId === chainId);
}

/** The environment variable that replaces a network's RPC: `LAKH_RPC_OP_SEPOLIA` for `opSepolia`. */
export function rpcVariable(name: string): string {
  return `LAKH_RPC_${name.replace(/[A-Z]/g, "_$&").toUpperCase()}`;
}

/** The RPC of a network: its variable's, or the public one. */
export function rpcOf(name: string, network: DeployNetwork): string {
  const chosen = process.env[rpcVariable(name)];
  return chosen === undefined || chosen === "" ? network.rpc : chosen;
}

/** The deployer's private key, out of the environment or Hardhat's keystore, and never out of a file of this repository. */
export const KEY_VARIABLE = "LAKH_DEPLOYER_KEY";
/** The key of Etherscan's API, out of the environment or Hardhat's keystore. */
export const ETHERSCAN_VARIABLE = "ETHERSCAN_API_KEY";
/** Replaces every explorer's API: for a test's loopback server. */
export const EXPLORER_VARIABLE = "LAKH_EXPLORER_API";

/** Salt of every contract that is deployed by `--strategy create2`: "lakh", then a version. */
export const CREATE2_SALT = "0x6c616b6800000000000000000000000000000000000000000000000000000001";

/** The networks as Hardhat and Ignition take them; without a key the node's own accounts would sign. */
export function hardhatNetworks(isKeyless = false): Record<string, HttpNetworkUserConfig> {
  return Object.fromEntries(
    Object.entries(NETWORKS).map(([name, network]) => [
      name,
      {
        type: "http" as const,
        ...{ chainType: network.chainType, chainId: network.chainId, url: rpcOf(name, network) },
        accounts: isKeyless ? ("remote" as const) : [configVariable(KEY_VARIABLE)],
      },
    ]),
  );
}

/** The explorers as hardhat-verify takes them. */
export function chainDescriptors(): ChainDescriptorsUserConfig {
  const replaced = process.env[EXPLORER_VARIABLE];
  const api = replaced === undefined || replaced === "" ? undefined : replaced;
  return Object.fromEntries(
    Object.entries(NETWORKS).map(([name, { chainId, chainType, explorer, hasEtherscan, blockscout }]) => [
      chainId,
      {
        ...{ name, chainType },
        blockExplorers: {
          ...(hasEtherscan ? { etherscan: { url: explorer, ...(api === undefined ? {} : { apiUrl: api }) } } : {}),
          ...(blockscout === undefined && api === undefined
            ? {}
            : { blockscout: { url: explorer, apiUrl: api ?? blockscout ?? "" } }),
        },
      },
    ]),
  );
}
