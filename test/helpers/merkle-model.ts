import { type RewardTree, type RewardClaim } from "../../src/index.js";

export const DECISION_PERIOD = 7n * 24n * 3600n;

/** What a call of the model comes to: amounts paid, or the name of the error. */
export type Outcome = { paid: readonly bigint[] } | { refused: string };

type Pending = { tree: RewardTree; validAt: bigint; disputer?: string; decideBy: bigint; isConfirmed: boolean };

/** A distribution as docs/merkle.md tells it, on exact numbers and without hashes of its own. */
export class DistributionModel {
  readonly id: string;
  readonly delay: bigint;
  readonly bond: bigint;
  paid = new Map<string, bigint>();
  funded = 0n;
  reserve = 0n;
  pending: Pending | undefined;
  #current: RewardTree | undefined;

  constructor({ id, delay, bond }: { id: string; delay: bigint; bond: bigint }) {
    this.id = id;
    this.delay = delay;
    this.bond = bond;
  }

  /** The tree that pays at `now`. */
  current(now: bigint): RewardTree | undefined {
    const { pending } = this;
    const isDue = pending !== undefined && pending.disputer === undefined && now >= pending.validAt;
    return isDue ? pending.tree : this.#current;
  }

  fund(amount: bigint): void {
    this.funded += amount;
    this.reserve += amount;
  }

  /** Has the tree wait. The account whose bond goes back, if there is one. */
  submit(tree: RewardTree, now: bigint): string | undefined {
    this.#current = this.current(now);
    const back = this.pending?.disputer;
    this.pending = { tree, validAt: now + this.delay, decideBy: 0n, isConfirmed: false };
    return back;
  }

  dispute(disputer: string, now: bigint): void {
    if (this.pending === undefined) return;
    this.pending = { ...this.pending, disputer, decideBy: now + DECISION_PERIOD };
  }

  /** Whether a dispute of the pending tree is possible. */
  isOpen(now: bigint): boolean {
    const { pending } = this;
    if (pending === undefined || now >= pending.validAt) return false;
    return pending.disputer === undefined && !pending.isConfirmed;
  }

  /** The account whose bond goes back. */
  uphold(): string | undefined {
    const back = this.pending?.disputer;
    this.pending = undefined;
    return back;
  }

  reject(): void {
    if (this.pending === undefined) return;
    const { tree, validAt } = this.pending;
    this.pending = { tree, validAt, decideBy: 0n, isConfirmed: true };
    this.fund(this.bond);
  }

  /** One claim; `isStrict` refuses one by which nothing is owed. Nothing changes where it is refused. */
  claim({ id, account, cumulative, proof }: RewardClaim, now: bigint, isStrict: boolean): Outcome {
    const tree = this.current(now);
    // The tree itself says whether the proof is its own: no hash is computed here.
    const isProved =
      tree !== undefined && id === this.id && tree.cumulativeOf(account) === cumulative && cumulative > 0n;
    const isSame = isProved && tree.claimOf(account).proof.join() === proof.join();
    if (!isSame) return { refused: "MerkleInvalidProof" };
    const before = this.paid.get(account) ?? 0n;
    if (cumulative <= before) return isStrict ? { refused: "MerkleNothingToClaim" } : { paid: [0n] };
    const amount = cumulative - before;
    if (amount > this.reserve) return { refused: "MerkleInsufficientFunds" };
    this.paid.set(account, cumulative);
    this.reserve -= amount;
    return { paid: [amount] };
  }
}
