import type { Contract } from "ethers";
import { deployAave } from "./aave.js";
import { encode, type Lab, type Sent } from "./lab.js";
import { LENDING_TOKENS, PRICE, type LendingAction, type LendingOrder, type LendingProtocol } from "./lending-run.js";
import type { Effect } from "./measure.js";
import { approveAll, walletEffect } from "./peer-kit.js";

const RAY = 10n ** 27n;
const BPS = 10_000n;
/** In basis points; the threshold is the limit of the other markets. */
const TERMS = { ltv: 8_500n, threshold: 8_600n, bonus: 10_500n };
const VARIABLE = 2n;
/** Of prices in dollars. */
const DOLLAR = 10n ** 8n;

type Index = "liquidityIndex" | "variableBorrowIndex";

/** Aave v3, as the lending benchmark drives it. */
export async function openAaveBench(lab: Lab): Promise<LendingProtocol> {
  const [loan, collateral] = [lab[LENDING_TOKENS.loan], lab[LENDING_TOKENS.collateral]];
  const [loanAsset, collateralAsset] = [await loan.getAddress(), await collateral.getAddress()];
  const aave = await deployAave({ owner: lab.maker, deploy: lab.deploy }, [
    { asset: loanAsset, ...TERMS },
    { asset: collateralAsset, ...TERMS },
  ]);
  const poolAddress = await aave.pool.getAddress();
  const [lent, held] = [await aave.aTokenOf(loanAsset), await aave.aTokenOf(collateralAsset)];
  const debt = await aave.debtTokenOf(loanAsset);

  const call = (name: string, ...args: unknown[]): Sent => ({ to: poolAddress, data: encode(aave.pool, name, args) });
  /** Balances are kept divided by an index, which the transaction moves: each rounds in the pool's favour. */
  const scaled = (
    token: Contract,
    account: string,
    { asset, index, amount, round }: { asset: string; index: Index; amount: bigint; round: "up" | "down" },
  ): Effect => ({
    label: "scaled balance",
    read: () => token.getFunction("scaledBalanceOf")(account) as Promise<bigint>,
    change: async () => {
      const reserve = (await aave.pool.getFunction("getReserveData")(asset)) as Record<Index, bigint>;
      const size = (amount < 0n ? -amount : amount) * RAY;
      const shares = (size + (round === "up" ? reserve[index] - 1n : 0n)) / reserve[index];
      return amount < 0n ? -shares : shares;
    },
  });
  const ofLent = (account: string, amount: bigint, round: "up" | "down"): Effect =>
    scaled(lent, account, { asset: loanAsset, index: "liquidityIndex", amount, round });
  const ofHeld = (account: string, amount: bigint, round: "up" | "down"): Effect =>
    scaled(held, account, { asset: collateralAsset, index: "liquidityIndex", amount, round });
  const ofDebt = (account: string, amount: bigint, round: "up" | "down"): Effect =>
    scaled(debt, account, { asset: loanAsset, index: "variableBorrowIndex", amount, round });

  const enter =
    (kind: "loan" | "collateral") =>
    async ({ account: { address }, amount }: LendingOrder): Promise<LendingAction> => {
      const [token, asset, share] = kind === "loan" ? [loan, loanAsset, ofLent] : [collateral, collateralAsset, ofHeld];
      return {
        request: call("supply", asset, amount, address, 0n),
        effects: [walletEffect(token, address, -amount), share(address, amount, "down")],
      };
    };
  const leave =
    (kind: "loan" | "collateral") =>
    async ({ account: { address }, amount }: LendingOrder): Promise<LendingAction> => {
      const [token, asset, share] = kind === "loan" ? [loan, loanAsset, ofLent] : [collateral, collateralAsset, ofHeld];
      return {
        request: call("withdraw", asset, amount, address),
        effects: [walletEffect(token, address, amount), share(address, -amount, "up")],
      };
    };

  return {
    name: "Aave v3",
    prepare: (account) => approveAll(account, [loan, collateral], [poolAddress]),
    setPrice: (price) => aave.setPrice(collateralAsset, (price * DOLLAR) / PRICE),
    supply: enter("loan"),
    withdraw: leave("loan"),
    supplyCollateral: enter("collateral"),
    withdrawCollateral: leave("collateral"),
    async borrow({ account: { address }, amount }) {
      return {
        request: call("borrow", loanAsset, amount, VARIABLE, 0n, address),
        effects: [walletEffect(loan, address, amount), ofDebt(address, amount, "up")],
      };
    },
    async repay({ account: { address }, amount }) {
      return {
        request: call("repay", loanAsset, amount, VARIABLE, address),
        effects: [walletEffect(loan, address, -amount), ofDebt(address, -amount, "down")],
      };
    },
    async liquidate({ account: { address }, borrower, price }) {
      const repaid = ((await debt.getFunction("balanceOf")(borrower)) as bigint) / 2n;
      const taken = (((repaid * PRICE) / price) * TERMS.bonus) / BPS;
      return {
        request: call("liquidationCall", collateralAsset, loanAsset, borrower, repaid, false),
        effects: [
          walletEffect(loan, address, -repaid),
          walletEffect(collateral, address, taken),
          ofDebt(borrower, -repaid, "down"),
          ofHeld(borrower, -taken, "up"),
        ],
      };
    },
  };
}
