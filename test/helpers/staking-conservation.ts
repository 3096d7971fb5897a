import { expect } from "chai";
import { type QueueWorld } from "../../scripts/lib/vectors/queue-world.js";
import { type StreamWorld } from "../../scripts/lib/vectors/stream-world.js";
import { waitingOf } from "../../src/models/stream.js";

const INDEX_BITS = 80n;
const RATE_BITS = 32n;
const ACCRUED_BITS = 12n;

/** Rewards · 2^80: what flowed to holders, what the last division left and what waits are what was funded; a holder gets what is its own, rounded down. */
export function expectShares({ stream, time, holders }: StreamWorld): void {
  const unseen = holders.reduce((sum, { weight, checkpoint }) => sum + weight * (stream.index - checkpoint), 0n);
  const exact = holders.reduce((sum, holder) => sum + holder.exact, unseen);
  const waiting = waitingOf(stream, time) << (INDEX_BITS - RATE_BITS);
  expect(exact + stream.remainder + waiting, "funded").to.equal(stream.funded << INDEX_BITS);
  for (const holder of holders) {
    const counted = ((holder.paid << ACCRUED_BITS) + holder.accrued) << (INDEX_BITS - ACCRUED_BITS);
    const lost = holder.exact - counted;
    expect(lost >= 0n && lost <= holder.settlements << (INDEX_BITS - ACCRUED_BITS), "rounded down once a settlement").to
      .be.true;
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
