import { ZeroAddress } from "ethers";
import { decodeWord, hasRules, MAX_AMOUNT } from "../assets.js";
import { INITIAL_CURVE_RATE } from "../adaptive-curve.js";
import { type RatedMarket } from "../lending-accrual.js";
import { ADAPTIVE_CURVE, marketKey, hashMarket, supplyShareIdOf, type MarketParams } from "../lending-market.js";
import {
  borrowed,
  LENDING_FEE_STEP,
  liquidatePosition,
  LLTV_STEP,
  MAX_DEBT,
  MAX_LENDING_FEE,
  MAX_SHARES,
  maxDebtOf,
  toBorrowAssetsUp,
  toBorrowSharesDown,
  toBorrowSharesUp,
  toSupplyAssetsDown,
  toSupplyAssetsUp,
  toSupplySharesDown,
  toSupplySharesUp,
  type LendingPosition,
} from "../lending-math.js";
import { WAD } from "../lending-units.js";
import {
  type LedgerModel,
  type ModelAction,
  type ModelOutcome,
  type ModelPayouts,
  type ModelProtocol,
  type ModelSection,
} from "./ledger.js";
import { type LendingAction, type LendingActionOf } from "./lending-actions.js";
import {
  repayDebt,
  tryAddCollateral,
  tryBorrow,
  tryRemoveCollateral,
  trySupply,
  tryWithdraw,
} from "./lending-positions.js";
import { LendingSectionModel } from "./lending-sections.js";
import { LendingStore, type LendingSources } from "./lending-store.js";
import { demand, ModelError } from "./state.js";

/** What the issuer of an asset with RULES does for a pledge; what he refuses throws a `ModelError`. */
export type ModelPledge = {
  /** Takes units of the account as a pledge. */
  pledge: (account: string, amount: bigint) => void;
  /** Gives pledged units back. */
  release: (account: string, amount: bigint) => void;
  /** Gives pledged units to a liquidator. */
  seize: (account: string, amount: bigint, liquidator: string) => void;
};

/** What a lending core of the model is made of. */
export type LendingModelOptions = {
  address: string;
  ledger: LedgerModel;
  sources: LendingSources;
  /** The issuer of an asset with RULES; undefined, as unless given, where there is none. */
  pledgeOf?: (asset: bigint) => ModelPledge | undefined;
};

const MAX_UINT256 = (1n << 256n) - 1n;

/**
 * The lending core in plain numbers, on a `LedgerModel`, rounding as the contract does. What the contract refuses throws a
 * `ModelError` of the same name and arguments. Whoever calls the setters is taken to have the authority.
 */
export class LendingModel implements ModelProtocol<LendingAction> {
  readonly address: string;
  readonly store: LendingStore;
  feeRecipient = ZeroAddress;
  readonly #ledger: LedgerModel;
  readonly #pledgeOf: (asset: bigint) => ModelPledge | undefined;
  readonly #lltvs = new Set<bigint>();
  readonly #irms = new Set<string>();

  constructor({ address, ledger, sources, pledgeOf = () => undefined }: LendingModelOptions) {
    this.address = address;
    this.#ledger = ledger;
    this.#pledgeOf = pledgeOf;
    this.store = new LendingStore({ address, ledger, sources });
    ledger.addProtocol(address, this);
  }

  /** The block's time, Unix seconds. */
  set timestamp(value: bigint) {
    this.store.timestamp = value;
  }

  /* LEDGER ENTRIES */

  /** What an action does with its market; throws a `ModelError` where the core reverts. */
  onLedgerCall(action: ModelAction<LendingAction>): ModelOutcome {
    const { data } = action;
    switch (data.name) {
      case "createMarket":
        return this.#createMarket(action, data);
      case "supply":
        return this.#supply(action, data);
      case "supplyShares":
        return this.#supplyShares(action, data);
      case "withdraw":
        return this.#withdraw(action, data);
      case "redeem":
        return this.#redeem(action, data);
      case "addCollateral":
        return this.#addCollateral(action, data);
      case "pledgeCollateral":
        return this.#pledgeCollateral(action, data);
      case "removeCollateral":
        return this.#removeCollateral(action, data);
      case "borrow":
        return this.#borrow(action, data);
      case "repay":
        return this.#repay(action, data);
      case "repayShares":
        return this.#repay(action, data);
      case "liquidate":
        return this.#liquidate(action, data);
      case "accrue":
        checkInputs(action, false, false);
        this.#accrue(action);
        return this.#updated(action);
      case "collectFee":
        return this.#collectFee(action);
    }
  }

  onLedgerBatch(section: ModelSection): ModelPayouts {
    const expected = supplyShareIdOf({ lending: this.address, id: section.book });
    demand(section.shareId === 0n || section.shareId === expected, "LendingWrongShare", {
      expected,
      shareId: section.shareId,
    });
    return new LendingSectionModel(this.store, section).settle(section);
  }

  /* AUTHORITY */

  /** Lets markets be created with this liquidation loan-to-value, WAD. */
  enableLltv(lltv: bigint): void {
    demand(lltv < WAD && lltv % LLTV_STEP === 0n, "LendingInvalidLltv", { lltv });
    this.#lltvs.add(lltv);
  }

  /** Lets markets be created with this rate model. */
  enableRateModel(irm: string): void {
    this.#irms.add(irm);
  }

  /** What accrued so far is at the old fee. */
  setFee(params: MarketParams, fee: bigint): void {
    const isValid = fee <= MAX_LENDING_FEE && fee % LENDING_FEE_STEP === 0n;
    demand(isValid, "LendingInvalidFee", { fee, maximum: MAX_LENDING_FEE });
    const { loanAsset: asset0, collateralAsset: asset1 } = params;
    const key = marketKey(params);
    this.#ledger.call<LendingAction>(this.address, {
      ...{ protocol: this.address, asset0, asset1, key, source: "ledger", destination: "ledger" },
      ...{ amount0: 0n, amount1: 0n, to: this.address, data: { name: "accrue" } },
    });
    this.store.setFee(this.idOf(params), fee);
  }

  /* VIEWS */

  /** The id of a market. */
  idOf(market: MarketParams): string {
    return hashMarket({ lending: this.address, market });
  }

  /** The ledger id of a market's supply shares. */
  shareIdOf(market: MarketParams): bigint {
    return supplyShareIdOf({ lending: this.address, id: this.idOf(market) });
  }

  /** The market's book. */
  bookOf(params: MarketParams): bigint {
    const { loanAsset: asset0, collateralAsset: asset1 } = params;
    return this.#ledger.bookOf({ protocol: this.address, key: marketKey(params), asset0, asset1 });
  }

  /** The market as the next action finds it, with its interest up to date. */
  marketOf(params: MarketParams): RatedMarket {
    return this.store.preview(this.idOf(params), this.bookOf(params)).market;
  }

  /** An account's debt shares and collateral, as of its last action. */
  positionOf(params: MarketParams, account: string): LendingPosition {
    return this.store.positionOf(this.idOf(params), account);
  }

  /* PLEDGES */

  /** Has the issuer move what the liquidator has liquidated. */
  seize(params: MarketParams, account: string, liquidator: string): void {
    this.#ledger.state.attempt(() => {
      const id = this.idOf(params);
      const amount = this.store.seizableOf(id, account, liquidator);
      demand(amount !== 0n, "LendingZeroAmount");
      this.store.setSeizable(id, account, liquidator, 0n);
      this.#pledge(params.collateralAsset).seize(account, amount, liquidator);
    });
  }

  /* SUPPLIERS */

  #createMarket(action: ModelAction, { market }: LendingActionOf<"createMarket">): ModelOutcome {
    checkInputs(action, false, false);
    const { book: id } = action;
    const expected = this.idOf(market);
    const { loanAsset, collateralAsset, lltv, irm, oracle, closeOutDebt } = market;
    demand(expected === id, "LendingWrongMarket", { expected, id });
    demand(decodeWord(action.holdings).flags === 0n, "LendingMarketExists", { id });
    demand(loanAsset !== collateralAsset, "LendingSameAsset", { asset: loanAsset });
    demand(!hasRules(loanAsset), "LendingRestrictedAsset", { asset: loanAsset });
    demand(this.#lltvs.has(lltv), "LendingLltvNotEnabled", { lltv });
    demand(this.#irms.has(irm), "LendingRateModelNotEnabled", { irm });
    demand(this.store.sources.hasCode(oracle), "LendingNoCode", { account: oracle });
    demand(closeOutDebt <= MAX_DEBT, "LendingAmountTooLarge", { amount: closeOutDebt, maximum: MAX_DEBT });
    this.store.create(id, market, irm === ADAPTIVE_CURVE ? INITIAL_CURVE_RATE : 0n);
    return this.#pay(0n, 0n);
  }

  #supply(action: ModelAction, { minShares: minimum }: LendingActionOf<"supply">): ModelOutcome {
    checkInputs(action, true, false);
    const market = this.#open(action);
    const shares = toSupplySharesDown(market, action.amount0);
    demand(shares >= minimum, "LendingBelowMinimumShares", { shares, minimum });
    this.#lend(action, { market, assets: action.amount0, shares });
    return this.#issue(action, this.#pay(0n, 0n), { mint: shares });
  }

  #supplyShares(action: ModelAction, { shares }: LendingActionOf<"supplyShares">): ModelOutcome {
    checkInputs(action, true, false);
    const market = this.#open(action);
    demand(shares <= MAX_SHARES, "LendingAmountTooLarge", { amount: shares, maximum: MAX_SHARES });
    const assets = toSupplyAssetsUp(market, shares);
    const { amount0: input } = action;
    demand(assets <= input, "LendingInsufficientInput", { input, needed: assets });
    this.#lend(action, { market, assets, shares });
    return this.#issue(action, this.#pay(input - assets, 0n), { mint: shares });
  }

  #lend(
    { book }: ModelAction,
    { market, assets, shares }: { market: RatedMarket; assets: bigint; shares: bigint },
  ): void {
    const after = trySupply(market, assets, shares);
    if (after !== undefined) {
      this.store.close(book, after);
      return;
    }
    demand(shares !== 0n, "LendingZeroAmount");
    throw new ModelError("LendingAmountTooLarge", { amount: shares, maximum: MAX_SHARES - market.supplyShares });
  }

  #withdraw(action: ModelAction, { assets, maxShares: maximum }: LendingActionOf<"withdraw">): ModelOutcome {
    checkInputs(action, false, false);
    const market = this.#open(action);
    const available = market.idle;
    demand(assets <= available, "LendingInsufficientLiquidity", { wanted: assets, available });
    const shares = toSupplySharesUp(market, assets);
    demand(shares <= maximum, "LendingAboveMaximumShares", { shares, maximum });
    return this.#payOut(action, { market, assets, shares });
  }

  #redeem(action: ModelAction, data: LendingActionOf<"redeem">): ModelOutcome {
    checkInputs(action, false, false);
    const market = this.#open(action);
    const id = supplyShareIdOf({ lending: this.address, id: action.book });
    const isAll = data.shares === MAX_UINT256;
    const shares = isAll ? this.#ledger.balanceOf({ account: action.actor, id }) : data.shares;
    const available = market.supplyShares;
    demand(shares <= available, "LendingInsufficientShares", { shares, available });
    const assets = toSupplyAssetsDown(market, shares);
    demand(assets >= data.minAssets, "LendingBelowMinimumOut", { amount: assets, minimum: data.minAssets });
    return this.#payOut(action, { market, assets, shares });
  }

  #payOut(
    action: ModelAction,
    { market, assets, shares }: { market: RatedMarket; assets: bigint; shares: bigint },
  ): ModelOutcome {
    const after = tryWithdraw(market, assets, shares);
    if (after === undefined) {
      demand(assets !== 0n, "LendingZeroAmount");
      demand(assets <= market.idle, "LendingInsufficientLiquidity", { wanted: assets, available: market.idle });
      throw new ModelError("LendingInsufficientShares", { shares, available: market.supplyShares });
    }
    this.store.close(action.book, after);
    return this.#issue(action, this.#pay(assets, 0n), { burn: shares });
  }

  /* COLLATERAL */

  #addCollateral(action: ModelAction, { account }: LendingActionOf<"addCollateral">): ModelOutcome {
    checkInputs(action, false, true);
    const { collateralAsset, isPledged } = this.#known(action);
    demand(!isPledged, "LendingWrongCollateral", { collateralAsset });
    this.#deposit(action, account === ZeroAddress ? action.actor : account, action.amount1);
    return this.#stay(action, 0n);
  }

  #pledgeCollateral(action: ModelAction, { amount }: LendingActionOf<"pledgeCollateral">): ModelOutcome {
    checkInputs(action, false, false);
    const { collateralAsset, isPledged } = this.#known(action);
    demand(isPledged, "LendingWrongCollateral", { collateralAsset });
    this.#deposit(action, action.actor, amount);
    this.#pledge(collateralAsset).pledge(action.actor, amount);
    return this.#stay(action, 0n);
  }

  #deposit({ book: id }: ModelAction, account: string, amount: bigint): void {
    if (tryAddCollateral(this.store, { id, account }, amount)) return;
    demand(amount !== 0n, "LendingZeroAmount");
    const maximum = MAX_AMOUNT - this.store.positionOf(id, account).collateral;
    throw new ModelError("LendingAmountTooLarge", { amount, maximum });
  }

  #removeCollateral(action: ModelAction, data: LendingActionOf<"removeCollateral">): ModelOutcome {
    checkInputs(action, false, false);
    const account = this.#accountFor(action.actor, data.account);
    const { book: id } = action;
    const { collateralAsset, isPledged } = this.#known(action);
    const { collateral, borrowShares } = this.store.positionOf(id, account);
    const amount = data.amount === MAX_UINT256 ? collateral : data.amount;
    demand(amount <= collateral, "LendingInsufficientCollateral", { wanted: amount, available: collateral });
    // Interest is looked at and not stored: the time of the last update stays.
    const market = borrowShares === 0n ? undefined : this.store.preview(id, action.holdings).market;
    const maximum = market === undefined ? 0n : this.#maxDebt(id, collateral - amount);
    if (!tryRemoveCollateral(this.store, { id, account }, { market, amount, maximum })) {
      demand(amount !== 0n, "LendingZeroAmount");
      const debt = market === undefined ? 0n : toBorrowAssetsUp(market, borrowShares);
      throw new ModelError("LendingUnhealthy", { debt, maximum });
    }
    if (isPledged) this.#pledge(collateralAsset).release(account, amount);
    return this.#stay(action, isPledged ? 0n : amount);
  }

  /* DEBT */

  #borrow(action: ModelAction, { assets, account: named }: LendingActionOf<"borrow">): ModelOutcome {
    checkInputs(action, false, false);
    const account = this.#accountFor(action.actor, named);
    const { book: id } = action;
    const market = this.#open(action);
    const position = this.store.positionOf(id, account);
    const maximum = this.#maxDebt(id, position.collateral);
    const after = tryBorrow(this.store, { id, account }, { market, assets, maximum });
    if (after === undefined) refuseBorrow(market, { assets, owed: position.borrowShares, maximum });
    this.store.close(id, after);
    return this.#payDebt(id, assets, 0n);
  }

  #repay(action: ModelAction, data: LendingActionOf<"repay"> | LendingActionOf<"repayShares">): ModelOutcome {
    const { amount0: input, amount1, book: id } = action;
    if (data.name === "repay") checkInputs(action, true, false);
    else demand(amount1 === 0n, "LendingWrongInputs", { amount0: input, amount1 });
    const market = this.#open(action);
    const maxShares = data.name === "repay" ? toBorrowSharesDown(market, input) : data.shares;
    const account = data.account === ZeroAddress ? action.actor : data.account;
    const { market: after, shares, assets } = repayDebt(this.store, { id, account }, { market, maxShares });
    demand(shares !== 0n, "LendingZeroAmount");
    demand(assets <= input, "LendingInsufficientInput", { input, needed: assets });
    this.store.close(id, after);
    return this.#payDebt(id, input - assets, 0n);
  }

  #liquidate(action: ModelAction, { account, minSeized: minimum }: LendingActionOf<"liquidate">): ModelOutcome {
    checkInputs(action, true, false);
    const { actor, book: id, amount0: input } = action;
    const market = this.#open(action);
    const { oracle, lltv, closeOutDebt } = this.store.paramsOf(id);
    const price = this.store.sources.priceOf(oracle);
    demand(price !== 0n, "LendingZeroPrice", { oracle });
    const terms = { price, lltv, closeOutDebt };
    const position = this.store.positionOf(id, account);
    const { market: after, liquidation, badShares } = liquidatePosition(market, position, { ...terms, input });
    const { repaidShares, repaidAssets, seized } = liquidation;
    if (repaidShares === 0n) {
      const debt = toBorrowAssetsUp(market, position.borrowShares);
      const maximum = maxDebtOf(position.collateral, terms);
      demand(debt > maximum, "LendingHealthy", { debt, maximum });
      throw new ModelError("LendingZeroAmount");
    }
    demand(seized >= minimum, "LendingBelowMinimumOut", { amount: seized, minimum });
    this.store.setPosition(id, account, {
      borrowShares: position.borrowShares - repaidShares - badShares,
      collateral: position.collateral - seized,
    });
    this.store.close(id, after);
    if (!this.store.isPledged(id)) return this.#payDebt(id, input - repaidAssets, seized);
    this.store.setSeizable(id, account, actor, this.store.seizableOf(id, account, actor) + seized);
    return this.#payDebt(id, input - repaidAssets, 0n);
  }

  #collectFee(action: ModelAction): ModelOutcome {
    checkInputs(action, false, false);
    const { actor } = action;
    const recipient = this.feeRecipient;
    demand(actor === recipient, "LendingNotFeeRecipient", { actor, recipient });
    this.#accrue(action);
    return this.#issue(action, this.#pay(0n, 0n), { mint: this.store.takeFeeShares(action.book) });
  }

  /* INTERNALS */

  #open({ book, holdings }: ModelAction): RatedMarket {
    return this.store.open(book, holdings);
  }

  #accrue(action: ModelAction): void {
    this.store.close(action.book, this.#open(action));
  }

  /** What is known of the market, which exists. */
  #known(action: ModelAction): { collateralAsset: bigint; isPledged: boolean } {
    const { book: id } = action;
    demand(decodeWord(action.holdings).flags !== 0n, "LendingUnknownMarket", { id });
    return { collateralAsset: this.store.paramsOf(id).collateralAsset, isPledged: this.store.isPledged(id) };
  }

  #maxDebt(id: string, collateral: bigint): bigint {
    const { oracle, lltv } = this.store.paramsOf(id);
    return maxDebtOf(collateral, { price: this.store.sources.borrowPriceOf(oracle), lltv });
  }

  /** Whose position the actor means, and may make worse. */
  #accountFor(actor: string, account: string): string {
    if (account === ZeroAddress || account === actor) return actor;
    const isOperator = this.#ledger.isOperator({ owner: account, spender: actor });
    demand(isOperator, "LendingNotOperator", { caller: actor, account });
    return account;
  }

  /** Without an issuer nobody answers. */
  #pledge(asset: bigint): ModelPledge {
    const pledge = this.#pledgeOf(asset);
    if (pledge === undefined) throw new ModelError("Empty");
    return pledge;
  }

  /** What leaves the book after a supplier's action. */
  #pay(out0: bigint, out1: bigint): ModelOutcome {
    return { flags: this.store.supplyFlags, out0, out1, shareId: 0n, mint: 0n, burn: 0n };
  }

  /** What leaves the book after a borrower's action. */
  #payDebt(id: string, out0: bigint, out1: bigint): ModelOutcome {
    return { ...this.#pay(out0, out1), flags: this.store.debtFlags(id) };
  }

  /** Nothing leaves the book: the word that was newer is, but after the core's own call. */
  #updated({ actor, book, holdings }: ModelAction): ModelOutcome {
    const isDebtNewer = (decodeWord(holdings).flags & 1n) !== 0n && actor !== this.address;
    return isDebtNewer ? this.#payDebt(book, 0n, 0n) : this.#pay(0n, 0n);
  }

  /** What leaves the book of the collateral, at the time of the last update. */
  #stay(action: ModelAction, out1: bigint): ModelOutcome {
    return { ...this.#pay(0n, out1), flags: decodeWord(action.holdings).flags };
  }

  #issue(
    { book }: ModelAction,
    paid: ModelOutcome,
    { mint = 0n, burn = 0n }: { mint?: bigint; burn?: bigint },
  ): ModelOutcome {
    const isNothing = mint === 0n && burn === 0n;
    return { ...paid, shareId: isNothing ? 0n : supplyShareIdOf({ lending: this.address, id: book }), mint, burn };
  }
}

function refuseBorrow(
  market: RatedMarket,
  { assets, owed, maximum }: { assets: bigint; owed: bigint; maximum: bigint },
): never {
  demand(assets !== 0n, "LendingZeroAmount");
  demand(assets <= market.idle, "LendingInsufficientLiquidity", { wanted: assets, available: market.idle });
  const room = MAX_DEBT - market.borrowAssets;
  demand(assets <= room, "LendingAmountTooLarge", { amount: assets, maximum: room });
  const shares = toBorrowSharesUp(market, assets);
  const shareRoom = MAX_SHARES - market.borrowShares;
  demand(shares <= shareRoom, "LendingAmountTooLarge", { amount: shares, maximum: shareRoom });
  const debt = toBorrowAssetsUp(borrowed(market, assets, shares), owed + shares);
  throw new ModelError("LendingUnhealthy", { debt, maximum });
}

/** Whether just the wanted inputs came. */
function checkInputs({ amount0, amount1 }: ModelAction, isLoan: boolean, isCollateral: boolean): void {
  const isRight = (amount0 !== 0n) === isLoan && (amount1 !== 0n) === isCollateral;
  demand(isRight, "LendingWrongInputs", { amount0, amount1 });
}
