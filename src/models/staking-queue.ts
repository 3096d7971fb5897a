import { getAddress, toBeHex, ZeroAddress } from "ethers";
import { type ModelState } from "./state.js";

/** A twin of `ExitQueue.Request`. */
export type ExitRequest = { owner: string; shares: bigint; start: bigint; assets: bigint; readyAt: bigint };
/** A twin of `ExitQueue.Checkpoint`. */
export type ExitCheckpoint = { upTo: bigint; assets: bigint };
/** A twin of `ExitQueue.Payment`. */
export type ExitPayment = { shares: bigint; assets: bigint; excess: bigint };

const NONE: ExitCheckpoint = { upTo: 0n, assets: 0n };

/** Exits in the order of their requests, in a model's state under `name`: a twin of `ExitQueue`. */
export class StakingQueue {
  readonly #state: ModelState;
  readonly #name: string;

  constructor({ state, name }: { state: ModelState; name: string }) {
    this.#state = state;
    this.#name = name;
  }

  /* CHANGES */

  /** Puts a request at the end of the line; answers its id. */
  push({ owner, shares, assets, readyAt }: Omit<ExitRequest, "start">): bigint {
    const { requested, count } = this.totals();
    const id = count + 1n;
    this.#set("requested", requested + shares);
    this.#set("count", id);
    this.#setRequest(id, { owner, shares, start: requested, assets, readyAt });
    return id;
  }

  /** Sets `assets` aside for the next `shares` of the line. */
  finalise(shares: bigint, assets: bigint): void {
    const { owed, checkpoints } = this.totals();
    const last = this.#last();
    this.#set("owed", owed + assets);
    this.#set(`checkpoint ${checkpoints} upTo`, last.upTo + shares);
    this.#set(`checkpoint ${checkpoints} assets`, last.assets + assets);
    this.#set("checkpoints", checkpoints + 1n);
  }

  /** Takes off the line what is finalised of a request. */
  pay(id: bigint): ExitPayment {
    const { owed, checkpoints } = this.totals();
    const payment = { shares: 0n, assets: 0n, excess: 0n };
    let request = this.requestOf(id);
    let index = this.#find(request.start);
    let before = index === 0n ? NONE : this.checkpointOf(index - 1n);
    for (; index < checkpoints && request.shares !== 0n; index++) {
      const checkpoint = this.checkpointOf(index);
      request = payOne(request, { before, checkpoint, payment });
      before = checkpoint;
    }
    if (payment.shares === 0n) return payment;
    this.#set("owed", owed - payment.assets - payment.excess);
    const isPaid = request.shares === 0n;
    this.#setRequest(id, isPaid ? { owner: ZeroAddress, shares: 0n, start: 0n, assets: 0n, readyAt: 0n } : request);
    return payment;
  }

  /* VIEWS */

  /** As `IStakingCore.queueOf` has it. */
  totals(): { requested: bigint; owed: bigint; count: bigint; checkpoints: bigint } {
    return {
      ...{ requested: this.#get("requested"), owed: this.#get("owed") },
      ...{ count: this.#get("count"), checkpoints: this.#get("checkpoints") },
    };
  }

  /** Shares that are not finalised. */
  pending(): bigint {
    return this.#get("requested") - this.#last().upTo;
  }

  /** Shares to finalise until the whole of the request is; 0 when it is. */
  pendingUpTo(id: bigint): bigint {
    const { start, shares } = this.requestOf(id);
    const { upTo } = this.#last();
    return start + shares > upTo ? start + shares - upTo : 0n;
  }

  requestOf(id: bigint): ExitRequest {
    const get = (field: string): bigint => this.#get(`request ${id} ${field}`);
    return {
      ...{ owner: getAddress(toBeHex(get("owner"), 20)), shares: get("shares"), start: get("start") },
      ...{ assets: get("assets"), readyAt: get("readyAt") },
    };
  }

  checkpointOf(index: bigint): ExitCheckpoint {
    return { upTo: this.#get(`checkpoint ${index} upTo`), assets: this.#get(`checkpoint ${index} assets`) };
  }

  /* INTERNALS */

  #setRequest(id: bigint, { owner, ...numbers }: ExitRequest): void {
    for (const [field, value] of Object.entries({ owner: BigInt(owner), ...numbers })) {
      this.#set(`request ${id} ${field}`, value);
    }
  }

  /** The first checkpoint behind `place`; their number when there is none. */
  #find(place: bigint): bigint {
    let [low, high] = [0n, this.#get("checkpoints")];
    while (low < high) {
      const middle = (low + high) / 2n;
      if (this.checkpointOf(middle).upTo > place) high = middle;
      else low = middle + 1n;
    }
    return low;
  }

  #last(): ExitCheckpoint {
    const count = this.#get("checkpoints");
    return count === 0n ? NONE : this.checkpointOf(count - 1n);
  }

  #get(field: string): bigint {
    return this.#state.get(`${this.#name} ${field}`);
  }

  #set(field: string, value: bigint): void {
    this.#state.set(`${this.#name} ${field}`, value);
  }
}

/** One finalisation's part of a request, added to the payment; answers what is left of the request. */
function payOne(
  request: ExitRequest,
  { before, checkpoint, payment }: { before: ExitCheckpoint; checkpoint: ExitCheckpoint; payment: ExitPayment },
): ExitRequest {
  const length = checkpoint.upTo - before.upTo;
  const assets = checkpoint.assets - before.assets;
  const from = request.start - before.upTo;
  const to = from + request.shares < length ? from + request.shares : length;
  const value = (to * assets) / length - (from * assets) / length;
  const shares = to - from;
  const worth = (request.assets * shares) / request.shares;
  const paid = value < worth ? value : worth;
  payment.shares += shares;
  payment.assets += paid;
  payment.excess += value - paid;
  const { owner, readyAt } = request;
  const rest = { shares: request.shares - shares, start: request.start + shares, assets: request.assets - worth };
  return { owner, readyAt, ...rest };
}
