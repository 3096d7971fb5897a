import { getAddress, toBeHex, ZeroAddress } from "ethers";
import { equalBytes, toBytes } from "../codec/bytes.js";
import { decodeSettle } from "../codec/digest.js";
import { decodeBatch } from "../codec/reader.js";
import { rootOf } from "../codec/tree.js";
import { ACCOUNT_FORM, type SectionHeader } from "../codec/types.js";
import { LakhError } from "../lakh-error.js";
import { type LendingOperationName } from "../lending-market.js";
import { type StakingOperationName } from "../staking-pool.js";
import {
  coverOperationOf,
  underwritingOperationOf,
  type CoverOperationName,
  type UnderwritingOperationName,
} from "./insurance-operations.js";
import { lendingOperationOf } from "./lending-operations.js";
import { ammOperationOf } from "./operations.js";
import {
  offeringOperationOf,
  rwaOperationOf,
  type OfferingOperationName,
  type RwaOperationName,
} from "./rwa-operations.js";
import { stakingOperationOf } from "./staking-operations.js";

/** The event `BatchSettled`. */
export type BatchSettledEvent = {
  relayer: string;
  number: bigint;
  root: string;
  sections: bigint;
  skipped: readonly bigint[];
};

/** What became of an operation. */
export type Outcome = "executed" | "skipped" | "sectionFailed";

/** One operation of a settled batch. */
export type SettledOperation = {
  /** Of the signer. */
  id: number;
  /** The signer, where `accountOf` knows him. */
  account: string | undefined;
  /** "other" for protocols that are listed as none of AMMs, and cores of lending, staking, regulated assets, offerings and insurance. */
  name:
    | ("transfer" | "swapExactIn" | "addLiquidity" | "removeLiquidity" | "other")
    | LendingOperationName
    | StakingOperationName
    | RwaOperationName
    | OfferingOperationName
    | UnderwritingOperationName
    | CoverOperationName;
  /** Index and header of its section. */
  section: number;
  header: SectionHeader;
  kind: number;
  /** The low 8 bits. */
  sequence: number;
  dependsOnPrevious: boolean;
  /** What is debited; undefined where it is nothing. */
  asset: bigint | undefined;
  amount: bigint;
  /**
   * Of swaps: the least output. Of additions, which are two operations: the least shares. Of removals: the least of asset 0. Of
   * lending: the least shares (supply) or assets (redeem), or what is borrowed or taken out. Of staking: the least shares (stake), the
   * shares that leave, or the request that is paid. Of a subscription: the units. Of insurance: the
   * least shares, assets, cover or payment, or the request that is paid.
   */
  limit: bigint | undefined;
  /** Of removals: the least of asset 1. */
  secondLimit: bigint | undefined;
  /** Of transfers: his id, where he has one in the batch, and his address, where it is known. */
  receiver: { id: number | undefined; account: string | undefined } | undefined;
  /** The 224 bits; of a receiver's id, the id. */
  argument: bigint;
  outcome: Outcome;
  /** To the relayer, on top of the amount; 0 unless executed, undefined where it was taken out of what was paid. */
  fee: bigint | undefined;
};

/** A settled batch. */
export type SettledBatch = {
  relayer: string;
  number: number;
  expiry: number;
  /** Section by section, in the order of execution. */
  operations: SettledOperation[];
};

/** The calldata is not that of the event. */
export class DecoderError extends LakhError {
  declare readonly code: "EventMismatch";

  constructor(message: string, values: Readonly<Record<string, unknown>> = {}) {
    super("EventMismatch", message, values);
    this.name = "DecoderError";
  }
}

/**
 * Reads what `settle` did from its calldata (or the batch itself) and its event. Checks the root, number and counts
 * against the event, so that the bytes may come from anywhere. Throws `DecoderError` and `CodecError`.
 */
export function decodeSettled({
  calldata,
  event,
  accountOf = () => undefined,
  amms = [],
  lendings = [],
  stakings = [],
  rwas = [],
  offerings = [],
  underwritings = [],
  desks = [],
}: {
  /** Of `settle`, in hexadecimal, or the bytes of the batch. */
  calldata: string | Uint8Array;
  event: BatchSettledEvent;
  accountOf?: (id: number) => string | undefined;
  amms?: readonly string[];
  lendings?: readonly string[];
  stakings?: readonly string[];
  rwas?: readonly string[];
  offerings?: readonly string[];
  underwritings?: readonly string[];
  desks?: readonly string[];
}): SettledBatch {
  const bytes = typeof calldata === "string" ? decodeSettle(calldata) : calldata;
  const batch = decodeBatch(bytes, { relayer: event.relayer });
  if (BigInt(batch.number) !== event.number || !equalBytes(rootOf(batch.leaves), toBytes(event.root))) {
    throw new DecoderError("The event is that of another batch", { number: event.number, root: event.root });
  }
  const nameOf = namerOf({ amms, lendings, stakings, rwas, offerings, underwritings, desks });
  const firstWords = firstWordsOf(batch.sections);
  if (event.skipped.length !== firstWords.total) {
    const values = { words: event.skipped.length, wanted: firstWords.total };
    throw new DecoderError("The event has not one bit for each operation", values);
  }
  const bySection: SettledOperation[][] = batch.sections.map(() => []);
  for (const { id, operations } of batch.records) {
    const account = accountOf(id);
    for (const { type, dependsOnPrevious, sequence, amount, argument } of operations) {
      const row = batch.types[type];
      const header = row === undefined ? undefined : batch.sections[row.section];
      const list = row === undefined ? undefined : bySection[row.section];
      if (row === undefined || header === undefined || list === undefined) continue; // the reader has seen to it
      const { section, kind, argumentForm } = row;
      const word = event.skipped[(firstWords.of[section] ?? 0) + (list.length >> 8)] ?? 0n;
      const isSkipped = ((word >> BigInt(list.length & 255)) & 1n) !== 0n;
      const isExecuted = ((event.sections >> BigInt(section)) & 1n) !== 0n;
      const outcome = !isExecuted ? "sectionFailed" : isSkipped ? "skipped" : "executed";
      const isTransfer = header.protocol === ZeroAddress;
      const name = isTransfer ? "transfer" : nameOf(header, kind);
      const receiver = name === "transfer" ? receiverOf(argumentForm, argument, accountOf) : undefined;
      const limit = isTransfer || name === "other" ? undefined : argument & MAX_LIMIT;
      const secondLimit = name === "removeLiquidity" ? argument >> 112n : undefined;
      const { asset, fee } = debitOf(header, kind);
      list.push({
        id,
        account,
        name,
        section,
        header,
        kind,
        sequence,
        dependsOnPrevious,
        asset,
        amount,
        limit,
        secondLimit,
        receiver,
        argument,
        outcome,
        fee: outcome === "executed" ? fee : 0n,
      });
    }
  }
  return { relayer: batch.relayer, number: batch.number, expiry: batch.expiry, operations: bySection.flat() };
}

const MAX_LIMIT = (1n << 112n) - 1n;
const MAX_ADDRESS = (1n << 160n) - 1n;

/** Each section begins with a word of its own. */
function firstWordsOf(sections: readonly { operations: number }[]): { of: number[]; total: number } {
  const of: number[] = [];
  let total = 0;
  for (const { operations } of sections) {
    of.push(total);
    total += Math.ceil(operations / 256);
  }
  return { of, total };
}

type ProtocolKind = "amms" | "lendings" | "stakings" | "rwas" | "offerings" | "underwritings" | "desks";

/** What an operation is to the protocol of its section. */
function namerOf(lists: Record<ProtocolKind, readonly string[]>) {
  const setOf = (list: readonly string[]) => new Set(list.map((protocol) => getAddress(protocol)));
  const [amms, lendings, stakings] = [setOf(lists.amms), setOf(lists.lendings), setOf(lists.stakings)];
  const [rwas, offerings] = [setOf(lists.rwas), setOf(lists.offerings)];
  const [underwritings, desks] = [setOf(lists.underwritings), setOf(lists.desks)];
  return (header: SectionHeader, kind: number): SettledOperation["name"] => {
    const { protocol } = header;
    if (amms.has(protocol)) return ammNameOf(header, kind);
    if (lendings.has(protocol)) return lendingOperationOf(kind) ?? "other";
    if (stakings.has(protocol)) return stakingOperationOf(kind) ?? "other";
    if (rwas.has(protocol)) return rwaOperationOf(kind) ?? "other";
    if (underwritings.has(protocol)) return underwritingOperationOf(kind) ?? "other";
    if (desks.has(protocol)) return coverOperationOf(kind) ?? "other";
    return (offerings.has(protocol) ? offeringOperationOf(kind) : undefined) ?? "other";
  };
}

/** What an operation is to the AMM; what it would refuse is "other". */
function ammNameOf({ parameters }: SectionHeader, kind: number): SettledOperation["name"] {
  const name = ammOperationOf(kind);
  return name === undefined || (name === "swapExactIn") !== (parameters !== "0x") ? "other" : name;
}

function receiverOf(
  form: number,
  argument: bigint,
  accountOf: (id: number) => string | undefined,
): SettledOperation["receiver"] {
  if (form === ACCOUNT_FORM) return { id: Number(argument), account: accountOf(Number(argument)) };
  return { id: undefined, account: getAddress(toBeHex(argument & MAX_ADDRESS, 20)) };
}

function debitOf(header: SectionHeader, kind: number): { asset: bigint | undefined; fee: bigint | undefined } {
  const { asset0, asset1, shareId, fee0, fee1 } = header;
  switch (kind & 3) {
    case 0:
      return { asset: asset0, fee: fee0 };
    case 1:
      return { asset: asset1, fee: fee1 };
    case 2:
      return { asset: shareId, fee: undefined };
    default:
      return { asset: undefined, fee: undefined };
  }
}
