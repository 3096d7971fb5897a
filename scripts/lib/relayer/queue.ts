import { type SignedWireOrder, type WireOrder } from "../../../src/relayer-protocol.js";
import { type StoredOrder } from "./database.js";

/** An order with what it says: co-signed, or under a signature of its own. */
export type OrderBody = WireOrder | SignedWireOrder;

export type QueuedOrder = Omit<StoredOrder, "body"> & { body: OrderBody };

/** Whether the order brings a signature of its own. */
export function isSigned(body: OrderBody): body is SignedWireOrder {
  return "signature" in body;
}

/** An order as the database has it, with its content read. */
export function toQueued(order: StoredOrder): QueuedOrder {
  return { ...order, body: JSON.parse(order.body) as OrderBody };
}

/** The open orders, by account and in the order of arrival. What is in a batch under way stays here. */
export class OrderQueue {
  readonly #byAccount = new Map<number, QueuedOrder[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** An account's orders, the oldest first. */
  of(account: number): readonly QueuedOrder[] {
    return this.#byAccount.get(account) ?? [];
  }

  countOf(account: number): number {
    return this.#byAccount.get(account)?.length ?? 0;
  }

  add(order: QueuedOrder): void {
    const orders = this.#byAccount.get(order.account);
    if (orders === undefined) this.#byAccount.set(order.account, [order]);
    else orders.push(order);
    this.#size += 1;
  }

  remove({ account, row }: { account: number; row: number }): void {
    const orders = this.#byAccount.get(account);
    const index = orders?.findIndex((order) => order.row === row) ?? -1;
    if (orders === undefined || index < 0) return;
    orders.splice(index, 1);
    this.#size -= 1;
    if (orders.length === 0) this.#byAccount.delete(account);
  }

  /** Accounts in the order in which they have waited, each with its orders. */
  accounts(): IterableIterator<[account: number, orders: readonly QueuedOrder[]]> {
    return this.#byAccount.entries();
  }

  /** Puts an account behind the others. */
  rotate(account: number): void {
    const orders = this.#byAccount.get(account);
    if (orders === undefined) return;
    this.#byAccount.delete(account);
    this.#byAccount.set(account, orders);
  }

  /** Every order. */
  *orders(): Generator<QueuedOrder> {
    for (const orders of this.#byAccount.values()) yield* orders;
  }
}
