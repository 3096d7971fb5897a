import { ZeroAddress, type Result } from "ethers";
import { IAmmCore__factory } from "../typechain-types/factories/interfaces/IAmmCore__factory.js";
import { ILedger__factory } from "../typechain-types/factories/interfaces/ILedger__factory.js";
import { assetId, checkAddress, checkBytes32, shareIdOf } from "./assets.js";
import { ValidationError } from "./lakh-error.js";
import { type SettledBatch } from "./settlement/decoder.js";

/** A log as providers and receipts have it. */
export type EventLog = {
  address: string;
  topics: readonly string[];
  data: string;
  blockNumber: number;
  /** Within the block. */
  index: number;
  transactionHash: string;
};

/** A batch that may have moved shares: what `decodeSettled` answers, with the log of its `BatchSettled`. */
export type MovedBatch = {
  log: Pick<EventLog, "blockNumber" | "index" | "transactionHash">;
  settled: SettledBatch;
};

/** Amounts of a pool's two assets, in units. */
export type AmountPair = { amount0: bigint; amount1: bigint };

/** What happened to a pool or its shares, in units. `Swapped` is seen from the pool: what came in is positive. */
export type PoolEvent =
  | { name: "PoolCreated"; asset0: bigint; asset1: bigint; fee: bigint; alpha: bigint; beta: bigint }
  | ({ name: "LiquidityAdded" | "LiquidityRemoved"; account: string; shares: bigint } & AmountPair)
  | ({ name: "Swapped"; account: string } & AmountPair)
  | {
      name: "BatchCleared";
      price: bigint;
      amountIn0: bigint;
      amountIn1: bigint;
      amountOut0: bigint;
      amountOut1: bigint;
    }
  /** Of every pool: the protocol's part of what fees add, in parts of 10,000. */
  | { name: "ProtocolFeeSet"; fee: bigint; recipient: string }
  /** For the protocol, at the change of liquidity that follows. */
  | { name: "ProtocolSharesAdded"; shares: bigint }
  | { name: "ProtocolSharesCollected"; account: string; shares: bigint }
  /** The zero address stands for mints, burns and protocols' books. */
  | { name: "SharesMoved"; from: string; to: string; amount: bigint };

type SharesMoved = Extract<PoolEvent, { name: "SharesMoved" }>;

type Placed = { blockNumber: number; index: number; transactionHash: string; order: number; event: PoolEvent };

const ammCodec = IAmmCore__factory.createInterface();
const ledgerCodec = ILedger__factory.createInterface();
const TRANSFER = ledgerCodec.getEvent("Transfer").topicHash;
const FEE_SET = ammCodec.getEvent("ProtocolFeeSet").topicHash;

/**
 * The events of pool `pool` (its id), of its LP shares and of the protocol's fee among `logs`, in the order of the chain;
 * others are left out.
 *
 * Transfers of shares in a batch have logs of their own only where the shares have an ERC-20 facade, so give the decoded
 * `batches` too: what the logs tell already is not taken twice. A batch's movements count at its `BatchSettled`. Throws
 * `InvalidAddress`, `InvalidBytes32`, and `UnknownAccount` where a batch moves shares of an account that the decoder's
 * `accountOf` does not know.
 */
export function readPoolEvents({
  logs,
  amm,
  ledger,
  pool,
  batches = [],
}: {
  logs: readonly EventLog[];
  amm: string;
  ledger: string;
  pool: string;
  batches?: readonly MovedBatch[];
}): PoolEvent[] {
  const [core, custody] = [checkAddress(amm, "amm"), checkAddress(ledger, "ledger")];
  const id = checkBytes32(pool, "pool").toLowerCase();
  // The id alone does not say whether the pool is restricted; only one of the two shares is ever issued.
  const shareIds = [true, false].map((isRestricted) => shareIdOf({ amm: core, id, isRestricted }));
  const placed: Placed[] = [];
  const loggedBatches = new Set<string>();
  for (const log of logs) {
    const emitter = checkAddress(log.address, "log");
    const event =
      emitter === core
        ? readAmm(log, id)
        : emitter === custody && log.topics[0] === TRANSFER
          ? readTransfer(log, shareIds)
          : undefined;
    if (event === undefined) continue;
    placed.push({ ...log, order: 0, event });
    if (event.name === "SharesMoved") loggedBatches.add(log.transactionHash);
  }
  for (const { log, settled } of batches) {
    if (loggedBatches.has(log.transactionHash)) continue;
    movesOf(settled, { core, shareIds }).forEach((event, order) => placed.push({ ...log, order, event }));
  }
  placed.sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index || a.order - b.order);
  return inPairs(placed).map(({ event }) => event);
}

/** Events in the chain's order, transaction by transaction. */
function inPairs(placed: readonly Placed[]): Placed[] {
  const transactions: Placed[][] = [];
  for (const one of placed) {
    const last = transactions.at(-1);
    if (last?.[0]?.transactionHash === one.transactionHash) last.push(one);
    else transactions.push([one]);
  }
  return transactions.flatMap(pairWithin);
}

/**
 * The log of the shares right behind that of the change of liquidity which mints or burns them, as it stands in a wallet's
 * call: in a batch all burns come before the changes, and all mints after them. What a batch debits and gives back, because it
 * failed, is left out.
 */
function pairWithin(transaction: readonly Placed[]): Placed[] {
  const moves = new Set(transaction.filter(({ event }) => event.name === "SharesMoved"));
  const take = (wanted: (move: SharesMoved) => boolean): Placed | undefined => {
    const found = [...moves].find(({ event }) => event.name === "SharesMoved" && wanted(event));
    if (found !== undefined) moves.delete(found);
    return found;
  };
  const behind = new Map<Placed, Placed>();
  transaction.forEach((change, index) => {
    const { event } = change;
    if (event.name !== "LiquidityAdded" && event.name !== "LiquidityRemoved") return;
    const isMint = event.name === "LiquidityAdded";
    const next = transaction[index + 1]?.event;
    const isOf = (move: SharesMoved): boolean =>
      move.amount === event.shares && (isMint ? move.from : move.to) === ZeroAddress;
    const isOwn = (move: SharesMoved): boolean => isOf(move) && (isMint ? move.to : move.from) === event.account;
    const move = take((one) => one === next && isOf(one)) ?? take(isOwn);
    if (move !== undefined) behind.set(change, move);
  });
  for (const debit of [...moves]) {
    const { event } = debit;
    if (event.name !== "SharesMoved" || event.to !== ZeroAddress || !moves.has(debit)) continue;
    const { from, amount } = event;
    const isRefund = take((one) => one.from === ZeroAddress && one.to === from && one.amount === amount) !== undefined;
    if (isRefund) moves.delete(debit);
  }
  return transaction.flatMap((one) => {
    if (one.event.name === "SharesMoved") return moves.has(one) ? [one] : [];
    const move = behind.get(one);
    return move === undefined ? [one] : [one, move];
  });
}

/** The pool comes first in every event of a pool; the protocol's fee is of all pools. */
function readAmm({ topics, data }: EventLog, id: string): PoolEvent | undefined {
  if (topics[0] !== FEE_SET && topics[1]?.toLowerCase() !== id) return undefined;
  const parsed = ammCodec.parseLog({ topics, data });
  if (parsed === null) return undefined;
  const { args } = parsed;
  const amounts = () => ({ amount0: numberOf(args, "amount0"), amount1: numberOf(args, "amount1") });
  switch (parsed.name) {
    case "PoolCreated":
      return {
        ...{ name: parsed.name, asset0: numberOf(args, "asset0"), asset1: numberOf(args, "asset1") },
        ...{ fee: numberOf(args, "fee"), alpha: numberOf(args, "alpha"), beta: numberOf(args, "beta") },
      };
    case "LiquidityAdded":
    case "LiquidityRemoved":
      return { name: parsed.name, account: accountOf(args), shares: numberOf(args, "shares"), ...amounts() };
    case "Swapped":
      return { name: parsed.name, account: accountOf(args), ...amounts() };
    case "BatchCleared":
      return {
        ...{ name: parsed.name, price: numberOf(args, "price") },
        ...{ amountIn0: numberOf(args, "amountIn0"), amountIn1: numberOf(args, "amountIn1") },
        ...{ amountOut0: numberOf(args, "amountOut0"), amountOut1: numberOf(args, "amountOut1") },
      };
    case "ProtocolFeeSet":
      return { name: parsed.name, fee: numberOf(args, "fee"), recipient: accountOf(args, "recipient") };
    case "ProtocolSharesAdded":
      return { name: parsed.name, shares: numberOf(args, "shares") };
    case "ProtocolSharesCollected":
      return { name: parsed.name, account: accountOf(args, "recipient"), shares: numberOf(args, "shares") };
    default:
      return undefined;
  }
}

function readTransfer({ topics, data }: EventLog, shareIds: readonly bigint[]): PoolEvent | undefined {
  const { sender, receiver, id, amount } = ledgerCodec.decodeEventLog("Transfer", data, topics) as unknown as {
    sender: string;
    receiver: string;
    id: bigint;
    amount: bigint;
  };
  return shareIds.includes(id) ? { name: "SharesMoved", from: sender, to: receiver, amount } : undefined;
}

/**
 * Transfers of the shares, each with the relayer's fee where that is in shares too. What the pool burns and mints in a
 * section of its own is in the AMM's logs.
 */
function movesOf(
  { operations, relayer }: SettledBatch,
  { core, shareIds }: { core: string; shareIds: readonly bigint[] },
): PoolEvent[] {
  return operations.flatMap(({ name, header, asset, amount, fee, outcome, account, receiver, id }): PoolEvent[] => {
    if (outcome !== "executed" || asset === undefined || !shareIds.includes(assetId(asset))) return [];
    if (shareIds.includes(header.shareId) && checkAddress(header.protocol, "protocol") === core) return [];
    // What goes into a protocol's book is nobody's, as in the logs.
    const to = name === "transfer" ? receiver?.account : ZeroAddress;
    if (account === undefined || to === undefined) {
      throw new ValidationError("UnknownAccount", "A batch moves shares of an account that is not known", { id });
    }
    const paid: PoolEvent[] =
      fee === undefined || fee === 0n ? [] : [{ name: "SharesMoved", from: account, to: relayer, amount: fee }];
    return [{ name: "SharesMoved", from: account, to, amount }, ...paid];
  });
}

function numberOf(args: Result, name: string): bigint {
  return args.getValue(name) as bigint;
}

function accountOf(args: Result, name = "account"): string {
  return args.getValue(name) as string;
}
