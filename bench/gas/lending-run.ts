import type { JsonRpcSigner } from "ethers";
import type { Lab, Measured, Sent } from "./lab.js";
import { LENDING_CASES, type LendingCaseName } from "./lending-cases.js";
import { measure, type Effect } from "./measure.js";
import { UNIT } from "./peer-kit.js";

/** Of the tokens in the lab: the one that is lent, and what secures it. */
export const LENDING_TOKENS = { loan: "c", collateral: "d" } as const satisfies Record<string, keyof Lab>;
/** Loan-to-value limit of every market, WAD. */
export const LLTV = (86n * UNIT) / 100n;
/** Loan units per unit of collateral, 1e36. */
export const PRICE = 10n ** 36n;

/** Half of what is lent is borrowed. */
const POOL = 1_000_000n * UNIT;
const COLLATERAL = 100_000n * UNIT;
const DEBT = 40_000n * UNIT;
const STEP = 10_000n * UNIT;
/** At which the debt is a little more than the collateral carries, but for no peer so much that all of it may go. */
const LOW_PRICE = (42n * PRICE) / 100n;
const HOUR = 3_600;

/** What an account asks for, and what it changes in a block of the time `at`. */
export type LendingAction = { request: Sent; effects: readonly Effect[] };
export type LendingOrder = { account: JsonRpcSigner; amount: bigint; at: bigint };

/** A lending market as the benchmark drives it; `before` is what another supplied earlier in the block. */
export type LendingProtocol = {
  name: string;
  /** Lets the account pay. */
  prepare: (account: JsonRpcSigner) => Promise<void>;
  setPrice: (price: bigint) => Promise<void>;
  supply: (order: LendingOrder & { before?: bigint }) => Promise<LendingAction>;
  withdraw: (order: LendingOrder) => Promise<LendingAction>;
  supplyCollateral: (order: LendingOrder) => Promise<LendingAction>;
  withdrawCollateral: (order: LendingOrder) => Promise<LendingAction>;
  borrow: (order: LendingOrder) => Promise<LendingAction>;
  repay: (order: LendingOrder) => Promise<LendingAction>;
  /** Half of what `borrower` owes. */
  liquidate: (order: Omit<LendingOrder, "amount"> & { borrower: string; price: bigint }) => Promise<LendingAction>;
  /** Where it is an operation of its own. */
  accrue?: (order: Omit<LendingOrder, "amount">) => Promise<LendingAction>;
};

export type LendingMeasurements = Partial<Record<LendingCaseName, Measured>>;

/** Measures every case on a market in use, an hour after the one before it. */
export async function runLending(
  lab: Lab,
  protocol: LendingProtocol,
  accounts: { lender: JsonRpcSigner; borrower: JsonRpcSigner },
): Promise<LendingMeasurements> {
  const { maker, user } = lab;
  const { lender, borrower } = accounts;
  const figures: LendingMeasurements = {};
  for (const account of [maker, user, lender, borrower]) await protocol.prepare(account);
  await protocol.setPrice(PRICE);

  type Make = (at: bigint) => Promise<LendingAction>;
  const send = async (from: JsonRpcSigner, make: Make): Promise<void> => {
    const { request } = await make(await lab.wait(HOUR));
    await lab.send(from, request);
  };
  /** Behind what the maker asks for, if that is given. */
  const take = async (name: LendingCaseName, from: JsonRpcSigner, make: Make, first?: Make): Promise<void> => {
    const at = await lab.wait(HOUR);
    const { request, effects } = await make(at);
    figures[name] = await measure(lab, {
      name: `${protocol.name}: ${LENDING_CASES[name].action}`,
      ...{ from, request, effects, state: LENDING_CASES[name].state },
      ...(first === undefined ? {} : { behind: (await first(at)).request }),
    });
  };

  await send(maker, (at) => protocol.supply({ account: maker, amount: POOL, at }));
  await send(user, (at) => protocol.supplyCollateral({ account: user, amount: POOL, at }));
  await send(user, (at) => protocol.borrow({ account: user, amount: POOL / 2n, at }));

  const supply: Make = (at) => protocol.supply({ account: lender, amount: STEP, at });
  await take("supplyNew", lender, supply);
  await take("supply", lender, supply);
  const first: Make = (at) => protocol.supply({ account: maker, amount: STEP, at });
  const second: Make = (at) => protocol.supply({ account: lender, amount: STEP, at, before: STEP });
  await take("supplyAgain", lender, second, first);
  await take("withdraw", lender, (at) => protocol.withdraw({ account: lender, amount: STEP, at }));

  const secure: Make = (at) => protocol.supplyCollateral({ account: borrower, amount: COLLATERAL, at });
  await take("supplyCollateralNew", borrower, secure);
  await take("supplyCollateral", borrower, secure);
  const borrow: Make = (at) => protocol.borrow({ account: borrower, amount: DEBT, at });
  await take("borrowNew", borrower, borrow);
  await take("borrow", borrower, borrow);
  await take("repay", borrower, (at) => protocol.repay({ account: borrower, amount: STEP, at }));
  const release: Make = (at) => protocol.withdrawCollateral({ account: borrower, amount: STEP, at });
  await take("withdrawCollateral", borrower, release);

  const { accrue } = protocol;
  if (accrue !== undefined) await take("accrue", user, (at) => accrue({ account: user, at }));

  await protocol.setPrice(LOW_PRICE);
  const seize: Make = (at) => protocol.liquidate({ account: lender, borrower: borrower.address, price: LOW_PRICE, at });
  await take("liquidate", lender, seize);

  // What a borrower leaves behind may cost a lender more than what a lender does.
  const lower: Make = (at) => protocol.repay({ account: user, amount: STEP, at });
  await send(user, lower);
  await take("supplyAfterDebt", lender, supply);
  await send(user, lower);
  await take("withdrawAfterDebt", lender, (at) => protocol.withdraw({ account: lender, amount: STEP, at }));
  return figures;
}
