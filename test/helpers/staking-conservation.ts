import { expect } from "chai";
import { type QueueWorld } from "../../scripts/lib/vectors/queue-world.js";
import { type StreamWorld } from "../../scripts/lib/vectors/stream-world.js";
import { ACCRUED_BITS } from "../../src/models/stream.js";

const INDEX_BITS = 80n;
const RATE_BITS = 32n;
/** From rewards · 2^12 to rewards · 2^80. */
const DEBT_SHIFT = INDEX_BITS - ACCRUED_BITS;

/**
 * Rewards · 2^80: what flowed to holders, what the last division left and what waits are what was funded. A holder gets what is his
 * own, and less by under a unit of his debt where he is looked at, and by under two where his weight was changed: both his old and his
 * new share are rounded. (The first change is from none, which is exact.)
 */
export function expectShares(world: StreamWorld): void {
  const { stream, holders } = world;
  const exact = holders.reduce((sum, _, number) => sum + world.exactOf(number), 0n);
  const waiting = world.waiting << (INDEX_BITS - RATE_BITS);
  expect(exact + stream.remainder + waiting, "funded").to.equal(world.funded << INDEX_BITS);
  for (const [number, { paid, changes }] of holders.entries()) {
    const accrued = world.accruedOf(number);
    const lost = world.exactOf(number) - (((paid << ACCRUED_BITS) + accrued) << DEBT_SHIFT);
    expect(lost >= 0n, "at most the exact share").to.be.true;
    expect(lost <= (2n * changes) << DEBT_SHIFT, "rounded down at most twice a change").to.be.true;
    // Between claims there can be whole rewards.
    const whole = paid + (accrued >> ACCRUED_BITS);
    const least = (world.exactOf(number) - ((2n * changes) << DEBT_SHIFT)) >> INDEX_BITS;
    expect(whole >= least, "at most one unit less, and what changes cost").to.be.true;
  }
}

/** Every share that is final and paid was paid once, in its order; what was set aside is owed, paid or given back. */
export function expectExits({ steps, queue }: QueueWorld): void {
  const worth = new Map<bigint, { shares: bigint; assets: bigint }>();
  let setAside = 0n;
  let gone = 0n;
  for (const step of steps) {
    if (step.do === "push") worth.set(step.id, { shares: step.shares, assets: step.assets });
    if (step.do === "finalise") setAside += step.assets;
    if (step.do !== "pay") continue;
    gone += step.payment.assets + step.payment.excess;
    const rest = worth.get(step.id);
    if (rest === undefined) {
      expect(step.payment, "paid to nobody").to.deep.equal({ shares: 0n, assets: 0n, excess: 0n });
      continue;
    }
    rest.shares -= step.payment.shares;
    rest.assets -= step.payment.assets;
    expect(rest.shares, "shares left").to.equal(step.queue.requests.get(step.id)?.shares ?? 0n);
    expect(rest.assets >= 0n, "paid at most what it was worth").to.be.true;
    expect(step.queue.owed, "owed").to.equal(setAside - gone);
  }
  expect(queue.owed, "owed").to.equal(setAside - gone);
}
