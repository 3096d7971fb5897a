import { getAddress, toBeHex, ZeroAddress } from "ethers";
import { bookId, hasNotice, hasRules, issuedId, assetFlags, MAX_AMOUNT } from "../assets.js";
import { maskOf } from "../codec/digest.js";
import { ACCOUNT_FORM, type BatchBody, type OperationType, type SectionHeader } from "../codec/types.js";
import { KEY_KINDS } from "../registration.js";
import { SIDE_NONE, SIDE_SHARES } from "../settlement/operations.js";
import { type LedgerModel, type ModelPayout } from "./ledger.js";
import { demand, ModelError } from "./state.js";

/** What an id stands for. */
export type ModelAccount = {
  /** In checksum form. */
  account: string;
  /** Whether the id is one of the directory, so that a fresh word of a receiver takes over the consent. */
  registered: boolean;
  /** What the key may do now, as bits of `KEY_KINDS`: everything unless given, 0 when it is revoked or over. */
  kinds?: number;
};

/** A batch that the chain accepts: a `DecodedBatch`, or the body of a `BuiltBatch`. */
export type SettlementBatch = Pick<BatchBody, "relayer" | "number" | "sections" | "types" | "records" | "fallbacks"> & {
  /** Ids that sign nothing. */
  excluded?: readonly number[];
  /** Ids whose fallback signature is bad. */
  badFallbacks?: readonly number[];
};

/** What became of a batch, as the event `BatchSettled` has it. */
export type SettlementOutcome = {
  /** Bit s: section s was executed. */
  sections: bigint;
  /** One bit for each operation that was not executed, 256 to a word, section by section. */
  skipped: bigint[];
  /** The same, by section and operation. */
  executed: boolean[][];
};

/** What a settlement of the model is made of. */
export type SettlementModelOptions = {
  ledger: LedgerModel;
  /** What an id of the directory or the address book stands for; undefined where it names nobody. */
  accountOf: (id: number) => ModelAccount | undefined;
  /** Of the settlement in the ledger, 0 unless given. */
  version?: number;
  /** Listed cores in checksum form; all protocols unless given. */
  cores?: readonly string[];
};

/** An operation as the ledger is handed it; `from` is undefined where the signer may not do it. */
type Operation = {
  from: string | undefined;
  kind: number;
  sequence: number;
  amount: bigint;
  /** With a receiver's id resolved. */
  argument: bigint;
  /** The receiver of a transfer is registered. */
  consent: boolean;
  /** Section and place in it of the operation that must have been executed. */
  after: { section: number; index: number } | undefined;
};

/** What a section moves on one side. */
type Leg = { id: bigint; fee: bigint; taken: bigint; paid: bigint; earned: bigint };

const MAX_ADDRESS = (1n << 160n) - 1n;
const WORD_BITS = 256;

/**
 * The settlement in plain numbers, on a `LedgerModel` and the models of its protocols. Signatures, expiry and the
 * sections' gas are taken to be in order: `settle` says what a batch does that the chain accepts.
 */
export class SettlementModel {
  readonly #ledger: LedgerModel;
  readonly #version: number;
  readonly #accountOf: SettlementModelOptions["accountOf"];
  readonly #cores: ReadonlySet<string> | undefined;

  constructor({ ledger, accountOf, version = 0, cores }: SettlementModelOptions) {
    this.#ledger = ledger;
    this.#version = version;
    this.#accountOf = accountOf;
    this.#cores = cores === undefined ? undefined : new Set(cores);
  }

  /** Runs a batch, whose records may stand in any order, and answers what became of its sections and operations. */
  settle(batch: SettlementBatch): SettlementOutcome {
    const operations = this.#sort(batch);
    let sections = 0n;
    const executed: boolean[][] = [];
    batch.sections.forEach((header, section) => {
      const list = (operations[section] ?? []).map((operation): Operation => {
        const { after } = operation;
        const isLost = after !== undefined && executed[after.section]?.[after.index] !== true;
        return isLost ? { ...operation, from: undefined } : operation;
      });
      const results = this.#trySection(header, list, getAddress(batch.relayer));
      if (results !== undefined) sections |= 1n << BigInt(section);
      executed.push(results ?? list.map(() => false));
    });
    return { sections, skipped: executed.flatMap(skipBits), executed };
  }

  /* READING */

  /** The operations by section, in the order of the batch. */
  #sort({ relayer, number, sections, types, records, ...signers }: SettlementBatch): Operation[][] {
    const mask = maskOf({ relayer, number });
    const x = (id: number) => (id ^ mask) >>> 0;
    const bySection: Operation[][] = sections.map(() => []);
    for (const { id, operations } of records.toSorted((a, b) => x(a.id) - x(b.id))) {
      const signer = this.#signerOf(id, signers);
      let after: Operation["after"];
      for (const { type, dependsOnPrevious, sequence, amount, argument } of operations) {
        const row = types[type];
        const header = row === undefined ? undefined : sections[row.section];
        const list = row === undefined ? undefined : bySection[row.section];
        if (row === undefined || header === undefined || list === undefined)
          throw new ModelError("SettlementMalformed");
        const isAllowed = (signer.kinds & this.#kindsOf(header)) !== 0;
        list.push({
          ...{ from: isAllowed ? signer.account : undefined, sequence, amount },
          ...this.#resolve(header, row, argument),
          after: dependsOnPrevious ? after : undefined,
        });
        after = { section: row.section, index: list.length - 1 };
      }
    }
    return bySection;
  }

  /** Who signs a record, and what he may do: nothing when he is excluded. */
  #signerOf(
    id: number,
    { fallbacks, excluded = [], badFallbacks = [] }: Pick<SettlementBatch, "fallbacks" | "excluded" | "badFallbacks">,
  ): { account: string | undefined; kinds: number } {
    const { account, kinds = KEY_KINDS.all } = this.#accountOf(id) ?? { account: undefined };
    if (excluded.includes(id) || badFallbacks.includes(id)) return { account, kinds: 0 };
    return { account, kinds: fallbacks.some((fallback) => fallback.id === id) ? KEY_KINDS.all : kinds };
  }

  #kindsOf({ protocol }: SectionHeader): number {
    if (protocol === ZeroAddress) return KEY_KINDS.transfer;
    return this.#cores?.has(getAddress(protocol)) === false ? KEY_KINDS.protocols : KEY_KINDS.cores;
  }

  #resolve(
    { protocol }: SectionHeader,
    { kind, argumentForm }: OperationType,
    argument: bigint,
  ): Pick<Operation, "kind" | "argument" | "consent"> {
    const named = argumentForm === ACCOUNT_FORM ? this.#accountOf(Number(argument)) : undefined;
    return {
      kind: protocol === ZeroAddress ? kind & 3 : kind,
      argument: argumentForm === ACCOUNT_FORM ? BigInt(named?.account ?? 0n) : argument,
      consent: named?.registered === true,
    };
  }

  /* SECTIONS */

  /** Which operations were executed; undefined, and nothing changed, when the section fails. */
  #trySection(header: SectionHeader, operations: readonly Operation[], relayer: string): boolean[] | undefined {
    try {
      return this.#ledger.state.attempt(() => this.#runSection(header, operations, relayer));
    } catch (error) {
      if (error instanceof ModelError) return undefined;
      throw error;
    }
  }

  #runSection(header: SectionHeader, operations: readonly Operation[], relayer: string): boolean[] {
    const { asset0, asset1, shareId, fee0, fee1 } = header;
    const legs = [legOf(asset0, fee0), legOf(asset1, fee1), legOf(shareId, 0n)] as const;
    const isTransfer = header.protocol === ZeroAddress;
    const executed = isTransfer
      ? operations.map((operation) => this.#tryTransfer(legs, operation))
      : this.#runProtocol(header, legs, operations);
    for (const { id, earned } of legs) {
      if (earned === 0n) continue;
      demand(this.#ledger.isRecipient(relayer), "LedgerInvalidRecipient", { to: relayer });
      this.#ledger.credit({ account: relayer, id, amount: earned });
    }
    return executed;
  }

  #tryTransfer(legs: Legs, operation: Operation): boolean {
    const { kind, amount, argument, consent } = operation;
    const to = getAddress(toBeHex(argument & MAX_ADDRESS, 20));
    const leg = legs[kind & 3];
    if (kind > 1 || leg === undefined || !this.#ledger.isRecipient(to)) return false;
    const movement = { id: leg.id, from: operation.from ?? ZeroAddress, to, amount };
    if (!this.#ledger.isAllowed(movement) || !this.#tryDebit(legs, operation)) return false;
    this.#ledger.credit({ account: to, id: leg.id, amount, ...(consent ? { version: this.#version } : {}) });
    this.#ledger.notify(movement);
    return true;
  }

  #runProtocol(header: SectionHeader, legs: Legs, operations: readonly Operation[]): boolean[] {
    const protocol = getAddress(header.protocol);
    const { shareId, parameters } = header;
    const book = bookId({ ...header, protocol });
    const own = issuedId({ owner: protocol, salt: book, flags: assetFlags(shareId), side: shareId & 1n });
    demand(shareId === 0n || shareId === own, "LedgerNotIssuer", { caller: protocol, id: shareId });
    const isRestricted = legs.some(({ id }, side) => side < SIDE_SHARES && hasRules(id)); // nobody answers here
    const debited = operations.map((operation) => !isRestricted && this.#tryDebit(legs, operation));
    const { flags, payouts } = this.#ledger.askBatch(protocol, {
      ...{ book, shareId, parameters },
      operations: operations.map(({ from = ZeroAddress, kind, amount, argument }, index) => {
        if (debited[index] !== true) return undefined;
        const [limit, secondLimit] = [argument & MAX_AMOUNT, (argument >> 112n) & MAX_AMOUNT];
        return { account: from, kind, amount, limit, secondLimit };
      }),
    });
    const executed = operations.map((operation, index) => {
      if (debited[index] !== true) return false;
      const payout = payouts[index];
      if (payout === undefined) this.#refund(legs, operation);
      else this.#pay(legs, operation, payout);
      return payout !== undefined;
    });
    const [{ taken: in0, paid: out0 }, { taken: in1, paid: out1 }] = legs;
    const fits = [in0, in1, out0, out1].every((sum) => sum <= MAX_AMOUNT);
    demand(fits, "LedgerSectionOverflow", { protocol });
    this.#ledger.settleBook({ book, inputs: [in0, in1], outputs: [out0, out1], flags });
    return executed;
  }

  /* OPERATIONS */

  /** Takes the amount and the fee; where nothing is debited, the word of asset 0 consents and counts. */
  #tryDebit(legs: Legs, { from, kind, sequence, amount }: Operation): boolean {
    const side = kind & 3;
    const moves = side !== SIDE_NONE;
    const leg = legs[moves ? side : 0] ?? legs[0];
    if (from === undefined || (amount !== 0n) !== moves || leg.id === 0n) return false;
    const debit = moves ? amount + leg.fee : 0n;
    const version = this.#version;
    if (!this.#ledger.tryOperate({ account: from, id: leg.id, version, sequence, amount: debit })) return false;
    if (!moves) return true;
    leg.taken += amount;
    leg.earned += leg.fee;
    return true;
  }

  /** The amount and the fee; the sequence stays used. */
  #refund(legs: Legs, { from = ZeroAddress, kind, amount }: Operation): void {
    const leg = legs[kind & 3];
    if (leg === undefined) return;
    leg.taken -= amount;
    leg.earned -= leg.fee;
    this.#ledger.credit({ account: from, id: leg.id, amount: amount + leg.fee });
  }

  /** Whoever put in no asset pays the fee out of what he gets: of asset 0 if there is any, else of asset 1. */
  #pay([leg0, leg1, leg2]: Legs, { from = ZeroAddress, kind }: Operation, { out0, out1, shares }: ModelPayout): void {
    if (shares !== undefined)
      this.#ledger.credit({ account: from, id: leg2.id, amount: shares, version: this.#version });
    const isPaid = (kind & 3) >= SIDE_SHARES;
    const outputs = [
      { leg: leg0, out: out0, fee: isPaid ? min(leg0.fee, out0) : 0n },
      { leg: leg1, out: out1, fee: isPaid && out0 === 0n ? min(leg1.fee, out1) : 0n },
    ];
    for (const { leg, out, fee } of outputs) {
      leg.paid += out;
      leg.earned += fee;
      if (out === fee) continue;
      this.#ledger.credit({ account: from, id: leg.id, amount: out - fee, version: this.#version });
    }
  }
}

/** Asset 0, asset 1, shares. */
type Legs = readonly [Leg, Leg, Leg];

/** Fees are in plain assets. */
function legOf(id: bigint, fee: bigint): Leg {
  demand(fee === 0n || (!hasRules(id) && !hasNotice(id)), "LedgerInvalidFee", { id, fee });
  return { id, fee, taken: 0n, paid: 0n, earned: 0n };
}

function skipBits(executed: readonly boolean[]): bigint[] {
  const words: bigint[] = new Array<bigint>(Math.ceil(executed.length / WORD_BITS)).fill(0n);
  executed.forEach((isExecuted, index) => {
    const word = Math.floor(index / WORD_BITS);
    if (!isExecuted) words[word] = (words[word] ?? 0n) | (1n << BigInt(index % WORD_BITS));
  });
  return words;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
