import { decodeWord, isIssued } from "../assets.js";
import {
  refusedTerms,
  hashStakePool,
  isPlain,
  stakeBook,
  STAKING_STEPS,
  type StakePool,
  type StreamIndex,
} from "../staking-pool.js";
import {
  type LedgerModel,
  type ModelAction,
  type ModelOutcome,
  type ModelPayouts,
  type ModelProtocol,
  type ModelSection,
} from "./ledger.js";
import { selectorOf, type StakingAction, type StakingActionOf } from "./staking-actions.js";
import { accruedOf, toStakeAssets } from "./staking-positions.js";
import { StakingReceiptsModel, type PledgeCall } from "./staking-receipts.js";
import { settleStakingClaims, settleStakingSection } from "./staking-sections.js";
import {
  hasSlasher,
  STAKING_SETTINGS,
  StakingStore,
  type StakePosition,
  type StakingPoolState,
} from "./staking-store.js";
import { StakingWalletModel, type Place } from "./staking-wallet.js";
import { STREAM_ACCRUED_BITS } from "./staking-stream.js";
import { demand, ModelError } from "./state.js";

/** What a staking core of the model is made of. */
export type StakingModelOptions = {
  address: string;
  ledger: LedgerModel;
  /** What a token says of its decimals: 0 where it does not answer, or absurdly. */
  decimalsOf: (token: bigint) => bigint;
  /** Whether an address is a listed core, besides this one. */
  isCore?: (account: string) => boolean;
};

const MIN_REWARD_DECIMALS = 6n;
const ISSUED_DECIMALS = 18n;
const STEP_SHIFT = 5n;

/**
 * The staking core in plain numbers, on a `LedgerModel`, rounding as the contract does. What the contract refuses throws a
 * `ModelError` of the same name and arguments.
 */
export class StakingModel implements ModelProtocol<StakingAction> {
  readonly address: string;
  readonly store: StakingStore;
  readonly #ledger: LedgerModel;
  readonly #wallet: StakingWalletModel;
  readonly #receipts: StakingReceiptsModel;
  readonly #decimalsOf: (token: bigint) => bigint;

  constructor({ address, ledger, decimalsOf, isCore = () => false }: StakingModelOptions) {
    this.address = address;
    this.#ledger = ledger;
    this.#decimalsOf = decimalsOf;
    this.store = new StakingStore({ address, ledger });
    this.#wallet = new StakingWalletModel(this.store);
    const isListed = (account: string): boolean => account === address || isCore(account);
    this.#receipts = new StakingReceiptsModel({ store: this.store, isCore: isListed });
    ledger.addProtocol(address, this);
  }

  /** The block's time, Unix seconds. */
  set timestamp(value: bigint) {
    this.store.timestamp = value;
  }

  /* LEDGER ENTRIES */

  /** What an action does with its pool; throws a `ModelError` where the core reverts. */
  onLedgerCall(action: ModelAction<StakingAction>): ModelOutcome {
    const { data, book } = action;
    checkInputs(action);
    if (data.name === "createPool") {
      this.#createPool(book, data.pool);
      return this.#pay({ id: book, stream: 0 });
    }
    const place = this.#placeOf(book);
    if (data.name === "claim") return this.#pay(place, { out1: this.#wallet.claim(action, data, place) });
    if (data.name === "fund") {
      this.#wallet.fund(action, data, place);
      return this.#pay(place);
    }
    if (data.name === "addRewards") {
      this.#wallet.addRewards(action, place);
      return this.#pay(place);
    }
    demand(place.stream === 0, "StakingUnknownAction", { selector: selectorOf(data.name) });
    return this.#pay(place, this.#act(action, data));
  }

  onLedgerBatch(section: ModelSection): ModelPayouts {
    const { shareId } = section;
    demand(shareId === 0n, "StakingUnwantedShare", { shareId });
    const { id, stream } = this.#placeOf(section.book);
    if (stream === 0) return settleStakingSection(this.store, section);
    return settleStakingClaims(this.store, { id, operations: section.operations });
  }

  /* DIRECT CALLS */

  /** Makes the pool's receipt a ledger asset; answers its id. */
  issueReceipt(pool: StakePool): bigint {
    return this.#ledger.state.attempt(() => this.#receipts.issue(this.idOf(pool)));
  }

  /** A pledgee takes shares of an account as a pledge; a refusal leaves nothing behind. */
  pledge(call: PledgeCall): void {
    this.#ledger.state.attempt(() => this.#receipts.pledge(call));
  }

  /** A pledgee gives pledged shares back; a refusal leaves nothing behind. */
  release(call: PledgeCall): void {
    this.#ledger.state.attempt(() => this.#receipts.release(call));
  }

  /** A pledgee gives pledged shares to somebody else; a refusal leaves nothing behind. */
  seize(call: PledgeCall & { to: string }): void {
    this.#ledger.state.attempt(() => this.#receipts.seize(call));
  }

  /* VIEWS */

  /** The id of a pool. */
  idOf(pool: StakePool): string {
    return hashStakePool({ staking: this.address, pool });
  }

  /** The ledger id of a pool's receipts. */
  receiptIdOf(pool: StakePool): bigint {
    return this.#receipts.idOf(this.idOf(pool));
  }

  /** The word of the book that holds a stream's rewards. */
  bookOf(pool: StakePool, stream: StreamIndex = 0): bigint {
    return this.#ledger.bookOf(stakeBook({ staking: this.address, pool, stream }));
  }

  /** What is stored of an account; zeros where there is nothing. */
  positionOf(pool: StakePool, account: string): StakePosition {
    return this.store.positionOf(this.idOf(pool), account);
  }

  /** The pool as the next action finds it, with what its shares are worth; without a slasher a share is a unit. Nothing is stored. */
  poolOf(terms: StakePool): StakingPoolState {
    const pool = this.store.open(this.idOf(terms));
    const { amount0: held } = decodeWord(this.bookOf(terms));
    const assets = held - this.store.queueOf(pool.id).totals().owed;
    return { ...pool, held, assets, shares: hasSlasher(pool) ? pool.shares : assets };
  }

  /** What the account could claim of a stream now. */
  claimableOf(terms: StakePool, account: string, stream: StreamIndex): bigint {
    const pool = this.store.open(this.idOf(terms));
    return accruedOf({ store: this.store, pool, account }, stream) >> STREAM_ACCRUED_BITS;
  }

  /** What `shares` are worth now, rounded down. */
  worthOf(terms: StakePool, shares: bigint): bigint {
    return toStakeAssets(this.poolOf(terms), shares);
  }

  /* POOLS */

  #createPool(book: string, pool: StakePool): void {
    const id = this.idOf(pool);
    demand(id === book, "StakingWrongPool", { expected: id, book });
    checkPlain(pool.stakeAsset);
    this.#checkReward(pool.reward0);
    demand(!this.store.exists(id), "StakingPoolExists", { id });
    const code = STAKING_STEPS.indexOf(pool.step);
    demand(code >= 0, "StakingInvalidStep", { step: pool.step });
    const bits = STAKING_SETTINGS;
    let settings = bits.exists | (BigInt(code) << STEP_SHIFT);
    if (pool.reward1 !== 0n) {
      this.#checkReward(pool.reward1);
      demand(pool.reward1 !== pool.reward0, "StakingSameReward", { asset: pool.reward1 });
      settings |= bits.second;
    }
    if (pool.cooldown !== 0n) settings |= bits.cooldown;
    if (pool.maxLock !== 0n) settings |= bits.locks;
    if (BigInt(pool.slasher) !== 0n) settings |= bits.slasher;
    const refused = refusedTerms(pool);
    if (refused !== undefined) throw new ModelError(refused.code, refused.values);
    this.store.create(id, pool, settings);
  }

  #checkReward(asset: bigint): void {
    checkPlain(asset);
    const decimals = isIssued(asset) ? ISSUED_DECIMALS : this.#decimalsOf(asset);
    const minimum = MIN_REWARD_DECIMALS;
    demand(decimals >= minimum, "StakingRewardDecimals", { asset, decimals, minimum });
  }

  /* INTERNALS */

  /** The actions on the pool's first book. */
  #act(
    action: ModelAction,
    data: Exclude<StakingAction, StakingActionOf<"createPool" | "claim" | "fund" | "addRewards">>,
  ): Partial<ModelOutcome> {
    switch (data.name) {
      case "stake":
        this.#wallet.stake(action, data);
        return {};
      case "unstake":
        return { out0: this.#wallet.unstake(action, data) };
      case "requestUnstake":
        this.#wallet.requestUnstake(action, data);
        return {};
      case "claimUnstaked":
        return { out0: this.#wallet.claimUnstaked(action, data) };
      case "finalise":
        this.#wallet.finalise(action, data);
        return {};
      case "lock":
        this.#wallet.lock(action, data);
        return {};
      case "kick":
        this.#wallet.kick(action, data);
        return {};
      case "slash":
        return { out0: this.#wallet.slash(action, data) };
      case "mintReceipts":
        return this.#receipts.mint(action, data);
      case "burnReceipts":
        return this.#receipts.burn(action, data);
      case "allowPledge":
        this.#receipts.allow(action, data);
        return {};
    }
  }

  /** The flags of a pool's first book are its settings; that of the second stream has none. */
  #pay({ id, stream }: Place, outcome: Partial<ModelOutcome> = {}): ModelOutcome {
    const flags = stream === 0 ? this.store.totalsOf(id).settings : 0n;
    return { flags, out0: 0n, out1: 0n, shareId: 0n, mint: 0n, burn: 0n, ...outcome };
  }

  #placeOf(book: string): Place {
    const place = this.store.placeOf(book);
    demand(place !== undefined, "StakingUnknownPool", { book });
    return place;
  }
}

function checkPlain(asset: bigint): void {
  demand(isPlain(asset), "StakingRestrictedAsset", { asset });
}

/** Staking takes stake, funding takes rewards, and nothing else takes anything. */
function checkInputs({ amount0, amount1, data }: ModelAction<StakingAction>): void {
  const isReward = data.name === "fund" || data.name === "addRewards";
  const isRight = (amount0 !== 0n) === (data.name === "stake") && (amount1 !== 0n) === isReward;
  demand(isRight, "StakingWrongInputs", { amount0, amount1 });
}
