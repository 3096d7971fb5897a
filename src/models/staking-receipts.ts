import { ZeroAddress } from "ethers";
import { ILedgerProtocol__factory } from "../../typechain-types/factories/interfaces/ILedgerProtocol__factory.js";
import { IStakingCore__factory } from "../../typechain-types/factories/interfaces/IStakingCore__factory.js";
import { hashStakePool, stakeReceiptId, type StakePool } from "../staking-pool.js";
import { type ModelAction, type ModelIssuer, type ModelOutcome } from "./ledger.js";
import { type StakingActionOf } from "./staking-actions.js";
import { enterPosition } from "./staking-positions.js";
import { hasLocks, type StakingStore } from "./staking-store.js";
import { demand } from "./state.js";

const MAX_UINT96 = (1n << 96n) - 1n;
/** The functions that refuse a pool with locks: a pledge is allowed within the ledger's call. */
const ISSUE_SELECTOR = IStakingCore__factory.createInterface().getFunction("issueReceipt").selector;
const CALL_SELECTOR = ILedgerProtocol__factory.createInterface().getFunction("onLedgerCall").selector;

/** Stake on the move: receipts, which are ledger assets, and pledges; a twin of `StakingReceipts`. */
export class StakingReceiptsModel implements ModelIssuer {
  readonly #store: StakingStore;
  /** Whether an address is a listed core. */
  readonly #isCore: (account: string) => boolean;
  readonly #pools = new Map<bigint, string>();
  #minter = ZeroAddress;

  constructor({ store, isCore }: { store: StakingStore; isCore: (account: string) => boolean }) {
    this.#store = store;
    this.#isCore = isCore;
  }

  /* RECEIPTS */

  /** Makes the pool's receipt a ledger asset, once. */
  issue(pool: StakePool): bigint {
    const store = this.#store;
    const id = hashStakePool({ staking: store.address, pool });
    demand(store.exists(id), "StakingUnknownPool", { book: id });
    demand(!hasLocks({ terms: store.termsOf(id) }), "StakingNotOffered", { selector: ISSUE_SELECTOR });
    const receipt = this.idOf(id);
    demand(!store.isIssued(id), "LedgerAlreadyIssued", { id: receipt });
    store.setIssued(id);
    this.#pools.set(receipt, id);
    store.ledger.issueAsset(receipt, this);
    return receipt;
  }

  idOf(id: string): bigint {
    return stakeReceiptId({ staking: this.#store.address, id });
  }

  mint({ actor, book: id }: ModelAction, { shares }: StakingActionOf<"mintReceipts">): Partial<ModelOutcome> {
    const store = this.#store;
    const position = store.positionOf(id, actor);
    const available = hasLocks({ terms: store.termsOf(id) }) ? 0n : position.shares - position.extra;
    demand(shares !== 0n, "StakingZeroAmount");
    demand(shares <= available, "StakingInsufficientShares", { shares, available });
    store.setPosition(id, actor, { ...position, extra: position.extra + shares });
    store.setReceipts(id, store.receiptsOf(id) + shares);
    this.#minter = actor;
    return { shareId: this.idOf(id), mint: shares };
  }

  burn({ actor, book: id }: ModelAction, { shares }: StakingActionOf<"burnReceipts">): Partial<ModelOutcome> {
    const store = this.#store;
    const position = store.positionOf(id, actor);
    demand(shares !== 0n, "StakingZeroAmount");
    demand(shares <= position.extra, "StakingInsufficientShares", { shares, available: position.extra });
    // What is pledged is no receipt: the supply that would fall below zero reverts.
    demand(shares <= store.receiptsOf(id), "Panic", { code: 17n });
    store.setPosition(id, actor, { ...position, extra: position.extra - shares });
    store.setReceipts(id, store.receiptsOf(id) - shares);
    return { shareId: this.idOf(id), burn: shares };
  }

  /* LEDGER */

  canTransfer(_: bigint, from: string, to: string): boolean {
    if (from === ZeroAddress) return to === this.#minter;
    return to === ZeroAddress || !this.#isCore(to);
  }

  onLedgerMovement(receipt: bigint, from: string, to: string, shares: bigint): void {
    this.#move({ receipt, from, to, shares, isReceipt: true });
  }

  /* PLEDGES */

  allow({ actor, book: id }: ModelAction, { pledgee, shares }: StakingActionOf<"allowPledge">): void {
    const store = this.#store;
    demand(!hasLocks({ terms: store.termsOf(id) }), "StakingNotOffered", { selector: CALL_SELECTOR });
    demand(shares <= MAX_UINT96, "StakingAmountTooLarge", { amount: shares, maximum: MAX_UINT96 });
    store.setPledge(id, actor, pledgee, { ...store.pledgeOf(id, actor, pledgee), allowed: shares });
  }

  /** What the pledgee does; a receipt that is not issued has a pool in which there is nothing. */
  pledge({ pledgee, account, receipt, amount }: PledgeCall): void {
    const store = this.#store;
    const id = this.#poolOf(receipt);
    const held = store.pledgeOf(id, account, pledgee);
    demand(amount <= held.allowed, "PledgeeNotApproved", { id: receipt, pledgee });
    const position = store.positionOf(id, account);
    const movable = position.shares - position.extra;
    demand(amount <= movable, "PledgeInsufficientUnits", { account, id: receipt, movable, needed: amount });
    store.setPledge(id, account, pledgee, { pledged: held.pledged + amount, allowed: held.allowed - amount });
    store.setPosition(id, account, { ...position, extra: position.extra + amount });
  }

  release(call: PledgeCall): void {
    this.#unpledge(call);
    this.#free(call);
  }

  seize({ to, ...call }: PledgeCall & { to: string }): void {
    demand(to !== ZeroAddress, "StakingZeroAccount");
    this.#unpledge(call);
    const { receipt, account: from, amount: shares } = call;
    if (to === from) this.#free(call);
    else this.#move({ receipt, from, to, shares, isReceipt: false });
  }

  /* INTERNALS */

  #unpledge({ pledgee, account, receipt, amount }: PledgeCall): void {
    const id = this.#poolOf(receipt);
    const { pledged, allowed } = this.#store.pledgeOf(id, account, pledgee);
    demand(amount <= pledged, "PledgeInsufficient", { account, id: receipt, pledgee, pledged, needed: amount });
    this.#store.setPledge(id, account, pledgee, { pledged: pledged - amount, allowed });
  }

  #free({ account, receipt, amount }: PledgeCall): void {
    const id = this.#poolOf(receipt);
    const position = this.#store.positionOf(id, account);
    this.#store.setPosition(id, account, { ...position, extra: position.extra - amount });
  }

  /** Moves shares that are not free, which stay so with receipts. */
  #move({ receipt, from, to, shares, isReceipt }: Movement): void {
    if (from === to) return;
    const store = this.#store;
    const id = this.#poolOf(receipt);
    const pool = store.peek(id);
    const source = enterPosition({ store, pool, account: from });
    store.setPosition(id, from, { ...source, shares: source.shares - shares, extra: source.extra - shares });
    const target = enterPosition({ store, pool, account: to });
    const extra = target.extra + (isReceipt ? shares : 0n);
    store.setPosition(id, to, { ...target, shares: target.shares + shares, extra });
  }

  #poolOf(receipt: bigint): string {
    return this.#pools.get(receipt) ?? NO_POOL;
  }
}

/** A call of `IPledgeable` by the pledgee. */
export type PledgeCall = { pledgee: string; account: string; receipt: bigint; amount: bigint };

type Movement = { receipt: bigint; from: string; to: string; shares: bigint; isReceipt: boolean };

const NO_POOL = `0x${"00".repeat(32)}`;
