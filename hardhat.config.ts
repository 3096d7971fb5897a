import { fileURLToPath } from "node:url";
import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";
import { chainDescriptors, CREATE2_SALT, ETHERSCAN_VARIABLE, hardhatNetworks } from "./deploy/networks.js";
import { buildPlugin, coveragePlugin, mochaTestFiles, solidityReport } from "./scripts/hardhat/index.js";
import { fuzzRuns, fuzzSeed, invariantDepth, invariantRuns, shrinkRuns } from "./scripts/lib/environment.js";

/** solc comes from the locked npm package: nothing is downloaded at build time. */
const solc = { version: "0.8.37", path: fileURLToPath(import.meta.resolve("solc/soljson.js")) };

const common = { evmVersion: "cancun", metadata: { bytecodeHash: "none" } };

const small = { ...solc, settings: { ...common, optimizer: { enabled: true, runs: 50 }, viaIR: true } };

const fast = { ...solc, settings: { ...common, optimizer: { enabled: true, runs: 1_000_000 }, viaIR: true } };

/**
 * The build of the edit loop, the tests and coverage: quick, without via-IR and without a size limit.
 * What is deployed and measured comes from `hardhat.production.config.ts`.
 */
export default defineConfig({
  plugins: [buildPlugin, hardhatToolboxMochaEthers, coveragePlugin],
  tasks: [mochaTestFiles, solidityReport],
  solidity: {
    profiles: {
      default: { ...solc, settings: { ...common, optimizer: { enabled: true, runs: 800 } } },
      // What mutants are judged on: compiled in a fourth of the time.
      unoptimized: { ...solc, settings: { ...common, optimizer: { enabled: false } } },
      production: {
        compilers: [{ ...solc, settings: { ...common, optimizer: { enabled: true, runs: 50 }, viaIR: true } }],
        isolated: false,
        // AMM and settlement have room for the optimiser to inline; the ledger, which deploys the facades, has not.
        overrides: {
          "contracts/core/Ledger.sol": small,
          "contracts/core/FacadeFactory.sol": small,
          "contracts/core/LedgerFacade.sol": small,
          "contracts/amm/AmmCore.sol": fast,
          "contracts/amm/AmmLiquidity.sol": fast,
          "contracts/core/Settlement.sol": fast,
          "contracts/lending/LendingCore.sol": {
            ...fast,
            settings: { ...fast.settings, optimizer: { enabled: true, runs: 800 } },
          },
          "contracts/staking/StakingCore.sol": {
            ...fast,
            settings: { ...fast.settings, optimizer: { enabled: true, runs: 200 } },
          },
          "contracts/insurance/UnderwritingPool.sol": fast,
          "contracts/insurance/CoverDesk.sol": {
            ...fast,
            settings: { ...fast.settings, optimizer: { enabled: true, runs: 200 } },
          },
        },
      },
    },
  },
  paths: {
    ignition: "deploy",
    tests: { mocha: "test", solidity: "test" },
  },
  test: {
    mocha: { timeout: 60_000, forbidOnly: process.env.CI !== undefined },
    solidity: {
      fuzz: { runs: fuzzRuns(), seed: fuzzSeed() },
      invariant: {
        ...{ runs: invariantRuns(), depth: invariantDepth(), failOnRevert: false },
        ...{ shrinkRunLimit: shrinkRuns() },
      },
    },
  },
  coverage: { skipFiles: ["contracts/mocks/**"] },
  // The committed bindings carry the bytecode of the production build, so this one writes none.
  typechain: { dontOverrideCompile: true, outDir: "cache/typechain-types" },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", allowUnlimitedContractSize: true },
    local: { type: "edr-simulated", chainType: "op", allowUnlimitedContractSize: true },
    devnet: { type: "http", chainType: "l1", chainId: 31337, url: "http://127.0.0.1:8545" },
    ...hardhatNetworks(),
  },
  chainDescriptors: chainDescriptors(),
  verify: {
    etherscan: { apiKey: configVariable(ETHERSCAN_VARIABLE) },
    blockscout: { enabled: true },
    sourcify: { enabled: false },
  },
  // The same salt everywhere: equal code and arguments have equal addresses on all chains.
  ignition: { strategyConfig: { create2: { salt: CREATE2_SALT } } },
});
