import {
  accrued,
  assetsDown,
  assetsUp,
  seized,
  sharesDown,
  sharesUp,
  utilizationRate,
  type Market,
} from "./expected-lending.js";
import type { Lab } from "./lab.js";
import { LENDING_TOKENS, LLTV, PRICE, type LendingProtocol } from "./lending-run.js";
import type { Effect } from "./measure.js";
import { Morpho, type MorphoPosition } from "./morpho.js";
import { approveAll, walletEffect } from "./peer-kit.js";

/** Morpho Blue with the mock rate model, as the lending benchmark drives it. */
export async function openMorphoBench(lab: Lab): Promise<LendingProtocol> {
  const [loan, collateral] = [lab[LENDING_TOKENS.loan], lab[LENDING_TOKENS.collateral]];
  const morpho = await Morpho.deploy(lab.maker);
  const market = await morpho.createMarket({
    ...{ loanToken: await loan.getAddress(), collateralToken: await collateral.getAddress(), lltv: LLTV, price: PRICE },
  });

  const stored = async (): Promise<Market & { lastUpdate: bigint }> => {
    const totals = await morpho.marketOf(market);
    return {
      supply: { assets: totals.totalSupplyAssets, shares: totals.totalSupplyShares },
      borrow: { assets: totals.totalBorrowAssets, shares: totals.totalBorrowShares },
      lastUpdate: totals.lastUpdate,
    };
  };
  const marketAt = async (time: bigint): Promise<Market> => {
    const now = await stored();
    return accrued(now, utilizationRate(now), time - now.lastUpdate);
  };
  const position = (label: keyof MorphoPosition, account: string, change: bigint): Effect => ({
    label,
    read: async () => (await morpho.positionOf(market, account))[label],
    change,
  });

  return {
    name: "Morpho Blue",
    prepare: (account) => approveAll(account, [loan, collateral], [morpho.address]),
    setPrice: (price) => morpho.setPrice(market, price),
    async supply({ account: { address }, amount, at, before = 0n }) {
      const { supply } = await marketAt(at);
      const met = { assets: supply.assets + before, shares: supply.shares + sharesDown(before, supply) };
      return {
        request: morpho.supply({ market, onBehalf: address, assets: amount }),
        effects: [walletEffect(loan, address, -amount), position("supplyShares", address, sharesDown(amount, met))],
      };
    },
    async withdraw({ account: { address }, amount, at }) {
      const shares = sharesUp(amount, (await marketAt(at)).supply);
      return {
        request: morpho.withdraw({ market, onBehalf: address, assets: amount }),
        effects: [walletEffect(loan, address, amount), position("supplyShares", address, -shares)],
      };
    },
    async supplyCollateral({ account: { address }, amount }) {
      return {
        request: morpho.supplyCollateral({ market, onBehalf: address, assets: amount }),
        effects: [walletEffect(collateral, address, -amount), position("collateral", address, amount)],
      };
    },
    async withdrawCollateral({ account: { address }, amount }) {
      return {
        request: morpho.withdrawCollateral({ market, onBehalf: address, assets: amount }),
        effects: [walletEffect(collateral, address, amount), position("collateral", address, -amount)],
      };
    },
    async borrow({ account: { address }, amount, at }) {
      const shares = sharesUp(amount, (await marketAt(at)).borrow);
      return {
        request: morpho.borrow({ market, onBehalf: address, assets: amount }),
        effects: [walletEffect(loan, address, amount), position("borrowShares", address, shares)],
      };
    },
    async repay({ account: { address }, amount, at }) {
      const shares = sharesDown(amount, (await marketAt(at)).borrow);
      return {
        request: morpho.repay({ market, onBehalf: address, assets: amount }),
        effects: [walletEffect(loan, address, -amount), position("borrowShares", address, -shares)],
      };
    },
    async liquidate({ account: { address }, borrower, price, at }) {
      const { borrow } = await marketAt(at);
      const repaidShares = (await morpho.positionOf(market, borrower)).borrowShares / 2n;
      const taken = seized(assetsDown(repaidShares, borrow), { lltv: LLTV, price });
      return {
        request: morpho.liquidate({ market, borrower, repaidShares }),
        effects: [
          walletEffect(loan, address, -assetsUp(repaidShares, borrow)),
          walletEffect(collateral, address, taken),
          position("borrowShares", borrower, -repaidShares),
          position("collateral", borrower, -taken),
        ],
      };
    },
    async accrue({ at }) {
      const [now, then] = [await stored(), await marketAt(at)];
      const interest = then.borrow.assets - now.borrow.assets;
      return {
        request: morpho.accrueInterest({ market }),
        effects: [
          { label: "debt", read: async () => (await stored()).borrow.assets, change: interest },
          { label: "supply", read: async () => (await stored()).supply.assets, change: interest },
        ],
      };
    },
  };
}
