import type { Addressable } from "ethers";
import {
  ILendingActions__factory,
  type LendingCore,
  type LendingLens,
  type MockPriceOracle,
} from "../../typechain-types/index.js";
import type { ILedger } from "../../typechain-types/core/Ledger.js";
import { bookIdOf, callOf, ethers, issuedId, ledgerFixture, WAD, type LedgerFixture } from "./ledger-fixture.js";

/** The typed calls of the lending core. */
export const lendingActions = ILendingActions__factory.createInterface();

/** The rate models that are no contract. */
export const NO_INTEREST = ethers.ZeroAddress;
export const ADAPTIVE_CURVE = ethers.getAddress(ethers.toBeHex(1, 20));
export const PRICE_SCALE = 10n ** 36n;
/** A `closeOutDebt` with which any unhealthy position may be liquidated whole. */
export const ALWAYS_WHOLE = 2n ** 96n - 1n;
export const LLTV = (86n * WAD) / 100n;
export const YEAR = 365n * 24n * 3600n;
export const VIRTUAL_SHARES = 10n ** 6n;

export type MarketParams = {
  loanAsset: bigint;
  collateralAsset: bigint;
  oracle: string;
  irm: string;
  lltv: bigint;
  closeOutDebt: bigint;
};

export type LendingFixture = Awaited<ReturnType<typeof lendingFixture>>;
type Signer = LedgerFixture["alice"];
type Suite = { ledger: LedgerFixture["ledger"]; lending: LendingCore };

/** The core's own name of a market's book, beside its assets: a twin of `MarketParams.bookKey`. */
export function marketKeyOf({ oracle, irm, lltv, closeOutDebt }: MarketParams): string {
  const coder = ethers.AbiCoder.defaultAbiCoder();
  const values = [oracle, irm, lltv, closeOutDebt];
  return ethers.keccak256(coder.encode(["address", "address", "uint256", "uint256"], values));
}

/** The id of a market, which is that of its book. */
export async function marketIdOf(lending: Addressable, market: MarketParams): Promise<string> {
  const { loanAsset: asset0, collateralAsset: asset1 } = market;
  return bookIdOf({ protocol: lending, asset0, asset1, key: marketKeyOf(market) });
}

/** A call on a market: by name and arguments of `ILendingActions`, from and to the ledger unless said otherwise. */
export function marketCall(
  lending: Addressable,
  market: MarketParams,
  { action, args = [], ...rest }: { action: string; args?: readonly unknown[] } & Partial<ILedger.CallStruct>,
): ILedger.CallStruct {
  return callOf({
    ...{ protocol: lending, key: marketKeyOf(market), asset0: market.loanAsset, asset1: market.collateralAsset },
    ...{ to: ethers.ZeroAddress, data: lendingActions.encodeFunctionData(action as never, args as never) },
    ...rest,
  });
}

/**
 * The ledger fixture with a lending core, and an adaptive market of token 0 against token 1 at a price of 1 and an LLTV of 86 %,
 * in which nobody has anything.
 */
export async function lendingFixture() {
  const fixture = await ledgerFixture();
  const { ledger, ids } = fixture;
  const lending: LendingCore = await ethers.deployContract("LendingCore", [ledger]);
  const lens: LendingLens = await ethers.deployContract("LendingLens", [lending]);
  const oracle: MockPriceOracle = await ethers.deployContract("MockPriceOracle", [PRICE_SCALE]);
  const rateModel = await ethers.deployContract("MockRateModel");
  await ledger.listCore(lending);
  for (const irm of [NO_INTEREST, ADAPTIVE_CURVE, await rateModel.getAddress()]) await lending.enableRateModel(irm);
  await lending.enableLltv(LLTV);
  const market: MarketParams = {
    ...{ loanAsset: ids.token0, collateralAsset: ids.token1, oracle: await oracle.getAddress() },
    ...{ irm: ADAPTIVE_CURVE, lltv: LLTV, closeOutDebt: ALWAYS_WHOLE },
  };
  const created = { ...fixture, lending, lens, oracle, rateModel, market };
  return { ...created, ...(await createMarket(created, market)), ...actorsOf(created) };
}

/** Creates a market; answers its id and its share's. */
export async function createMarket(
  { ledger, lending, alice }: Suite & { alice: Signer },
  market: MarketParams,
): Promise<{ marketId: string; shareId: bigint }> {
  await ledger.connect(alice).call(marketCall(lending, market, { action: "createMarket", args: [market] }));
  const marketId = await marketIdOf(lending, market);
  return { marketId, shareId: await issuedId({ owner: lending, salt: marketId }) };
}

type Act = { market?: MarketParams; user: Signer } & Partial<ILedger.CallStruct>;

/** The actions by name, each from the ledger balance of its user, on the fixture's market unless another is given. */
function actorsOf({ ledger, lending, market: home }: Suite & { market: MarketParams }) {
  const run = (action: string, args: readonly unknown[], { market = home, user, ...rest }: Act) =>
    ledger.connect(user).call(marketCall(lending, market, { action, args, ...rest }));
  return {
    run,
    supply: (amount0: bigint, act: Act) => run("supply", [0n], { amount0, ...act }),
    withdraw: (assets: bigint, act: Act) => run("withdraw", [assets, ethers.MaxUint256], act),
    redeem: (shares: bigint, act: Act) => run("redeem", [shares, 0n], act),
    addCollateral: (amount1: bigint, act: Act & { account?: string }) => {
      const { account = ethers.ZeroAddress, ...rest } = act;
      return run("addCollateral", [account], { amount1, ...rest });
    },
    removeCollateral: (amount: bigint, act: Act & { account?: string }) => {
      const { account = ethers.ZeroAddress, ...rest } = act;
      return run("removeCollateral", [amount, account], rest);
    },
    borrow: (assets: bigint, act: Act & { account?: string }) => {
      const { account = ethers.ZeroAddress, ...rest } = act;
      return run("borrow", [assets, account], rest);
    },
    repay: (amount0: bigint, act: Act & { account?: string }) => {
      const { account = ethers.ZeroAddress, ...rest } = act;
      return run("repay", [account], { amount0, ...rest });
    },
    liquidate: (amount0: bigint, account: string, act: Act) => run("liquidate", [account, 0n], { amount0, ...act }),
  };
}
