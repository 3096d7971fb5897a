import { lastUpdateOf, marketParams } from "../../src/index.js";
import { LendingCore__factory, BenchOracle__factory } from "../../typechain-types/index.js";
import { readProduction } from "./artifacts.js";
import { accrued, assetsDown, assetsUp, seized, sharesDown, sharesUp, type Market } from "./expected-lending.js";
import type { Lab } from "./lab.js";
import { LENDING_TOKENS, LLTV, PRICE, type LendingProtocol } from "./lending-run.js";
import type { Effect } from "./measure.js";
import { loadAdaptiveCurve } from "./morpho-rate.js";
import { walletEffect } from "./peer-kit.js";

const WAD = 10n ** 18n;

/** Our lending with its adaptive curve, from and to wallets or ledger balances, as the lending benchmark drives it. */
export async function openLakhLending(lab: Lab, route: "wallet" | "ledger"): Promise<LendingProtocol> {
  const [loan, collateral] = [lab[LENDING_TOKENS.loan], lab[LENDING_TOKENS.collateral]];
  const { lakh, maker, ledger } = lab;
  const curve = await loadAdaptiveCurve();
  const deployed = await lab.deploy(await readProduction("contracts/mocks/BenchOracle.sol"), PRICE);
  const oracle = BenchOracle__factory.connect(await deployed.getAddress(), maker);
  const market = marketParams({
    ...{ loanAsset: await loan.getAddress(), collateralAsset: await collateral.getAddress() },
    ...{ oracle: await oracle.getAddress(), lltv: LLTV },
  });
  const core = LendingCore__factory.connect(lakh.lending.address, maker);
  await (await core.enableLltv(LLTV)).wait();
  await (await core.enableRateModel(market.irm)).wait();
  await lab.send(maker, lakh.lending.createMarket({ market }));
  const id = lakh.lending.marketIdOf({ market });
  const shareId = lakh.lending.shareIdOf({ market });

  const stored = async (): Promise<Market & { last: bigint; rate: bigint }> => {
    const { supplyShares, borrowAssets, borrowShares, rate } = await core.marketOf(id);
    const { idle, lastUpdate } = await bookOf();
    return {
      supply: { assets: idle + borrowAssets, shares: supplyShares },
      borrow: { assets: borrowAssets, shares: borrowShares },
      last: lastUpdate,
      rate,
    };
  };
  const bookOf = async (): Promise<{ idle: bigint; lastUpdate: bigint }> => {
    const { key, asset0, asset1 } = lakh.lending.createMarket({ market }).parameters;
    const word = await ledger.bookOf(core, key, asset0, asset1);
    return { idle: word & ((1n << 112n) - 1n), lastUpdate: lastUpdateOf(word) };
  };
  const marketAt = async (time: bigint): Promise<Market> => {
    const now = await stored();
    const seconds = time - now.last;
    if (seconds === 0n) return now;
    const utilization = now.supply.assets === 0n ? 0n : (now.borrow.assets * WAD) / now.supply.assets;
    return accrued(now, curve(utilization, now.rate, seconds).avgBorrowRate, seconds);
  };

  const holding = (token: typeof loan, account: string, change: bigint): Effect =>
    route === "wallet"
      ? walletEffect(token, account, change)
      : { label: "ledger balance", read: async () => ledger.balanceOf(account, await token.getAddress()), change };
  const shares = (account: string, change: bigint): Effect => ({
    label: "supply shares",
    read: () => ledger.balanceOf(account, shareId),
    change,
  });
  const position = (label: "borrowShares" | "collateral", account: string, change: bigint): Effect => ({
    label,
    read: async () => (await core.positionOf(id, account))[label],
    change,
  });
  const act = { market, source: route, destination: route } as const;

  return {
    name: "Lakh",
    async prepare(account) {
      if (route === "wallet") return;
      for (const token of [loan, collateral]) {
        const amount = (await token.balanceOf(account.address)) / 2n;
        await lab.send(account, lakh.ledger.deposit({ token: await token.getAddress(), amount, to: account.address }));
      }
    },
    setPrice: async (price) => {
      await (await oracle.setPrice(price)).wait();
    },
    async supply({ account: { address }, amount, at, before = 0n }) {
      const { supply } = await marketAt(at);
      const met = { assets: supply.assets + before, shares: supply.shares + sharesDown(before, supply) };
      return {
        request: lakh.lending.supply({ ...act, assets: amount, to: address }),
        effects: [holding(loan, address, -amount), shares(address, sharesDown(amount, met))],
      };
    },
    async withdraw({ account: { address }, amount, at }) {
      const burnt = sharesUp(amount, (await marketAt(at)).supply);
      return {
        request: lakh.lending.withdraw({ ...act, assets: amount, to: address }),
        effects: [holding(loan, address, amount), shares(address, -burnt)],
      };
    },
    async supplyCollateral({ account: { address }, amount }) {
      return {
        request: lakh.lending.addCollateral({ ...act, amount, to: address }),
        effects: [holding(collateral, address, -amount), position("collateral", address, amount)],
      };
    },
    async withdrawCollateral({ account: { address }, amount }) {
      return {
        request: lakh.lending.removeCollateral({ ...act, amount, to: address }),
        effects: [holding(collateral, address, amount), position("collateral", address, -amount)],
      };
    },
    async borrow({ account: { address }, amount, at }) {
      const added = sharesUp(amount, (await marketAt(at)).borrow);
      return {
        request: lakh.lending.borrow({ ...act, assets: amount, to: address }),
        effects: [holding(loan, address, amount), position("borrowShares", address, added)],
      };
    },
    async repay({ account: { address }, amount, at }) {
      const { borrow } = await marketAt(at);
      const repaid = sharesDown(amount, borrow);
      return {
        request: lakh.lending.repay({ ...act, maxAssets: amount, to: address }),
        effects: [holding(loan, address, -assetsUp(repaid, borrow)), position("borrowShares", address, -repaid)],
      };
    },
    async liquidate({ account: { address }, borrower, price, at }) {
      const { borrow } = await marketAt(at);
      const input = assetsUp((await core.positionOf(id, borrower)).borrowShares / 2n, borrow);
      const repaid = sharesDown(input, borrow);
      const taken = seized(assetsDown(repaid, borrow), { lltv: LLTV, price });
      const amounts = { account: borrower, maxAssets: input, minSeized: taken };
      return {
        request: lakh.lending.liquidate({ ...act, ...amounts, to: address }),
        effects: [
          holding(loan, address, -assetsUp(repaid, borrow)),
          holding(collateral, address, taken),
          position("borrowShares", borrower, -repaid),
          position("collateral", borrower, -taken),
        ],
      };
    },
    async accrue({ at }) {
      const [now, then] = [await stored(), await marketAt(at)];
      return {
        request: lakh.lending.accrue({ market }),
        effects: [
          {
            label: "debt",
            read: async () => (await stored()).borrow.assets,
            change: then.borrow.assets - now.borrow.assets,
          },
        ],
      };
    },
  };
}
