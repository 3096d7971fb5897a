import { AbiCoder, Contract, ZeroAddress, type Signer } from "ethers";
import { buildAave } from "./aave-code.js";
import type { Code } from "./artifacts.js";
import { link } from "./peer-build.js";

/** What a reserve adds to a pool: its token, and in basis points what it carries and what a liquidator gets. */
export type AaveReserve = { asset: string; ltv: bigint; threshold: bigint; bonus: bigint };

type Deploy = (code: Code, ...args: unknown[]) => Promise<Contract>;

/** In basis points: the utilisation where the rate bends, the rate at 0, what it rises by up to there, and after. */
const RATE = [9_000n, 0n, 400n, 6_000n];
/** The treasury's share of the interest, in basis points. */
const RESERVE_FACTOR = 1_000n;
const RATE_TYPE = "tuple(uint16,uint32,uint32,uint32)";
/** A dollar. */
const PRICE_UNIT = 10n ** 8n;

export type Aave = {
  pool: Contract;
  aTokenOf: (asset: string) => Promise<Contract>;
  debtTokenOf: (asset: string) => Promise<Contract>;
  /** Dollars, 1e8. */
  setPrice: (asset: string, price: bigint) => Promise<void>;
};

/** Aave v3 with these reserves, each worth a dollar, without rewards and without the protocol's part of liquidations. */
export async function deployAave(
  { owner, deploy }: { owner: Signer; deploy: Deploy },
  reserves: readonly AaveReserve[],
): Promise<Aave> {
  const code = await buildAave();
  const admin = await owner.getAddress();
  const provider = await deploy(code.PoolAddressesProvider, "bench", admin);
  const providerAddress = await provider.getAddress();
  const rates = await deploy(code.DefaultReserveInterestRateStrategyV2, providerAddress);
  const libraries: Record<string, string> = {};
  for (const name of [
    ...(["BorrowLogic", "SupplyLogic", "LiquidationLogic", "PoolLogic", "ConfiguratorLogic"] as const),
    "FlashLoanLogic" as const, // it calls BorrowLogic
  ]) {
    libraries[name] = await (await deploy(link(code[name], libraries))).getAddress();
  }

  const implementation = await deploy(
    link(code.PoolInstance, libraries),
    ...[providerAddress, await rates.getAddress()],
  );
  await transact(provider, "setPoolImpl", await implementation.getAddress());
  const poolAddress = (await provider.getFunction("getPool")()) as string;
  await transact(provider, "setACLAdmin", admin);
  const roles = await deploy(code.ACLManager, providerAddress);
  await transact(provider, "setACLManager", await roles.getAddress());
  await transact(roles, "addPoolAdmin", admin);
  const configuratorCode = await deploy(link(code.PoolConfiguratorInstance, libraries));
  await transact(provider, "setPoolConfiguratorImpl", await configuratorCode.getAddress());
  const configurator = new Contract(
    (await provider.getFunction("getPoolConfigurator")()) as string,
    code.PoolConfiguratorInstance.abi,
    owner,
  );

  const feed = async (price: bigint): Promise<string> => (await deploy(code.MockAggregator, price)).getAddress();
  const assets = reserves.map(({ asset }) => asset);
  const feeds: string[] = [];
  for (const _ of assets) feeds.push(await feed(PRICE_UNIT));
  const oracle = await deploy(
    code.AaveOracle,
    ...[providerAddress, assets, feeds, ZeroAddress, ZeroAddress, PRICE_UNIT],
  );
  await transact(provider, "setPriceOracle", await oracle.getAddress());

  const aToken = await deploy(code.ATokenInstance, poolAddress, ZeroAddress, admin);
  const debtToken = await deploy(code.VariableDebtTokenInstance, poolAddress, ZeroAddress);
  for (const { asset, ltv, threshold, bonus } of reserves) {
    const names = ["Bench aToken", "aBENCH", "Bench debt", "dBENCH"];
    const tokens = [await aToken.getAddress(), await debtToken.getAddress(), asset];
    const rate = AbiCoder.defaultAbiCoder().encode([RATE_TYPE], [RATE]);
    await transact(configurator, "initReserves", [[...tokens, ...names, "0x", rate]]);
    await transact(configurator, "setReserveBorrowing", asset, true);
    await transact(configurator, "setReserveFactor", asset, RESERVE_FACTOR);
    await transact(configurator, "configureReserveAsCollateral", asset, ltv, threshold, bonus);
  }

  const pool = new Contract(poolAddress, code.PoolInstance.abi, owner);
  const tokenOf = async (getter: string, asset: string, { abi }: Code): Promise<Contract> =>
    new Contract((await pool.getFunction(getter)(asset)) as string, abi, owner);
  return {
    pool,
    aTokenOf: (asset) => tokenOf("getReserveAToken", asset, code.ATokenInstance),
    debtTokenOf: (asset) => tokenOf("getReserveVariableDebtToken", asset, code.VariableDebtTokenInstance),
    setPrice: async (asset, price) => transact(oracle, "setAssetSources", [asset], [await feed(price)]),
  };
}

async function transact(contract: Contract, name: string, ...args: unknown[]): Promise<void> {
  await (await contract.getFunction(name).send(...args)).wait();
}
