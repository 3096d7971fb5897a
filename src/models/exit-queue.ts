/**
 * The twin of contracts/libraries/ExitQueue.sol: exits in the order of their requests, made final for any number of shares at one
 * price, and paid at most what they were worth when they were made. Pure: each function answers a new queue. Shares and assets are
 * in units, below 2^96; every division rounds down, and all parts of a finalisation add up to it.
 */
export type ExitRequest = {
  owner: string;
  /** Not paid yet. */
  shares: bigint;
  /** Place on the line of the first of them. */
  start: bigint;
  /** What they were worth when the request was made. */
  assets: bigint;
  /** When it may be made final, Unix seconds. */
  readyAt: bigint;
};

/** Up to place `upTo` of the line `assets` were set aside since the beginning. */
export type ExitCheckpoint = { upTo: bigint; assets: bigint };

/** The state of a queue of exits, as `ExitQueue` stores it. */
export type ExitQueue = {
  /** Shares since the beginning: the end of the line. */
  requested: bigint;
  /** Set aside and neither paid nor given back. */
  owed: bigint;
  /** Requests since the beginning; ids begin at 1. */
  count: bigint;
  checkpoints: readonly ExitCheckpoint[];
  /** Those that are not paid whole, by id. */
  requests: ReadonlyMap<bigint, ExitRequest>;
};

/** What a request is paid. */
export type ExitPayment = {
  /** Its shares that this pays for. */
  shares: bigint;
  assets: bigint;
  /** Set aside for it and more than it was worth when it was made: back to whoever stays. */
  excess: bigint;
};

/** A queue that nobody has entered. */
export const EMPTY_EXIT_QUEUE: ExitQueue = {
  requested: 0n,
  owed: 0n,
  count: 0n,
  checkpoints: [],
  requests: new Map(),
};

const START: ExitCheckpoint = { upTo: 0n, assets: 0n };

/** A request of `shares`, above 0, at the end of the line. */
export function pushExit(queue: ExitQueue, request: Omit<ExitRequest, "start">): { queue: ExitQueue; id: bigint } {
  const id = queue.count + 1n;
  const requests = new Map(queue.requests).set(id, { ...request, start: queue.requested });
  return { queue: { ...queue, requests, requested: queue.requested + request.shares, count: id }, id };
}

/** Sets `assets` aside for the next `shares` of the line, which are at most `pendingExits` and above 0. */
export function finaliseExits(queue: ExitQueue, { shares, assets }: { shares: bigint; assets: bigint }): ExitQueue {
  const last = lastOf(queue);
  const checkpoint = { upTo: last.upTo + shares, assets: last.assets + assets };
  return { ...queue, owed: queue.owed + assets, checkpoints: [...queue.checkpoints, checkpoint] };
}

/** Takes off the line what is final of a request, over at most `maxCheckpoints` finalisations; all 0 when nothing is. */
export function payExit(
  queue: ExitQueue,
  { id, maxCheckpoints }: { id: bigint; maxCheckpoints?: bigint },
): { queue: ExitQueue; payment: ExitPayment } {
  const payment = { shares: 0n, assets: 0n, excess: 0n };
  const found = queue.requests.get(id);
  if (found === undefined) return { queue, payment };
  const request = { ...found };
  let before = START;
  let looked = 0n;
  for (const checkpoint of queue.checkpoints) {
    if (request.shares === 0n || looked === maxCheckpoints) break;
    if (checkpoint.upTo > request.start) {
      payOne(request, { before, checkpoint, payment });
      looked += 1n;
    }
    before = checkpoint;
  }
  if (payment.shares === 0n) return { queue, payment };
  const requests = new Map(queue.requests);
  if (request.shares === 0n) requests.delete(id);
  else requests.set(id, request);
  return { queue: { ...queue, requests, owed: queue.owed - payment.assets - payment.excess }, payment };
}

/** Shares that are not final. */
export function pendingExits(queue: ExitQueue): bigint {
  return queue.requested - lastOf(queue).upTo;
}

/** Shares to make final until the whole of request `id` is; 0 when it is. */
export function pendingUpToExit(queue: ExitQueue, id: bigint): bigint {
  const request = queue.requests.get(id);
  if (request === undefined) return 0n;
  const pending = request.start + request.shares - lastOf(queue).upTo;
  return pending > 0n ? pending : 0n;
}

function payOne(
  request: ExitRequest,
  { before, checkpoint, payment }: { before: ExitCheckpoint; checkpoint: ExitCheckpoint; payment: ExitPayment },
): void {
  const length = checkpoint.upTo - before.upTo;
  const assets = checkpoint.assets - before.assets;
  const from = request.start - before.upTo;
  const to = from + request.shares < length ? from + request.shares : length;
  // From place to place, each rounded down, so that all parts add up.
  const value = (to * assets) / length - (from * assets) / length;
  const worth = (request.assets * (to - from)) / request.shares;
  const paid = value < worth ? value : worth;
  payment.shares += to - from;
  payment.assets += paid;
  payment.excess += value - paid;
  request.shares -= to - from;
  request.start += to - from;
  request.assets -= worth;
}

function lastOf(queue: ExitQueue): ExitCheckpoint {
  return queue.checkpoints.at(-1) ?? START;
}
