import { ZeroAddress } from "ethers";
import {
  liquidatableShares,
  MAX_AMOUNT,
  MAX_DEBT,
  maxBorrowOf,
  maxDebtOf,
  maxWithdrawCollateralOf,
  ModelError,
  supplyShareIdOf,
  toBorrowAssetsUp,
  toSupplyAssetsDown,
  toSupplyAssetsUp,
  toSupplySharesUp,
  type LendingAction,
  type MarketParams,
  type LendingPosition,
} from "../../src/index.js";
import { type RatedMarket } from "../../src/lending-accrual.js";
import { WORLD_LLTVS, type LendingWorld } from "./lending-world.js";
import { type Random } from "./random.js";

/** A wallet's call in the making. */
export type Choice = { caller: string; params: MarketParams; action: LendingAction; amount0: bigint; amount1: bigint };

const MAX_UINT256 = (1n << 256n) - 1n;

/** Random actions of random users, mostly such as can be done, and often at a limit. */
export class LendingChoices {
  readonly #world: LendingWorld;
  readonly #random: Random;

  constructor(world: LendingWorld, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  /** What a new market would be; now and then what no market can be. */
  params(): MarketParams {
    const random = this.#random;
    const { ids, oracleOf, irms } = this.#world;
    const loanAsset = random.pick(ids);
    const collateralAsset = random.pick(ids.filter((id) => id !== loanAsset));
    const closeOutDebt = random.pick([MAX_DEBT, MAX_DEBT, 0n, random.magnitude(1n, MAX_DEBT)]);
    const oracle = oracleOf(loanAsset, collateralAsset);
    const params = { loanAsset, collateralAsset, oracle, irm: random.pick(irms), lltv: 0n, closeOutDebt };
    params.lltv = random.chance(70) ? 86n * 10n ** 16n : random.pick(WORLD_LLTVS);
    if (!random.chance(15)) return params;
    return random.pick([
      { ...params, collateralAsset: loanAsset },
      { ...params, loanAsset: (1n << 255n) | (1n << 251n) | 2n },
      { ...params, lltv: 77n * 10n ** 16n },
      { ...params, irm: oracle },
      { ...params, oracle: ZeroAddress },
      { ...params, closeOutDebt: MAX_DEBT + 1n },
    ]);
  }

  /** What brings a new market to life: loan assets, collateral and debt. */
  beginning(params: MarketParams): Choice[] {
    const { users } = this.#world;
    const base = { params, amount0: 0n, amount1: 0n };
    const [lender, ...borrowers] = users.toSorted(() => (this.#random.chance(50) ? 1 : -1));
    const supply = { ...base, caller: lender ?? "", action: { name: "supply", minShares: 0n } as const };
    const action = { name: "addCollateral", account: ZeroAddress } as const;
    const debt = { name: "borrow", assets: 0n, account: ZeroAddress } as const;
    const both = borrowers.flatMap((caller) => [
      { ...base, caller, action },
      { ...base, caller, action: debt },
    ]);
    return [supply, ...both];
  }

  /** A choice of `beginning` with amounts as things stand. */
  refreshed({ caller, params, action }: Choice): Choice {
    const base = { caller, params, amount0: 0n, amount1: 0n };
    if (action.name === "supply") {
      return { ...base, amount0: this.#balance(caller, params.loanAsset) / 5n, action };
    }
    if (action.name === "addCollateral") {
      return { ...base, amount1: this.#balance(caller, params.collateralAsset) / 30n, action };
    }
    const most = this.mostDebt(params, this.position(params, caller));
    const assets = this.#random.between(most / 2n, most);
    return { ...base, action: { name: "borrow", assets, account: ZeroAddress } };
  }

  /** A wallet's call on one of the markets. */
  choose(params: MarketParams): Choice {
    const random = this.#random;
    const roll = random.below(100n);
    const caller = random.pick(this.#world.users);
    const base = { caller, params, amount0: 0n, amount1: 0n };
    const isUrgent = random.chance(40) && this.#world.users.some((user) => this.isUnhealthy(params, user));
    const choice = isUrgent ? this.#liquidate(base) : this.#choose(base, Number(roll));
    // Inputs that are not wanted, or none where some are.
    if (random.chance(1)) return { ...choice, amount1: choice.amount1 === 0n ? 1n : 0n };
    return random.chance(1) ? { ...choice, amount0: choice.amount0 === 0n ? 1n : 0n } : choice;
  }

  #choose(base: Omit<Choice, "action">, roll: number): Choice {
    if (roll < 14) return this.#supply(base);
    if (roll < 18) return this.#supplyShares(base);
    if (roll < 25) return this.#withdraw(base);
    if (roll < 32) return this.#redeem(base);
    if (roll < 46) return this.#addCollateral(base);
    if (roll < 56) return this.#removeCollateral(base);
    if (roll < 72) return this.#borrow(base);
    if (roll < 79) return this.#repay(base);
    if (roll < 85) return this.#repayShares(base);
    if (roll < 88) return this.#liquidate(base);
    if (roll < 94) return { ...base, action: { name: "accrue" } };
    if (roll < 99) return this.#collectFee(base);
    return { ...base, action: { name: "pledgeCollateral", amount: this.#random.below(2n) } };
  }

  /* ACTIONS */

  #supply(base: Omit<Choice, "action">): Choice {
    const amount0 = this.amount(this.#balance(base.caller, base.params.loanAsset) / 4n);
    return {
      ...base,
      amount0,
      action: { name: "supply", minShares: this.#random.chance(90) ? 0n : amount0 * 10n ** 6n },
    };
  }

  #supplyShares(base: Omit<Choice, "action">): Choice {
    const random = this.#random;
    const most = this.#balance(base.caller, base.params.loanAsset) / 8n;
    const shares = random.chance(3) ? MAX_AMOUNT + 1n : random.magnitude(1n, most * 10n ** 6n + 1n);
    const cost = toSupplyAssetsUp(this.market(base.params), shares);
    const amount0 = random.chance(90) ? cost + random.below(3n) : cost - (cost === 0n ? 0n : 1n);
    return { ...base, amount0, action: { name: "supplyShares", shares } };
  }

  #withdraw(base: Omit<Choice, "action">): Choice {
    const market = this.market(base.params);
    const shares = this.#shares(base.caller, base.params);
    const worth = toSupplyAssetsDown(market, shares);
    const assets = this.#near(worth < market.idle ? worth : market.idle);
    const maximum = toSupplySharesUp(market, assets);
    const maxShares = this.#random.chance(80) ? MAX_UINT256 : maximum - (this.#random.chance(70) ? 0n : 1n);
    return { ...base, action: { name: "withdraw", assets, maxShares: maxShares < 0n ? 0n : maxShares } };
  }

  #redeem(base: Omit<Choice, "action">): Choice {
    const random = this.#random;
    const held = this.#shares(base.caller, base.params);
    const shares = random.chance(20) ? MAX_UINT256 : this.#near(held);
    const worth = toSupplyAssetsDown(this.market(base.params), shares === MAX_UINT256 ? held : shares);
    const minAssets = random.chance(80) ? 0n : worth + random.below(2n);
    return { ...base, action: { name: "redeem", shares, minAssets } };
  }

  #addCollateral(base: Omit<Choice, "action">): Choice {
    const amount1 = this.amount(this.#balance(base.caller, base.params.collateralAsset) / 4n);
    return { ...base, amount1, action: { name: "addCollateral", account: this.#account(base.caller) } };
  }

  #removeCollateral(base: Omit<Choice, "action">): Choice {
    const account = this.#account(base.caller);
    const position = this.position(base.params, account === ZeroAddress ? base.caller : account);
    const most = this.mostCollateral(base.params, position);
    const amount = this.#random.chance(10) ? MAX_UINT256 : this.#near(most);
    return { ...base, action: { name: "removeCollateral", amount, account } };
  }

  #borrow(base: Omit<Choice, "action">): Choice {
    const account = this.#account(base.caller);
    const position = this.position(base.params, account === ZeroAddress ? base.caller : account);
    const assets = this.#random.chance(2) ? MAX_DEBT : this.#near(this.mostDebt(base.params, position));
    return { ...base, action: { name: "borrow", assets, account } };
  }

  #repay(base: Omit<Choice, "action">): Choice {
    const account = this.#account(base.caller);
    const amount0 = this.#payment(base, account);
    return { ...base, amount0, action: { name: "repay", account } };
  }

  #repayShares(base: Omit<Choice, "action">): Choice {
    const random = this.#random;
    const account = this.#account(base.caller);
    const market = this.market(base.params);
    const { borrowShares: owed } = this.position(base.params, account === ZeroAddress ? base.caller : account);
    const shares = random.chance(30) ? MAX_UINT256 : this.#near(owed);
    const cost = toBorrowAssetsUp(market, shares < owed ? shares : owed);
    const amount0 = random.chance(90) ? cost + random.below(3n) : cost - (cost === 0n ? 0n : 1n);
    return { ...base, amount0, action: { name: "repayShares", shares, account } };
  }

  #liquidate(base: Omit<Choice, "action">): Choice {
    const random = this.#random;
    const unhealthy = this.#world.users.filter((user) => this.isUnhealthy(base.params, user));
    const account = unhealthy.length > 0 && random.chance(92) ? random.pick(unhealthy) : random.pick(this.#world.users);
    const amount0 = this.#payment(base, account);
    const minSeized = random.chance(92) ? 0n : random.magnitude(1n, 10n ** 18n);
    return { ...base, amount0, action: { name: "liquidate", account, minSeized } };
  }

  #collectFee(base: Omit<Choice, "action">): Choice {
    const { feeRecipient } = this.#world.model;
    const caller = this.#random.chance(80) && feeRecipient !== ZeroAddress ? feeRecipient : base.caller;
    return { ...base, caller, action: { name: "collectFee" } };
  }

  /* STATE */

  market(params: MarketParams): RatedMarket {
    return this.#world.model.marketOf(params);
  }

  position(params: MarketParams, account: string): LendingPosition {
    return this.#world.model.positionOf(params, account);
  }

  isUnhealthy(params: MarketParams, account: string): boolean {
    const { price } = this.#said(params);
    if (price === 0n) return false;
    return liquidatableShares(this.market(params), this.position(params, account), { ...params, price }) !== 0n;
  }

  /** By the model's own arithmetic; 0 without a price. */
  mostDebt(params: MarketParams, position: LendingPosition): bigint {
    const { borrowPrice: price } = this.#said(params);
    const terms = { price, lltv: params.lltv };
    const market = this.market(params);
    const most = maxDebtOf(position.collateral, terms);
    return most > 0n && toBorrowAssetsUp(market, position.borrowShares) <= most
      ? maxBorrowOf(market, position, terms)
      : 0n;
  }

  mostCollateral(params: MarketParams, position: LendingPosition): bigint {
    const { borrowPrice: price } = this.#said(params);
    return maxWithdrawCollateralOf(this.market(params), position, { price, lltv: params.lltv });
  }

  #said({ oracle }: MarketParams): { price: bigint; borrowPrice: bigint } {
    return this.#world.oracles.get(oracle) ?? { price: 0n, borrowPrice: 0n };
  }

  #balance(account: string, id: bigint): bigint {
    return this.#world.ledgerModel.balanceOf({ account, id });
  }

  #shares(account: string, params: MarketParams): bigint {
    const { model } = this.#world;
    return this.#balance(account, supplyShareIdOf({ lending: model.address, id: model.idOf(params) }));
  }

  /* NUMBERS */

  /** Mostly part of the debt or all of it; not more than the caller has, but for once in a while. */
  #payment({ caller, params }: Omit<Choice, "action">, account: string): bigint {
    const random = this.#random;
    const { borrowShares } = this.position(params, account === ZeroAddress ? caller : account);
    const debt = toBorrowAssetsUp(this.market(params), borrowShares);
    const wanted = random.chance(40) ? debt + random.below(3n) : random.magnitude(1n, 2n * debt + 1n);
    const held = this.#balance(caller, params.loanAsset);
    return wanted <= held || random.chance(3) ? wanted : held;
  }

  /** None stands for the caller; another's often, whoever that is. */
  #account(caller: string): string {
    const random = this.#random;
    if (random.chance(55)) return ZeroAddress;
    return random.chance(50) ? caller : random.pick(this.#world.users);
  }

  /** Around a limit: a part of it, itself, or a unit more. */
  #near(limit: bigint): bigint {
    const random = this.#random;
    const roll = random.below(100n);
    if (roll < 2n) return 0n;
    if (roll < 20n) return limit;
    if (roll < 30n) return limit + 1n;
    return random.chance(50) ? random.between(limit / 3n, limit) : random.magnitude(1n, limit + 1n);
  }

  /** Some of what is held, and rarely more. */
  amount(held: bigint): bigint {
    const random = this.#random;
    const roll = random.below(100n);
    if (roll < 1n) return 0n;
    if (roll < 2n) return MAX_AMOUNT + random.below(2n);
    if (roll < 4n) return held * 8n + 1n;
    return random.chance(60) ? random.between(held / 64n, held) : random.magnitude(1n, held + 1n);
  }
}

/** The answer, or undefined where there is a refusal. */
export function triedModel<T>(compute: () => T): T | undefined {
  try {
    return compute();
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}
