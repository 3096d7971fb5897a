import { decodeWord, hasRules } from "../assets.js";
import { accrueMarket, type RatedMarket, type RateModel } from "../lending-accrual.js";
import { ADAPTIVE_CURVE, elapsedSince, marketFlags, NO_INTEREST, type MarketParams } from "../lending-market.js";
import { type LendingPosition } from "../lending-math.js";
import { type LedgerModel } from "./ledger.js";
import { demand } from "./state.js";

/** What the models of oracles and rate models answer. Prices throw a `ModelError` where the oracle reverts. */
export type LendingSources = {
  /** Whether an oracle stands at the address. */
  hasCode: (oracle: string) => boolean;
  /** Units of the loan asset for a unit of collateral · 1e36, by which liquidations are judged. */
  priceOf: (oracle: string) => bigint;
  /** As `priceOf`, by which new debt is judged. */
  borrowPriceOf: (oracle: string) => bigint;
  /** Undefined where the rate model fails. */
  rateOf: (irm: string, supplyAssets: bigint, borrowAssets: bigint) => bigint | undefined;
};

/** What is stored of a market beside its book, as of its last update. */
export type LendingTotals = {
  supplyShares: bigint;
  borrowAssets: bigint;
  borrowShares: bigint;
  /** Shares that the fee added and nobody has collected. */
  feeShares: bigint;
  rate: bigint;
  /** WAD. */
  fee: bigint;
};

/** Whose storage it is: the address of the core, its ledger, and what oracles and rate models answer. */
export type LendingStoreOptions = { address: string; ledger: LedgerModel; sources: LendingSources };

/** The storage of the lending core in the ledger model's state, and the interest that an update adds. */
export class LendingStore {
  readonly ledger: LedgerModel;
  readonly sources: LendingSources;
  /** The block's time, Unix seconds. */
  timestamp = 0n;
  readonly #address: string;
  /** By id, which is their hash: what a failed creation leaves here is still true. */
  readonly #params = new Map<string, MarketParams>();

  constructor({ address, ledger, sources }: LendingStoreOptions) {
    this.ledger = ledger;
    this.sources = sources;
    this.#address = address;
  }

  /* MARKETS */

  /** Stores a new market's terms and its first rate, WAD per second. */
  create(id: string, params: MarketParams, rate: bigint): void {
    this.#params.set(id, params);
    this.#set(id, "rate", rate);
  }

  /** The terms of a market; throws `LendingUnknownMarket`. */
  paramsOf(id: string): MarketParams {
    const params = this.#params.get(id);
    demand(params !== undefined, "LendingUnknownMarket", { id });
    return params;
  }

  /** Whether the collateral has RULES, and is pledged. */
  isPledged(id: string): boolean {
    return hasRules(this.paramsOf(id).collateralAsset);
  }

  /** What is stored of a market, as of its last update. */
  totalsOf(id: string): LendingTotals {
    return {
      supplyShares: this.#get(id, "supplyShares"),
      borrowAssets: this.#get(id, "borrowAssets"),
      borrowShares: this.#get(id, "borrowShares"),
      feeShares: this.#get(id, "feeShares"),
      rate: this.#get(id, "rate"),
      fee: this.#get(id, "fee"),
    };
  }

  /** Stores a market's fee, WAD of the interest. */
  setFee(id: string, fee: bigint): void {
    this.#set(id, "fee", fee);
    if (fee !== 0n) this.#set(id, "hadFee", 1n);
  }

  /** Flags of a book after an action of a supplier, or of both. */
  get supplyFlags(): bigint {
    return marketFlags({ time: this.timestamp, isDebtNewer: false });
  }

  /** Flags of a book after an action of a borrower: the word on the debt is the newer one, but where there is or was a fee. */
  debtFlags(id: string): bigint {
    return marketFlags({ time: this.timestamp, isDebtNewer: this.#get(id, "hadFee") === 0n });
  }

  /** The market with its interest up to date, from its book before the inputs; what the fee adds is stored. */
  open(id: string, holdings: bigint): RatedMarket {
    const { market, feeShares } = this.preview(id, holdings);
    this.#set(id, "feeShares", feeShares);
    return market;
  }

  /** As `open`, and nothing is stored. */
  preview(id: string, holdings: bigint): { market: RatedMarket; feeShares: bigint } {
    const { amount0: idle, flags: last } = decodeWord(holdings);
    demand(last !== 0n, "LendingUnknownMarket", { id });
    const { feeShares, fee, ...totals } = this.totalsOf(id);
    const stored = { idle, ...totals };
    const elapsed = elapsedSince(last, this.timestamp);
    if (elapsed === 0n) return { market: stored, feeShares };
    const accrued = accrueMarket(stored, { model: this.modelOf(id), fee, elapsed });
    return { market: accrued.market, feeShares: feeShares + accrued.feeShares };
  }

  /** Stores what an action left of the market, but for its book. */
  close(id: string, { supplyShares, borrowAssets, borrowShares, rate }: RatedMarket): void {
    this.#set(id, "supplyShares", supplyShares);
    this.#set(id, "borrowAssets", borrowAssets);
    this.#set(id, "borrowShares", borrowShares);
    this.#set(id, "rate", rate);
  }

  /** A market's rate model. */
  modelOf(id: string): RateModel {
    const { irm } = this.paramsOf(id);
    if (irm === NO_INTEREST) return { kind: "none" };
    if (irm === ADAPTIVE_CURVE) return { kind: "adaptive" };
    return { kind: "external", answer: (supplied, borrowed) => this.sources.rateOf(irm, supplied, borrowed) };
  }

  /** The fee's shares, which are no longer to be collected. */
  takeFeeShares(id: string): bigint {
    const shares = this.#get(id, "feeShares");
    this.#set(id, "feeShares", 0n);
    return shares;
  }

  /* POSITIONS */

  /** An account's debt shares and collateral, as stored. */
  positionOf(id: string, account: string): LendingPosition {
    return {
      borrowShares: this.#get(id, `borrowShares ${account}`),
      collateral: this.#get(id, `collateral ${account}`),
    };
  }

  /** Stores an account's debt shares and collateral. */
  setPosition(id: string, account: string, { borrowShares, collateral }: LendingPosition): void {
    this.#set(id, `borrowShares ${account}`, borrowShares);
    this.#set(id, `collateral ${account}`, collateral);
  }

  /** Pledged units of `account` that `liquidator` has liquidated and not been given. */
  seizableOf(id: string, account: string, liquidator: string): bigint {
    return this.#get(id, `seizable ${account} ${liquidator}`);
  }

  /** Stores what `seizableOf` answers. */
  setSeizable(id: string, account: string, liquidator: string, amount: bigint): void {
    this.#set(id, `seizable ${account} ${liquidator}`, amount);
  }

  #get(id: string, field: string): bigint {
    return this.ledger.state.get(`lending ${this.#address} ${id} ${field}`);
  }

  #set(id: string, field: string, value: bigint): void {
    this.ledger.state.set(`lending ${this.#address} ${id} ${field}`, value);
  }
}
