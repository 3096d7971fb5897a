import { type RatedMarket } from "../lending-accrual.js";
import { maxDebtOf, toBorrowSharesDown, toSupplyAssetsDown, toSupplySharesDown } from "../lending-math.js";
import { LENDING_KINDS } from "../lending-market.js";
import { type ModelOperation, type ModelPayout, type ModelPayouts, type ModelSection } from "./ledger.js";
import {
  repayDebt,
  tryAddCollateral,
  tryBorrow,
  tryRemoveCollateral,
  trySupply,
  tryWithdraw,
} from "./lending-positions.js";
import { type LendingStore } from "./lending-store.js";
import { ModelError } from "./state.js";

/** What an operation did: the market afterwards, if it moved, and what is paid. */
type Done = { market?: RatedMarket; payout: ModelPayout };

const paid = (out0: bigint, out1 = 0n): ModelPayout => ({ out0, out1 });

/** A section on one market: operations one after the other, interest once, the oracle at most once. */
export class LendingSectionModel {
  readonly #store: LendingStore;
  readonly #id: string;
  #market: RatedMarket;
  /** What the oracle says; undefined where it fails. */
  #price: { value: bigint | undefined } | undefined;

  constructor(store: LendingStore, { book, holdings }: Pick<ModelSection, "book" | "holdings">) {
    this.#store = store;
    this.#id = book;
    this.#market = store.open(book, holdings);
  }

  settle({ operations, shareId }: Pick<ModelSection, "operations" | "shareId">): ModelPayouts {
    const payouts = operations.map((operation) => {
      const done = operation === undefined ? undefined : this.#run(operation, shareId !== 0n);
      this.#market = done?.market ?? this.#market;
      return done?.payout;
    });
    this.#store.close(this.#id, this.#market);
    return { flags: this.#store.supplyFlags, payouts };
  }

  #run(operation: ModelOperation, hasShares: boolean): Done | undefined {
    const isHeld = !this.#store.isPledged(this.#id);
    switch (operation.kind) {
      case LENDING_KINDS.supply:
        return hasShares ? this.#supply(operation) : undefined;
      case LENDING_KINDS.redeem:
        return this.#withdraw(operation);
      case LENDING_KINDS.repay:
        return this.#repay(operation);
      case LENDING_KINDS.borrow:
        return this.#borrow(operation);
      case LENDING_KINDS.addCollateral:
        return isHeld ? this.#addCollateral(operation) : undefined;
      case LENDING_KINDS.removeCollateral:
        return isHeld ? this.#removeCollateral(operation) : undefined;
      default:
        return undefined;
    }
  }

  #supply({ amount, limit }: ModelOperation): Done | undefined {
    const shares = toSupplySharesDown(this.#market, amount);
    const market = shares < limit ? undefined : trySupply(this.#market, amount, shares);
    return market === undefined ? undefined : { market, payout: { ...paid(0n), shares } };
  }

  #withdraw({ amount: shares, limit }: ModelOperation): Done | undefined {
    const assets = toSupplyAssetsDown(this.#market, shares);
    const market = assets < limit ? undefined : tryWithdraw(this.#market, assets, shares);
    return market === undefined ? undefined : { market, payout: paid(assets) };
  }

  #repay({ account, amount }: ModelOperation): Done | undefined {
    const maxShares = toBorrowSharesDown(this.#market, amount);
    const { market, shares, assets } = repayDebt(this.#store, this.#at(account), { market: this.#market, maxShares });
    return shares === 0n ? undefined : { market, payout: paid(amount - assets) };
  }

  #borrow({ account, limit: assets }: ModelOperation): Done | undefined {
    const maximum = this.#maximum(this.#store.positionOf(this.#id, account).collateral);
    if (maximum === undefined) return undefined;
    const market = tryBorrow(this.#store, this.#at(account), { market: this.#market, assets, maximum });
    return market === undefined ? undefined : { market, payout: paid(assets) };
  }

  #addCollateral({ account, amount }: ModelOperation): Done | undefined {
    return tryAddCollateral(this.#store, this.#at(account), amount) ? { payout: paid(0n) } : undefined;
  }

  #removeCollateral({ account, limit: amount }: ModelOperation): Done | undefined {
    const { collateral, borrowShares } = this.#store.positionOf(this.#id, account);
    if (amount > collateral) return undefined;
    const maximum = borrowShares === 0n ? 0n : this.#maximum(collateral - amount);
    if (maximum === undefined) return undefined;
    const isDone = tryRemoveCollateral(this.#store, this.#at(account), { market: this.#market, amount, maximum });
    return isDone ? { payout: paid(0n, amount) } : undefined;
  }

  #at(account: string): { id: string; account: string } {
    return { id: this.#id, account };
  }

  /** The most that a position with `collateral` may owe; undefined without a price. */
  #maximum(collateral: bigint): bigint | undefined {
    const { oracle, lltv } = this.#store.paramsOf(this.#id);
    this.#price ??= { value: tried(() => this.#store.sources.borrowPriceOf(oracle)) };
    const { value: price } = this.#price;
    return price === undefined ? undefined : maxDebtOf(collateral, { price, lltv });
  }
}

function tried(ask: () => bigint): bigint | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}
