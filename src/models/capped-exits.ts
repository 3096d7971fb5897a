/**
 * The twin of contracts/libraries/CappedExits.sol: exits in the order of their requests, each made final at what its shares are worth
 * then, at most a cap that is fixed when it is made. Pure: each function answers a new queue. Shares are below 2^112, assets in units,
 * below 2^96; every division rounds down.
 */
export type CappedExit = {
  owner: string;
  shares: bigint;
  /** The most that it is paid; once it is final, what it is paid. */
  assets: bigint;
  /** When it may be made final, Unix seconds. */
  readyAt: bigint;
};

/** The state of a queue of exits, as `CappedExits` stores it. */
export type CappedExits = {
  /** Requests since the beginning; ids begin at 1. */
  count: bigint;
  /** Requests that are final: the first so many. */
  finalCount: bigint;
  /** Set aside for final requests and not paid. */
  owed: bigint;
  /** Those that are not paid, by id. */
  requests: ReadonlyMap<bigint, CappedExit>;
};

/** A queue that nobody has entered. */
export const EMPTY_CAPPED_EXITS: CappedExits = { count: 0n, finalCount: 0n, owed: 0n, requests: new Map() };

/** A request of shares, above 0, at the end of the line. */
export function pushCappedExit(queue: CappedExits, request: CappedExit): { queue: CappedExits; id: bigint } {
  const id = queue.count + 1n;
  return { queue: { ...queue, count: id, requests: new Map(queue.requests).set(id, request) }, id };
}

/** Makes every request up to `id` final, at `worthOf` its shares; what all of them are paid. */
export function finaliseCappedExits(
  queue: CappedExits,
  { id, worthOf }: { id: bigint; worthOf: (shares: bigint) => bigint },
): { queue: CappedExits; assets: bigint } {
  const requests = new Map(queue.requests);
  let assets = 0n;
  for (let each = queue.finalCount + 1n; each <= id; each += 1n) {
    const request = requests.get(each);
    if (request === undefined) continue; // there is none: those that are not final are not paid
    const worth = worthOf(request.shares);
    const paid = worth < request.assets ? worth : request.assets;
    requests.set(each, { ...request, assets: paid });
    assets += paid;
  }
  return { queue: { ...queue, requests, finalCount: id, owed: queue.owed + assets }, assets };
}

/** Pays request `id`, which is final; what it is paid. The request is forgotten. */
export function payCappedExit(queue: CappedExits, id: bigint): { queue: CappedExits; assets: bigint } {
  const requests = new Map(queue.requests);
  const assets = requests.get(id)?.assets ?? 0n;
  requests.delete(id);
  return { queue: { ...queue, requests, owed: queue.owed - assets }, assets };
}

/** Shares to make final until request `id` is; 0 when it is. */
export function pendingCappedExits(queue: CappedExits, id: bigint): bigint {
  let shares = 0n;
  for (const [each, request] of queue.requests) {
    if (each > queue.finalCount && each <= id) shares += request.shares;
  }
  return shares;
}
