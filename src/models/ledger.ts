import { ZeroAddress } from "ethers";
import {
  assetFlags,
  bookId,
  decodeWord,
  encodeWord,
  hasNotice,
  hasRules,
  isIssued,
  issuedId,
  MAX_AMOUNT,
  tokenId,
  tokenOf,
} from "../assets.js";
import { demand, ModelError, ModelState } from "./state.js";

/** What a protocol's model is asked; the arguments of `ILedgerProtocol.onLedgerCall`. */
export type ModelAction<Data = unknown> = {
  actor: string;
  /** The book's id. */
  book: string;
  /** The book's word, before the inputs. */
  holdings: bigint;
  /** The inputs. */
  amount0: bigint;
  amount1: bigint;
  data: Data;
};

/** What a protocol's model answers, as `ILedgerProtocol.onLedgerCall` does: the book's flags, outputs and shares. */
export type ModelOutcome = {
  flags: bigint;
  out0: bigint;
  out1: bigint;
  shareId: bigint;
  mint: bigint;
  burn: bigint;
};

/** An operation of a section: its eight bits of kind, and the low and the high 112 bits of its arguments. */
export type ModelOperation = { account: string; kind: number; amount: bigint; limit: bigint; secondLimit: bigint };

/** What a protocol's model is asked of a section; the arguments of `ILedgerProtocol.onLedgerBatch`. */
export type ModelSection = {
  /** The book's id. */
  book: string;
  /** The book's word, before the debits. */
  holdings: bigint;
  /** What operations burn and payouts mint, or 0. */
  shareId: bigint;
  /** In hexadecimal. */
  parameters: string;
  /** Undefined where nothing was debited. */
  operations: readonly (ModelOperation | undefined)[];
};

/** What leaves the book for one operation, or the shares that it mints. */
export type ModelPayout = { out0: bigint; out1: bigint; shares?: bigint };

/** The book's flags and one payout for each operation, undefined where it is refused. */
export type ModelPayouts = { flags: bigint; payouts: readonly (ModelPayout | undefined)[] };

/** The model of a protocol core. */
export type ModelProtocol<Data = unknown> = {
  /** What an action does with its book; throws a `ModelError` where the core reverts. */
  onLedgerCall(action: ModelAction<Data>): ModelOutcome;
  /** Left out where the protocol takes no sections. */
  onLedgerBatch?(section: ModelSection): ModelPayouts;
};

/** The model of an issuer of assets with RULES or NOTIFY, which is told of what the ledger moves and cannot refuse it then. */
export type ModelIssuer = {
  /** Whether the issuer agrees to the movement; asked of assets with RULES. */
  canTransfer(id: bigint, from: string, to: string, amount: bigint): boolean;
  /** Told after a movement of an asset with NOTIFY. */
  onLedgerMovement(id: bigint, from: string, to: string, amount: bigint): void;
};

/** The twin of `ILedger.Call`, without Permit2. */
export type ModelCall<Data = unknown> = {
  protocol: string;
  asset0: bigint;
  asset1: bigint;
  key: string;
  source: "ledger" | "wallet";
  destination: "ledger" | "wallet" | "native";
  amount0: bigint;
  amount1: bigint;
  /** The zero address stands for the caller. */
  to: string;
  data: Data;
};

/** What a call's receiver gets, without change, and the shares minted to him. */
export type ModelPaid = { out0: bigint; out1: bigint; minted: bigint };

/** A holder's asset on the move. */
export type ModelMovement = { id: bigint; from: string; to: string; amount: bigint };

/** What goes into a book. */
type Inputs = { amount0: bigint; amount1: bigint };

/** What a call has of its path. */
type ActOptions<Data> = {
  inputs: Inputs;
  next: ModelCall<Data> | undefined;
  wasNative: (id: bigint) => boolean;
};

/** What a ledger of the model is made of. */
export type LedgerModelOptions = {
  /** The ledger's address. */
  address: string;
  /** The tokens there are: plain ERC-20 tokens as OpenZeppelin writes them. */
  tokens: readonly string[];
  /** Pairs of tokens that share a word. */
  homePairs?: readonly (readonly [string, string])[];
  /** Wrapped ether, one of the tokens; without it no ether moves. */
  weth?: string;
};

const MAX_UINT256 = (1n << 256n) - 1n;
const MAX_ADDRESS = (1n << 160n) - 1n;
const MAX_HOME_PAIRS = 4;
const HALF = 112n;
const SEQUENCE_AT = 2n * HALF + 8n;
const SEQUENCES = 1n << 16n;
const CONSENTS = 255n << (2n * HALF);
/** Steps of one `cancel`. */
const CANCELLED_AHEAD = 85n;

/**
 * The ledger in plain numbers; every receiver takes ether. Assets with RULES or NOTIFY move between holders, are in no book, and
 * nobody freezes them; without an issuer here they are refused. Protocols are listed cores. `SettlementModel` runs batches.
 * Addresses are in checksum form, amounts in smallest units. What the contract refuses throws a `ModelError` of the same name and
 * arguments, and changes nothing.
 */
export class LedgerModel {
  readonly address: string;
  readonly state = new ModelState();
  readonly #tokens: ReadonlySet<string>;
  readonly #weth: string | undefined;
  readonly #homes = new Map<bigint, bigint>();
  readonly #protocols = new Map<string, ModelProtocol>();
  readonly #issuers = new Map<bigint, ModelIssuer>();

  constructor({ address, tokens, homePairs = [], weth }: LedgerModelOptions) {
    this.address = address;
    this.#weth = weth;
    this.#tokens = new Set(tokens);
    for (const [first, second] of homePairs) this.#homes.set(tokenId(second), tokenId(first));
    if (homePairs.length < MAX_HOME_PAIRS) this.#homes.set(0n, 0n); // the chain's unused pairs are of token 0
  }

  /** Lets actions reach the model of the protocol at `protocol`. */
  addProtocol<Data>(protocol: string, model: ModelProtocol<Data>): void {
    this.#protocols.set(protocol, model);
  }

  /** Names the issuer of an asset with RULES or NOTIFY. */
  issueAsset(id: bigint, issuer: ModelIssuer): void {
    this.#issuers.set(id, issuer);
  }

  /** Whether the issuer of an id with RULES, if it has them, agrees to a movement. */
  isAllowed({ id, from, to, amount }: ModelMovement): boolean {
    return !hasRules(id) || this.#issuers.get(id)?.canTransfer(id, from, to, amount) === true;
  }

  /** Tells the issuer of an id with NOTIFY of a movement. */
  notify({ id, from, to, amount }: ModelMovement): void {
    if (amount !== 0n && hasNotice(id)) this.#issuers.get(id)?.onLedgerMovement(id, from, to, amount);
  }

  /* WALLETS */

  /** Mints tokens to a wallet. */
  mintToken({ token, to, amount }: { token: string; to: string; amount: bigint }): void {
    const name = walletName(token, to);
    this.state.set(name, this.state.get(name) + amount);
  }

  /** Gives ether to an account, in wei. */
  mintEther({ to, amount }: { to: string; amount: bigint }): void {
    const name = etherName(to);
    this.state.set(name, this.state.get(name) + amount);
  }

  /** What an account holds of ether, in wei, fees of transactions left out. */
  etherOf({ account }: { account: string }): bigint {
    return this.state.get(etherName(account));
  }

  /** Sets a wallet's allowance to the ledger; 2^256 − 1 is not spent. */
  approveToken({ token, owner, amount }: { token: string; owner: string; amount: bigint }): void {
    this.state.set(`wallet allowance ${token} ${owner}`, amount);
  }

  /** What a wallet holds of a token. */
  tokenBalanceOf({ token, account }: { token: string; account: string }): bigint {
    return this.state.get(walletName(token, account));
  }

  /** What a wallet allows the ledger. */
  tokenAllowanceOf({ token, owner }: { token: string; owner: string }): bigint {
    return this.state.get(`wallet allowance ${token} ${owner}`);
  }

  /* CUSTODY */

  /** Takes tokens from the caller's wallet; answers what was credited. */
  deposit(parameters: { caller: string; token: string; amount: bigint; minimum: bigint; to: string }): bigint {
    const { caller, token, amount, minimum, to } = parameters;
    return this.state.attempt(() => {
      demand(amount !== 0n, "LedgerZeroAmount");
      checkAmount(amount);
      this.#checkRecipient(to);
      this.#pull(token, caller, amount);
      demand(amount >= minimum, "LedgerBelowMinimumDeposit", { token, received: amount, minimum });
      this.#credit(to, tokenId(token), amount);
      return amount;
    });
  }

  /** Sends tokens of the caller's balance to a wallet. */
  withdraw({ caller, token, amount, to }: { caller: string; token: string; amount: bigint; to: string }): void {
    this.state.attempt(() => {
      demand(amount !== 0n, "LedgerZeroAmount");
      this.#checkRecipient(to);
      this.#debit(caller, BigInt(token), amount);
      this.#push(token, to, amount);
    });
  }

  /** Wraps ether of the caller and credits it. */
  depositNative({ caller, amount, to }: { caller: string; amount: bigint; to: string }): void {
    this.state.attempt(() => {
      this.#moveEther(caller, this.address, amount);
      demand(amount !== 0n, "LedgerZeroAmount");
      checkAmount(amount);
      this.#checkRecipient(to);
      const id = tokenId(this.#wrap(amount));
      this.#credit(to, id, amount);
    });
  }

  /** Sends ether for wrapped ether of the caller's balance. */
  withdrawNative({ caller, amount, to }: { caller: string; amount: bigint; to: string }): void {
    this.state.attempt(() => {
      demand(amount !== 0n, "LedgerZeroAmount");
      this.#checkRecipient(to);
      this.#debit(caller, BigInt(this.#weth ?? ZeroAddress), amount);
      this.#pushEther(to, amount);
    });
  }

  /* ERC-6909 */

  /** Moves `amount` of `id` from the caller to another account. */
  transfer({ caller, id, amount, to }: { caller: string; id: bigint; amount: bigint; to: string }): void {
    this.state.attempt(() => this.#move(caller, to, id, amount));
  }

  /** Moves `amount` of `id` by the allowance of `from`, or as his operator. */
  transferFrom(parameters: { caller: string; from: string; id: bigint; amount: bigint; to: string }): void {
    const { caller, from, id, amount, to } = parameters;
    this.state.attempt(() => {
      if (!this.isOperator({ owner: from, spender: caller })) this.#spendAllowance(from, caller, id, amount);
      this.#move(from, to, id, amount);
    });
  }

  /** Sets what `spender` may move of the caller's `id`; 2^256 − 1 is not spent. */
  approve({ caller, spender, id, amount }: { caller: string; spender: string; id: bigint; amount: bigint }): void {
    this.state.set(allowanceName(caller, spender, id), amount);
  }

  /** Lets, or no longer lets, `spender` move everything of the caller. */
  setOperator({ caller, spender, approved }: { caller: string; spender: string; approved: boolean }): void {
    this.state.set(`operator ${caller} ${spender}`, approved ? 1n : 0n);
  }

  /* ACTIONS */

  /**
   * One action on a protocol's book, with `value` wei sent along; answers what the receiver gets, without change, and
   * the shares minted to him.
   */
  call<Data>(caller: string, parameters: ModelCall<Data>, value = 0n): ModelPaid {
    return this.callPath(caller, [parameters], value);
  }

  /**
   * Actions in order, each with what the one before pays in the tokens of its book; the answer is the last one's. Only the first
   * takes inputs from the caller, and the ether sent along.
   */
  callPath<Data>(caller: string, calls: readonly ModelCall<Data>[], value = 0n): ModelPaid {
    return this.state.attempt(() => {
      const [first] = calls;
      if (first === undefined) throw new ModelError("LedgerEmptyPath");
      this.#receiverOf(caller, first);
      this.#moveEther(caller, this.address, value);
      let inputs = this.#takeAll(caller, first, value);
      let paid: ModelPaid = { out0: 0n, out1: 0n, minted: 0n };
      for (const [index, parameters] of calls.entries()) {
        const next = calls[index + 1];
        const wasNative = (id: bigint) => index === 0 && value !== 0n && this.#isWeth(id);
        const step = this.#act(caller, parameters, { inputs, next, wasNative });
        paid = step.paid;
        if (next === undefined) break;
        const { amount0, amount1 } = next;
        inputs = step.carried;
        const carried = encodeWord({ ...inputs, flags: 0n });
        const isWhole = carried !== 0n && amount0 === 0n && amount1 === 0n;
        demand(isWhole, "LedgerBrokenPath", { index: BigInt(index + 1), carried, amount0, amount1 });
      }
      return paid;
    });
  }

  /* BATCHES */

  /** Replaces the settlement versions (bits 0–7) that may act on the caller's word of `id`. */
  setConsent({ caller, id, versions }: { caller: string; id: bigint; versions: number }): void {
    const name = wordName(caller, this.homeOf(id).key);
    this.state.set(name, (this.state.get(name) & ~CONSENTS) | (BigInt(versions) << (2n * HALF)));
  }

  /** Voids what the caller has signed for his word of `id`. */
  cancel({ caller, id }: { caller: string; id: bigint }): void {
    const name = wordName(caller, this.homeOf(id).key);
    this.state.set(name, advanced(this.state.get(name), CANCELLED_AHEAD));
  }

  /** Whether the account lets settlement `version` act on its word of `id`. */
  consents({ account, id, version }: { account: string; id: bigint; version: number }): boolean {
    return ((this.wordOf({ account, id }) >> (2n * HALF + BigInt(version))) & 1n) !== 0n;
  }

  /** The sequence that the next batched operation on the account's word of `id` must carry, 16 bits. */
  sequenceOf({ account, id }: { account: string; id: bigint }): number {
    return Number((this.wordOf({ account, id }) >> SEQUENCE_AT) % SEQUENCES);
  }

  /**
   * Takes `amount` for a batched operation and moves the sequence on; answers false, and does nothing, unless the word
   * consents to `version`, carries the low byte `sequence` and holds the amount.
   */
  tryOperate(parameters: { account: string; id: bigint; version: number; sequence: number; amount: bigint }): boolean {
    const { account, id, sequence, amount } = parameters;
    if (!this.consents(parameters) || (this.sequenceOf({ account, id }) & 255) !== sequence) return false;
    if (amount > this.balanceOf({ account, id })) return false;
    this.#debit(account, id, amount);
    const name = wordName(account, this.homeOf(id).key);
    this.state.set(name, advanced(this.state.get(name), 1n));
    return true;
  }

  /** Credits an account in a batch; a fresh word takes over the consent to `version`, if one is given. */
  credit(parameters: { account: string; id: bigint; amount: bigint; version?: number }): void {
    const { account, id, amount, version } = parameters;
    const isFresh = this.wordOf({ account, id }) === 0n;
    if (version !== undefined && isFresh) this.setConsent({ caller: account, id, versions: 1 << version });
    this.#credit(account, id, amount);
  }

  /** Asks a protocol's model what becomes of a section. */
  askBatch(protocol: string, section: Omit<ModelSection, "holdings">): ModelPayouts {
    const model = this.#protocols.get(protocol);
    if (model?.onLedgerBatch === undefined) throw new ModelError("LedgerProtocolFailed", { protocol });
    return model.onLedgerBatch({ ...section, holdings: this.state.get(bookName(section.book)) });
  }

  /** Writes a book after a section: `inputs` came, `outputs` went, and the flags are those of the protocol's answer. */
  settleBook(parameters: { book: string; inputs: [bigint, bigint]; outputs: [bigint, bigint]; flags: bigint }): void {
    const { book, inputs, outputs, flags } = parameters;
    const [amount0, amount1] = inputs;
    const [out0, out1] = outputs;
    this.#rebook(book, encodeWord({ amount0, amount1, flags: 0n }), { flags, out0, out1 });
  }

  /** Whether an account may be paid: neither the zero address nor the ledger itself. */
  isRecipient(to: string): boolean {
    return to !== ZeroAddress && to !== this.address;
  }

  /* VIEWS */

  /** The account's balance of `id`. */
  balanceOf({ account, id }: { account: string; id: bigint }): bigint {
    const { key, side } = this.homeOf(id);
    return (this.state.get(wordName(account, key)) >> (side * HALF)) & MAX_AMOUNT;
  }

  /** The account's word that holds `id`. */
  wordOf({ account, id }: { account: string; id: bigint }): bigint {
    return this.state.get(wordName(account, this.homeOf(id).key));
  }

  /** The book of `protocol` for `key`. */
  bookOf(book: { protocol: string; key: string; asset0: bigint; asset1: bigint }): bigint {
    return this.state.get(bookName(bookId(book)));
  }

  /** What `spender` may move of `owner`'s `id`. */
  allowanceOf({ owner, spender, id }: { owner: string; spender: string; id: bigint }): bigint {
    return this.state.get(allowanceName(owner, spender, id));
  }

  /** Whether `spender` may move everything of `owner`. */
  isOperator({ owner, spender }: { owner: string; spender: string }): boolean {
    return this.state.get(`operator ${owner} ${spender}`) !== 0n;
  }

  /** The storage key and the side of `id`. */
  homeOf(id: bigint): { key: bigint; side: bigint } {
    if (isIssued(id)) return { key: id & ~1n, side: id & 1n };
    const key = this.#homes.get(id);
    return key === undefined ? { key: id, side: 0n } : { key, side: 1n };
  }

  /* INTERNALS */

  /** One call of a path: what it pays without what it carries on, and that. */
  #act<Data>(
    caller: string,
    parameters: ModelCall<Data>,
    { inputs, next, wasNative }: ActOptions<Data>,
  ): { paid: ModelPaid; carried: Inputs } {
    const { protocol, asset0, asset1, source, destination, data } = parameters;
    const to = this.#receiverOf(caller, parameters);
    const { amount0, amount1 } = inputs;
    demand(protocol !== this.address, "LedgerInvalidProtocol", { protocol });
    const model = this.#protocols.get(protocol);
    if (model === undefined) throw new ModelError("Empty");
    const book = bookId(parameters);
    const holdings = this.state.get(bookName(book));
    const outcome = model.onLedgerCall({ actor: caller, book, holdings, amount0, amount1, data });
    this.#rebook(book, encodeWord({ amount0, amount1, flags: 0n }), outcome);
    if (outcome.shareId !== 0n) this.#settleShares({ caller, protocol, book, to }, outcome);

    const change0 = min(amount0, outcome.out0);
    const change1 = min(amount1, outcome.out1);
    let [out0, out1] = [outcome.out0 - change0, outcome.out1 - change1];
    const carried: Inputs = { amount0: 0n, amount1: 0n };
    const carry = (id: bigint, out: bigint): bigint => {
      if (next === undefined || isIssued(id) || (id !== next.asset0 && id !== next.asset1)) return out;
      const side = id === next.asset0 ? "amount0" : "amount1";
      demand(carried[side] + out <= MAX_AMOUNT, "LedgerAmountTooLarge", { amount: out, maximum: MAX_AMOUNT });
      carried[side] += out;
      return 0n;
    };
    out0 = carry(asset0, out0);
    out1 = carry(asset1, out1);
    const deliveries = [
      { receiver: to, id: asset0, amount: out0, place: destination },
      { receiver: to, id: asset1, amount: out1, place: destination },
      { receiver: caller, id: asset0, amount: change0, place: wasNative(asset0) ? "native" : source },
      { receiver: caller, id: asset1, amount: change1, place: wasNative(asset1) ? "native" : source },
    ].filter(({ amount }) => amount !== 0n);
    // What stays is credited before anything is sent.
    for (const { receiver, id, amount, place } of deliveries) {
      if (place === "ledger" || isIssued(id)) this.#credit(receiver, id, amount);
    }
    for (const { receiver, id, amount, place } of deliveries) {
      if (place === "ledger" || isIssued(id)) continue;
      if (place === "native" && this.#isWeth(id)) this.#pushEther(receiver, amount);
      else this.#push(this.#tokenOf(id), receiver, amount);
    }
    return { paid: { out0, out1, minted: outcome.mint }, carried };
  }

  #receiverOf(caller: string, { to }: ModelCall): string {
    const receiver = to === ZeroAddress ? caller : to;
    this.#checkRecipient(receiver);
    return receiver;
  }

  /** Takes the inputs of the first call, with all ether that was sent. */
  #takeAll(caller: string, parameters: ModelCall, value: bigint): Inputs {
    const { asset0, asset1 } = parameters;
    const wanted0 = this.#isWeth(asset0) ? parameters.amount0 : 0n;
    const wanted1 = this.#isWeth(asset1) ? parameters.amount1 : 0n;
    const wanted = min(wanted0 + wanted1, MAX_UINT256);
    demand(value === 0n || value === wanted, "LedgerNativeMismatch", { value, wanted });
    const take = (id: bigint, amount: bigint): bigint => {
      if (amount === 0n || value === 0n || !this.#isWeth(id)) return this.#take(caller, id, amount, parameters);
      this.#wrap(amount);
      return amount;
    };
    const amount0 = take(asset0, parameters.amount0);
    return { amount0, amount1: take(asset1, parameters.amount1) };
  }

  #take(caller: string, id: bigint, amount: bigint, { source, protocol }: ModelCall): bigint {
    if (amount === 0n) return 0n;
    if (source === "ledger" || isIssued(id)) {
      this.#checkAllowed({ id, from: caller, to: protocol, amount });
      this.#debit(caller, id, amount);
    } else {
      this.#pull(this.#tokenOf(id), caller, amount);
    }
    return amount;
  }

  /** What is left of a side may be neither below 0 nor above 2^112 − 1. */
  #rebook(book: string, inputs: bigint, { flags, out0, out1 }: ModelPayout & { flags: bigint }): void {
    const holdings = this.state.get(bookName(book));
    const [held, paid] = [decodeWord(holdings), decodeWord(inputs)];
    const left0 = held.amount0 + paid.amount0 - out0;
    const left1 = held.amount1 + paid.amount1 - out1;
    const fits = [left0, left1].every((left) => left >= 0n && left <= MAX_AMOUNT);
    const outputs = encodeWord({ amount0: out0, amount1: out1, flags });
    demand(fits, "LedgerInsufficientBook", { book, holdings, inputs, outputs });
    this.state.set(bookName(book), encodeWord({ amount0: left0, amount1: left1, flags }));
  }

  /** The share is the protocol's own issue on the book; a flagged one has the protocol as its issuer. */
  #settleShares(
    { caller, protocol, book, to }: { caller: string; protocol: string; book: string; to: string },
    { shareId, mint, burn }: ModelOutcome,
  ): void {
    const own = issuedId({ owner: protocol, salt: book, flags: assetFlags(shareId), side: shareId & 1n });
    const isPlain = !hasRules(shareId) && !hasNotice(shareId);
    const isOwn = shareId === own && (isPlain || this.#issuers.has(shareId));
    demand(isOwn, "LedgerNotIssuer", { caller: protocol, id: shareId });
    if (mint !== 0n || to !== caller) {
      this.#checkAllowed({ id: shareId, from: burn === 0n ? ZeroAddress : caller, to, amount: mint + burn });
    }
    if (burn !== 0n) this.#debit(caller, shareId, burn);
    if (mint !== 0n) this.#credit(to, shareId, mint);
  }

  #move(from: string, to: string, id: bigint, amount: bigint): void {
    this.#checkRecipient(to);
    this.#checkAllowed({ id, from, to, amount });
    this.#debit(from, id, amount);
    this.#credit(to, id, amount);
    this.notify({ id, from, to, amount });
  }

  #checkAllowed(movement: ModelMovement): void {
    demand(this.isAllowed(movement), "LedgerTransferRefused", movement);
  }

  #debit(account: string, id: bigint, amount: bigint): void {
    const balance = this.balanceOf({ account, id });
    demand(amount <= balance, "LedgerInsufficientBalance", { account, id, balance, needed: amount });
    const { key, side } = this.homeOf(id);
    const name = wordName(account, key);
    this.state.set(name, this.state.get(name) - (amount << (side * HALF)));
  }

  #credit(account: string, id: bigint, amount: bigint): void {
    const balance = this.balanceOf({ account, id });
    demand(balance + amount <= MAX_AMOUNT, "LedgerBalanceOverflow", { account, id, balance, amount });
    const { key, side } = this.homeOf(id);
    const name = wordName(account, key);
    this.state.set(name, this.state.get(name) + (amount << (side * HALF)));
  }

  #spendAllowance(owner: string, spender: string, id: bigint, amount: bigint): void {
    if (owner === spender) return;
    const allowed = this.allowanceOf({ owner, spender, id });
    if (allowed === MAX_UINT256) return;
    demand(allowed >= amount, "LedgerInsufficientAllowance", { owner, spender, id, allowed, needed: amount });
    this.state.set(allowanceName(owner, spender, id), allowed - amount);
  }

  /** As OpenZeppelin's token: the allowance first, then the balance. */
  #pull(token: string, from: string, amount: bigint): void {
    checkAmount(amount);
    this.#checkToken(token);
    const allowance = this.tokenAllowanceOf({ token, owner: from });
    if (allowance !== MAX_UINT256) {
      const values = { spender: this.address, allowance, needed: amount };
      demand(allowance >= amount, "ERC20InsufficientAllowance", values);
      this.approveToken({ token, owner: from, amount: allowance - amount });
    }
    this.#moveToken(token, from, this.address, amount);
    const held = this.tokenBalanceOf({ token, account: this.address });
    demand(held <= MAX_AMOUNT, "LedgerAmountTooLarge", { amount: held, maximum: MAX_AMOUNT });
  }

  #push(token: string, to: string, amount: bigint): void {
    this.#moveToken(token, this.address, to, amount);
  }

  /** Wraps ether that the ledger was sent; answers the token. More than that fails without a reason. */
  #wrap(amount: bigint): string {
    if (this.#weth === undefined) throw new ModelError("LedgerUnknownToken", { token: ZeroAddress });
    this.#moveEther(this.address, this.#weth, amount);
    this.mintToken({ token: this.#weth, to: this.address, amount });
    return this.#weth;
  }

  #pushEther(to: string, amount: bigint): void {
    if (this.#weth === undefined) throw new ModelError("LedgerUnknownToken", { token: ZeroAddress });
    this.mintToken({ token: this.#weth, to: this.address, amount: -amount });
    this.#moveEther(this.#weth, to, amount);
  }

  #moveEther(from: string, to: string, amount: bigint): void {
    demand(this.etherOf({ account: from }) >= amount, "Empty");
    this.mintEther({ to: from, amount: -amount });
    this.mintEther({ to, amount });
  }

  #isWeth(id: bigint): boolean {
    return this.#weth !== undefined && id === tokenId(this.#weth);
  }

  #moveToken(token: string, from: string, to: string, amount: bigint): void {
    const balance = this.tokenBalanceOf({ token, account: from });
    demand(balance >= amount, "ERC20InsufficientBalance", { sender: from, balance, needed: amount });
    this.state.set(walletName(token, from), balance - amount);
    this.mintToken({ token, to, amount });
  }

  #checkToken(token: string): void {
    demand(this.#tokens.has(token), "LedgerUnknownToken", { token });
  }

  #checkRecipient(to: string): void {
    demand(this.isRecipient(to), "LedgerInvalidRecipient", { to });
  }

  #tokenOf(id: bigint): string {
    demand(id <= MAX_ADDRESS, "LedgerUnknownId", { id });
    return id === 0n ? ZeroAddress : tokenOf(id);
  }
}

function checkAmount(amount: bigint): void {
  demand(amount <= MAX_AMOUNT, "LedgerAmountTooLarge", { amount, maximum: MAX_AMOUNT });
}

/** A word with its sequence further on, modulo 2^16. */
function advanced(word: bigint, steps: bigint): bigint {
  const sequence = (word >> SEQUENCE_AT) % SEQUENCES;
  return word + ((((sequence + steps) % SEQUENCES) - sequence) << SEQUENCE_AT);
}

function wordName(account: string, key: bigint): string {
  return `word ${account} ${key}`;
}

function bookName(book: string): string {
  return `book ${book}`;
}

function walletName(token: string, account: string): string {
  return `wallet ${token} ${account}`;
}

function etherName(account: string): string {
  return `ether ${account}`;
}

function allowanceName(owner: string, spender: string, id: bigint): string {
  return `allowance ${owner} ${spender} ${id}`;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
