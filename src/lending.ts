import { ZeroAddress, type ContractRunner } from "ethers";
import { ILendingActions__factory } from "../typechain-types/factories/interfaces/ILendingActions__factory.js";
import { LendingCore__factory } from "../typechain-types/factories/lending/LendingCore__factory.js";
import { LendingLens__factory } from "../typechain-types/factories/periphery/LendingLens__factory.js";
import { type LendingCore } from "../typechain-types/lending/LendingCore.js";
import { type LendingLens } from "../typechain-types/periphery/LendingLens.js";
import { checkAddress, hasRules, nonZeroAddress, tokenId } from "./assets.js";
import { ValidationError } from "./lakh-error.js";
import { type LedgerCall, type LedgerClient } from "./ledger.js";
import { checkMarket, marketId, marketKey, supplyShareId, type MarketParams } from "./lending-market.js";
import { checkAmount, checkLimit, type Destination, type LakhRequest, type OnBehalf, type Source } from "./request.js";

/** All of what the caller has, where an action takes it. */
export const ALL = (1n << 256n) - 1n;

/** What every action says of its market and its parties. */
export type MarketAction = {
  market: MarketParams;
  /** Receiver of outputs and shares; the client's account unless given, without one whoever sends the request. */
  to?: string;
  /** Where inputs come from; the caller's ledger balance unless given. */
  source?: Source;
  /** Where outputs go; the receiver's ledger balance unless given. */
  destination?: Destination;
  /** Pays the wrapped-ether input with ether sent along. */
  payWithEther?: boolean;
};

/** What `createLendingClient` needs. */
export type LendingClientOptions = {
  address: string;
  lens: string;
  weth: string;
  ledger: LedgerClient;
  account?: string | undefined;
  runner?: ContractRunner | null | undefined;
};

const actions = ILendingActions__factory.createInterface();

/** `LedgerCall.data` of each lending action, unchecked. */
export const lendingActions = {
  createMarket: (market: MarketParams): string => actions.encodeFunctionData("createMarket", [market]),
  supply: (minShares: bigint): string => actions.encodeFunctionData("supply", [minShares]),
  supplyShares: (shares: bigint): string => actions.encodeFunctionData("supplyShares", [shares]),
  withdraw: (assets: bigint, maxShares: bigint): string => actions.encodeFunctionData("withdraw", [assets, maxShares]),
  redeem: (shares: bigint, minAssets: bigint): string => actions.encodeFunctionData("redeem", [shares, minAssets]),
  addCollateral: (account: string): string => actions.encodeFunctionData("addCollateral", [account]),
  pledgeCollateral: (amount: bigint): string => actions.encodeFunctionData("pledgeCollateral", [amount]),
  removeCollateral: (amount: bigint, account: string): string =>
    actions.encodeFunctionData("removeCollateral", [amount, account]),
  borrow: (assets: bigint, account: string): string => actions.encodeFunctionData("borrow", [assets, account]),
  repay: (account: string): string => actions.encodeFunctionData("repay", [account]),
  repayShares: (shares: bigint, account: string): string =>
    actions.encodeFunctionData("repayShares", [shares, account]),
  liquidate: (account: string, minSeized: bigint): string =>
    actions.encodeFunctionData("liquidate", [account, minSeized]),
  accrue: (): string => actions.encodeFunctionData("accrue"),
  collectFee: (): string => actions.encodeFunctionData("collectFee"),
} as const;

/** Builds and reads what concerns lending. Amounts are smallest units; builders throw `ValidationError`. */
export type LendingClient = ReturnType<typeof createLendingClient>;

/** See `createLakh`. */
export function createLendingClient({ address, lens, weth, ledger, account, runner }: LendingClientOptions) {
  const lending = nonZeroAddress(address, "lending");
  const contract: LendingCore = LendingCore__factory.connect(lending, runner ?? null);
  const lensContract: LendingLens = LendingLens__factory.connect(nonZeroAddress(lens, "lendingLens"), runner ?? null);

  type Action = { options: MarketAction; loan?: bigint; collateral?: bigint; data: string };

  function build(action: Action): LakhRequest<LedgerCall> {
    const { options, loan = 0n, collateral = 0n, data } = action;
    const { market, to, source = "ledger", destination = "ledger", payWithEther = false } = options;
    const { loanAsset: asset0, collateralAsset: asset1 } = checkMarket(market);
    const call = { protocol: lending, asset0, asset1, key: marketKey(market), source, destination, data };
    const ether = (asset0 === tokenId(weth) ? loan : 0n) + (asset1 === tokenId(weth) ? collateral : 0n);
    if (payWithEther && ether === 0n) {
      throw new ValidationError("NativeAssetMissing", "The input that ether pays for is not wrapped ether", {});
    }
    const parties = { amount0: loan, amount1: collateral, to: to ?? account ?? ZeroAddress };
    return ledger.call({ ...call, ...parties }, payWithEther ? ether : 0n);
  }

  /** The zero address stands for the caller. */
  function ownerOf(owner: string | undefined): string {
    return owner === undefined ? ZeroAddress : checkAddress(owner, "account");
  }

  function checkShares(shares: bigint): bigint {
    return shares === ALL ? ALL : checkAmount(shares, "shares");
  }

  return {
    address: lending,
    contract,
    lens: lensContract,

    /** Creates the market; anybody may, with an LLTV and a rate model that are enabled. */
    createMarket({ market }: Pick<MarketAction, "market">): LakhRequest<LedgerCall> {
      return build({ options: { market }, data: lendingActions.createMarket(market) });
    },

    /** Lends exactly `assets`; shares round down, go to the receiver's ledger balance, and are at least `minShares`. */
    supply({ assets, minShares = 0n, ...options }: MarketAction & { assets: bigint; minShares?: bigint }) {
      checkLimit(minShares, "minShares");
      return build({ options, loan: checkAmount(assets, "assets"), data: lendingActions.supply(minShares) });
    },

    /** Lends what exactly `shares` cost, rounded up, at most `maxAssets`; the rest comes back. */
    supplyShares({ shares, maxAssets, ...options }: MarketAction & { shares: bigint; maxAssets: bigint }) {
      checkAmount(shares, "shares");
      return build({ options, loan: checkAmount(maxAssets, "maxAssets"), data: lendingActions.supplyShares(shares) });
    },

    /** Pays out exactly `assets`, for at most `maxShares` of the caller's shares, rounded up. */
    withdraw({ assets, maxShares = ALL, ...options }: MarketAction & { assets: bigint; maxShares?: bigint }) {
      checkAmount(assets, "assets");
      return build({ options, data: lendingActions.withdraw(assets, maxShares) });
    },

    /** Burns `shares` of the caller, `ALL` for all of them, for at least `minAssets`, rounded down. */
    redeem({ shares, minAssets = 0n, ...options }: MarketAction & { shares: bigint; minAssets?: bigint }) {
      checkLimit(minAssets, "minAssets");
      return build({ options, data: lendingActions.redeem(checkShares(shares), minAssets) });
    },

    /** Adds collateral to a position, anybody's. Throws `RestrictedAsset` where it has to be pledged. */
    addCollateral({ amount, account: owner, ...options }: MarketAction & OnBehalf & { amount: bigint }) {
      if (hasRules(options.market.collateralAsset)) {
        throw new ValidationError("RestrictedAsset", "Collateral with transfer rules is pledged", {});
      }
      const data = lendingActions.addCollateral(ownerOf(owner));
      return build({ options, collateral: checkAmount(amount, "amount"), data });
    },

    /** Pledges the caller's own collateral, which has transfer rules and stays in his name. */
    pledgeCollateral({ amount, ...options }: Pick<MarketAction, "market"> & { amount: bigint }) {
      return build({ options, data: lendingActions.pledgeCollateral(checkAmount(amount, "amount")) });
    },

    /** Takes out, or releases, collateral, `ALL` for all of it; of another's position as his operator. */
    removeCollateral({ amount, account: owner, ...options }: MarketAction & OnBehalf & { amount: bigint }) {
      const data = lendingActions.removeCollateral(
        amount === ALL ? ALL : checkAmount(amount, "amount"),
        ownerOf(owner),
      );
      return build({ options, data });
    },

    /** Borrows exactly `assets`; on another's position as his operator. */
    borrow({ assets, account: owner, ...options }: MarketAction & OnBehalf & { assets: bigint }) {
      const data = lendingActions.borrow(checkAmount(assets, "assets"), ownerOf(owner));
      return build({ options, data });
    },

    /** Repays debt, anybody's, with at most `maxAssets`: what the debt does not take comes back. */
    repay({ maxAssets, account: owner, ...options }: MarketAction & OnBehalf & { maxAssets: bigint }) {
      const data = lendingActions.repay(ownerOf(owner));
      return build({ options, loan: checkAmount(maxAssets, "maxAssets"), data });
    },

    /**
     * Repays an unhealthy position's debt with at most `maxAssets`, as far as the market lets, for at least `minSeized` units of its
     * collateral.
     */
    liquidate({
      account: owner,
      maxAssets,
      minSeized,
      ...options
    }: MarketAction & { account: string; maxAssets: bigint; minSeized: bigint }) {
      const data = lendingActions.liquidate(nonZeroAddress(owner, "account"), checkLimit(minSeized, "minSeized"));
      return build({ options, loan: checkAmount(maxAssets, "maxAssets"), data });
    },

    /** Brings the market's interest up to date. */
    accrue({ market }: Pick<MarketAction, "market">) {
      return build({ options: { market }, data: lendingActions.accrue() });
    },

    /** Mints the fee's shares to the receiver; for the fee's recipient alone. */
    collectFee(options: Pick<MarketAction, "market" | "to">) {
      return build({ options, data: lendingActions.collectFee() });
    },

    /** The market as the next action finds it, with interest up to now. */
    async marketOf({ market }: { market: MarketParams }) {
      const view = await lensContract.marketOf(market);
      return {
        ...{ id: view.id, exists: view.exists, shareId: view.shareId, isPledged: view.isPledged },
        ...{ supplyAssets: view.supplyAssets, supplyShares: view.supplyShares, idle: view.idle },
        ...{ borrowAssets: view.borrowAssets, borrowShares: view.borrowShares, collateral: view.collateral },
        ...{ fee: view.fee, feeShares: view.feeShares, utilization: view.utilization },
        ...{ borrowRate: view.borrowRate, supplyRate: view.supplyRate, rate: view.rate, lastUpdate: view.lastUpdate },
      };
    },

    /** An account's supply, debt and collateral, with interest up to now. */
    async positionOf({ market, account: owner }: { market: MarketParams; account: string }) {
      const view = await lensContract.positionOf(market, checkAddress(owner, "account"));
      return {
        ...{ supplyShares: view.supplyShares, supplyAssets: view.supplyAssets },
        ...{ borrowShares: view.borrowShares, debt: view.debt, collateral: view.collateral },
      };
    },

    /** What the position may owe over what it owes, WAD; `ALL` without debt. Below 1e18 it can be liquidated. */
    async healthFactor({ market, account: owner }: { market: MarketParams; account: string }): Promise<bigint> {
      return lensContract.healthFactor(market, checkAddress(owner, "account"));
    },

    /** What `liquidate` would do with `maxAssets`; all 0 where nothing can be liquidated. */
    async previewLiquidate({
      market,
      account: owner,
      maxAssets,
    }: {
      market: MarketParams;
      account: string;
      maxAssets: bigint;
    }) {
      const view = await lensContract.previewLiquidate(market, checkAddress(owner, "account"), maxAssets);
      return {
        ...{ repaidAssets: view.repaidAssets, repaidShares: view.repaidShares },
        ...{ seized: view.seized, badDebt: view.badDebt },
      };
    },

    /** The id of the market here. */
    marketIdOf({ market }: { market: MarketParams }): string {
      return marketId({ lending, market });
    },

    /** The ledger id of the market's supply share. */
    shareIdOf({ market }: { market: MarketParams }): bigint {
      return supplyShareId({ lending, market });
    },
  };
}
