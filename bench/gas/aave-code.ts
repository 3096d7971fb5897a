import { buildPeer } from "./peer-build.js";

const SOURCES = "@aave-dao/aave-v3-origin/src/contracts";
const LOGIC = `${SOURCES}/protocol/libraries/logic`;

export const AAVE_VERSION = "3.6.0";

/** Aave v3's pool, what it needs beside itself, and a feed with a fixed price. */
export const buildAave = async () =>
  buildPeer({
    title: "aave-v3-origin",
    compiler: "solc-0.8.27",
    settings: { optimizer: { enabled: true, runs: 200 }, evmVersion: "shanghai" },
    contracts: {
      PoolAddressesProvider: `${SOURCES}/protocol/configuration/PoolAddressesProvider.sol`,
      ACLManager: `${SOURCES}/protocol/configuration/ACLManager.sol`,
      AaveOracle: `${SOURCES}/misc/AaveOracle.sol`,
      DefaultReserveInterestRateStrategyV2: `${SOURCES}/misc/DefaultReserveInterestRateStrategyV2.sol`,
      PoolInstance: `${SOURCES}/instances/PoolInstance.sol`,
      PoolConfiguratorInstance: `${SOURCES}/instances/PoolConfiguratorInstance.sol`,
      ATokenInstance: `${SOURCES}/instances/ATokenInstance.sol`,
      VariableDebtTokenInstance: `${SOURCES}/instances/VariableDebtTokenInstance.sol`,
      MockAggregator: `${SOURCES}/mocks/oracle/CLAggregators/MockAggregator.sol`,
      BorrowLogic: `${LOGIC}/BorrowLogic.sol`,
      ConfiguratorLogic: `${LOGIC}/ConfiguratorLogic.sol`,
      FlashLoanLogic: `${LOGIC}/FlashLoanLogic.sol`,
      LiquidationLogic: `${LOGIC}/LiquidationLogic.sol`,
      PoolLogic: `${LOGIC}/PoolLogic.sol`,
      SupplyLogic: `${LOGIC}/SupplyLogic.sol`,
    },
    remappings: {
      "openzeppelin-contracts/contracts/": "@openzeppelin/contracts/",
      "openzeppelin-contracts-upgradeable/contracts/": "@openzeppelin/contracts-upgradeable/",
      "solidity-utils/": "@bgd-labs/solidity-utils/src/",
    },
  });
