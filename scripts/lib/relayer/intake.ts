import { type OrderAnswer, type RefusalCode } from "../../../src/relayer-protocol.js";
import { type NewOrder, type RelayerDatabase, type StoredOrder } from "./database.js";
import { type Log } from "./log.js";
import { type RelayerMetrics } from "./metrics.js";
import { type OrderQueue, toQueued } from "./queue.js";

/** Why something is refused: a code for programs, a clause for people. */
export type Refusal = { code: RefusalCode; reason: string };

export type IntakeOptions = {
  database: RelayerDatabase;
  queue: OrderQueue;
  metrics: RelayerMetrics;
  log: Log;
  /** Most open orders, of all and of one account. */
  maximum: number;
  maximumOfAccount: number;
  /** Milliseconds that an order may wait for others to be written with. */
  gather?: number;
};

type Waiting = { order: NewOrder; answer: (message: OrderAnswer) => void };

/**
 * Makes orders durable, several to a transaction of the database: an answer is given after the commit that holds the
 * order, never before. An account's id names one order for ever; who sends it again gets what has become of it.
 */
export class Intake {
  readonly #options: IntakeOptions;
  #waiting: Waiting[] = [];
  readonly #waitingOf = new Map<number, number>();

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** What became of an order that is stored already, or undefined. */
  known({ account, id, body }: Pick<NewOrder, "account" | "id" | "body">): OrderAnswer | undefined {
    const stored = this.#options.database.orderOf(account, id);
    if (stored === undefined) return undefined;
    return stored.body === body ? messageOf(stored) : reused(id);
  }

  /** Stores a checked order; `busy` and `too-many` bound what is kept. Never rejects. */
  add(order: NewOrder): Promise<OrderAnswer> {
    const { queue, maximum, maximumOfAccount, gather = 2 } = this.#options;
    const { account, id } = order;
    if (queue.size + this.#waiting.length >= maximum) return this.#refuse(id, BUSY);
    const waiting = this.#waitingOf.get(account) ?? 0;
    if (queue.countOf(account) + waiting >= maximumOfAccount) {
      return this.#refuse(id, { code: "too-many", reason: `an account may have ${maximumOfAccount} open orders` });
    }
    this.#waitingOf.set(account, waiting + 1);
    return new Promise((resolve) => {
      this.#waiting.push({ order, answer: resolve });
      if (this.#waiting.length === 1) setTimeout(() => this.#commit(), gather);
    });
  }

  #commit(): void {
    const { database, queue, metrics, log } = this.#options;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingOf.clear();
    let stored;
    try {
      stored = database.addOrders(waiting.map(({ order }) => order));
    } catch (error) {
      log("error", "orders could not be stored", { reason: error instanceof Error ? error.message : String(error) });
      metrics.refused.add(waiting.length, { code: "busy" });
      for (const { order, answer } of waiting) answer({ type: "refused", id: order.id, ...BUSY });
      return;
    }
    stored.forEach(({ order, isNew }, index) => {
      const request = waiting[index];
      if (request === undefined) return;
      if (isNew) {
        queue.add(toQueued(order));
        metrics.accepted.add();
      }
      request.answer(order.body === request.order.body ? messageOf(order) : reused(order.id));
    });
  }

  #refuse(id: string, refusal: Refusal): Promise<OrderAnswer> {
    this.#options.metrics.refused.add(1, { code: refusal.code });
    return Promise.resolve({ type: "refused", id, ...refusal });
  }
}

const BUSY: Refusal = { code: "busy", reason: "the relayer holds as many orders as it can: try again later" };

function reused(id: string): OrderAnswer {
  return { type: "refused", id, code: "id-reused", reason: "the id names another order" };
}

/** What a client is told of an order. */
export function messageOf({ id, state, reason, batch, outcomes }: StoredOrder): OrderAnswer {
  if (state === "settled") return { type: "settled", id, number: batch ?? 0, outcomes: [...(outcomes ?? [])] };
  if (state === "open") return { type: "accepted", id };
  const code = (reason ?? "unsettleable") as RefusalCode;
  return { type: "refused", id, code, reason: SENTENCES[code] ?? code };
}

/** Reasons that orders are refused for after they were accepted. */
const SENTENCES: Partial<Record<RefusalCode, string>> = {
  deadline: "the deadline passed before a batch could hold it",
  sequence: "the account's word has moved past its sequence",
  unsigned: "the account did not sign the batches that held it",
  unsettleable: "no batch that held it could be executed",
  unsupported: "the account's key may not do it any more",
};
