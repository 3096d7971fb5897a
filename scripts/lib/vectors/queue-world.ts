import {
  EMPTY_EXIT_QUEUE,
  type ExitPayment,
  type ExitQueue,
  finaliseExits,
  payExit,
  pendingExits,
  pendingUpToExit,
  pushExit,
} from "../../../src/models/exit-queue.js";

export type QueueCall =
  | { do: "push"; id: bigint; owner: string; shares: bigint; assets: bigint; readyAt: bigint }
  | { do: "finalise"; shares: bigint; assets: bigint }
  | { do: "pay"; id: bigint; maxCheckpoints: bigint };

/** A call of the library, with what it gave and the queue after it. */
export type QueueStep = QueueCall & {
  payment: ExitPayment;
  queue: ExitQueue;
  pending: bigint;
  /** Of the request that the call is about; 0 of a finalisation. */
  pendingUpTo: bigint;
};

export const ALL_CHECKPOINTS: bigint = (1n << 256n) - 1n;
const NOTHING: ExitPayment = { shares: 0n, assets: 0n, excess: 0n };
const MAX_OWED = (1n << 96n) - 1n;

/** A queue, driven as a core does. */
export class QueueWorld {
  queue: ExitQueue = EMPTY_EXIT_QUEUE;
  readonly steps: QueueStep[] = [];

  push(request: { owner: string; shares: bigint; assets: bigint; readyAt: bigint }): bigint {
    const { queue, id } = pushExit(this.queue, request);
    this.queue = queue;
    this.#record({ do: "push", id, ...request });
    return id;
  }

  /** False where a core cannot: there are not as many shares in the line, or not as many assets in the world. */
  finalise(shares: bigint, assets: bigint): boolean {
    if (shares < 1n || shares > pendingExits(this.queue) || assets > MAX_OWED - this.queue.owed) return false;
    this.queue = finaliseExits(this.queue, { shares, assets });
    this.#record({ do: "finalise", shares, assets });
    return true;
  }

  pay(id: bigint, maxCheckpoints = ALL_CHECKPOINTS): ExitPayment {
    const { queue, payment } = payExit(this.queue, { id, maxCheckpoints });
    this.queue = queue;
    this.#record({ do: "pay", id, maxCheckpoints }, payment);
    return payment;
  }

  #record(call: QueueCall, payment: ExitPayment = NOTHING): void {
    const { queue } = this;
    const pendingUpTo = call.do === "finalise" ? 0n : pendingUpToExit(queue, call.id);
    this.steps.push({ ...call, payment, queue, pending: pendingExits(queue), pendingUpTo });
  }
}
