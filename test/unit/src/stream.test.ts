import { expect } from "chai";
import { type StreamStep, StreamWorld } from "../../../scripts/lib/vectors/stream-world.js";
import {
  ACCRUED_BITS,
  accruedRewards,
  EMPTY_STREAM,
  fundStream,
  MAX_STREAM_FUNDED,
  MAX_STREAM_WEIGHT,
  MIN_STREAM_WEIGHT,
  packStream,
  payDebt,
  rebaseDebt,
  waitingOf,
} from "../../../src/models/stream.js";

/** Three of them are a hair more than a stream needs, two pause it, and no power of two divides them. */
const WEIGHT = MIN_STREAM_WEIGHT / 3n + 1n;
const WEIGHTS = [0n, 1n, 2n, 3n].map((count) => count * WEIGHT);
const ELAPSED = [0n, 1n, 2n, 3n];
const AMOUNTS = [1n, 1_000_003n];
const DURATIONS = [1n, 2n, 3n];
/** Paid into the running stream; 0 is nothing. */
const ADDED = [0n, 5n];

type Stage = { weights: readonly [bigint, bigint]; elapsed: bigint };
type Schedule = { amount: bigint; duration: bigint; added: bigint; stages: readonly Stage[] };

const STAGES: readonly Stage[] = WEIGHTS.flatMap((first) =>
  WEIGHTS.flatMap((second) => ELAPSED.map((elapsed) => ({ weights: [first, second] as const, elapsed }))),
);

function* allSchedules(): Generator<Schedule> {
  for (const amount of AMOUNTS)
    for (const duration of DURATIONS)
      for (const added of ADDED)
        for (const first of STAGES)
          for (const second of STAGES) yield { amount, duration, added, stages: [first, second] };
}

/** Plays the schedule; `poked` every second, or once a stage. */
function play({ amount, duration, added, stages }: Schedule, isPoked: boolean): StreamWorld {
  const world = new StreamWorld({ time: 1_000n, holders: 2 });
  world.fund(amount, duration);
  for (const { weights, elapsed } of stages) {
    for (const [holder, weight] of weights.entries()) world.setWeight(holder, weight);
    if (isPoked) for (let second = 0n; second < elapsed; second += 1n) world.pass(1n);
    else world.pass(elapsed);
    if (added !== 0n) world.fund(added, duration);
  }
  for (const holder of world.holders.keys()) world.claim(holder);
  return world;
}

/** As `expect`, which is too slow for millions of them. */
function check(condition: boolean, what: string): void {
  if (!condition) expect.fail(what);
}

/** What each step does to the stream before it. */
function checkSteps({ steps }: StreamWorld): void {
  let before: Extract<StreamStep, { do: "accrue" | "fund" }> | undefined;
  for (const step of steps) {
    if (step.do !== "accrue" && step.do !== "fund") continue;
    const { stream, waiting, left } = step;
    if (before !== undefined) {
      const waited = waitingOf(before.stream, before.left, step.do === "fund" ? step.time : step.from);
      if (step.do === "fund") {
        check(waiting === waited + (step.amount << 32n), "funding adds to what waits");
        check(stream.index === before.stream.index, "funding distributes nothing");
      } else if (step.weight < MIN_STREAM_WEIGHT) {
        check(waiting === waited, "a pause loses nothing");
        check(stream.index === before.stream.index, "a pause distributes nothing");
      } else {
        check(waiting <= waited, "time adds nothing to what waits");
        check(stream.index >= before.stream.index, "the index never falls");
        check(left === before.left, "time leaves what a division left");
      }
    }
    before = step;
  }
}

function checkPayments(world: StreamWorld): void {
  let [paid, exact] = [0n, 0n];
  for (const [number, holder] of world.holders.entries()) {
    paid += holder.paid;
    exact += world.exactOf(number);
    const lost = (world.exactOf(number) >> 80n) - holder.paid;
    check(lost === 0n || lost === 1n, "at most one unit a holder less");
  }
  check(paid <= world.funded, "at most what was funded");
  check(exact + world.stream.remainder + (world.waiting << 48n) === world.funded << 80n, "nothing is lost");
}

function isSame(one: StreamWorld, other: StreamWorld): boolean {
  const [a, b] = [packStream(one.stream), packStream(other.stream)];
  return (
    a[0] === b[0] &&
    a[1] === b[1] &&
    one.left === other.left &&
    one.holders.every(({ debt, paid }, number) => {
      const twin = other.holders[number];
      return debt === twin?.debt && paid === twin.paid && one.exactOf(number) === other.exactOf(number);
    })
  );
}

describe("model of streams", () => {
  it("is exact in every small schedule of two holders", function () {
    this.timeout(300_000);
    for (const schedule of allSchedules()) {
      const world = play(schedule, false);
      checkSteps(world);
      checkPayments(world);
      check(isSame(world, play(schedule, true)), "pokes change nothing");
    }
  });

  it("pays everything but dust when all time has passed", () => {
    for (const weights of WEIGHTS.flatMap((first) => WEIGHTS.map((second) => [first, second] as const))) {
      if (weights[0] + weights[1] < MIN_STREAM_WEIGHT) continue;
      for (const amount of AMOUNTS) {
        for (const duration of DURATIONS) {
          const stages = [{ weights, elapsed: 5n }];
          const { holders } = play({ amount, duration, added: 0n, stages }, false);
          const paid = holders.reduce((sum, holder) => sum + holder.paid, 0n);
          expect(amount - paid <= 2n, "a unit of each holder").to.be.true;
        }
      }
    }
  });

  it("gives nothing to who comes and goes within a second", () => {
    const world = new StreamWorld({ time: 1_000n, holders: 2 });
    world.setWeight(0, MIN_STREAM_WEIGHT);
    world.fund(10n ** 12n, 1_000n);
    world.pass(10n);
    world.setWeight(1, 1n << 90n);
    world.fund(10n ** 12n, 1_000n);
    expect(world.claim(1)).to.equal(0n);
    world.setWeight(1, 0n);
    world.pass(1_000n);
    expect(world.claim(1)).to.equal(0n);
    expect(world.accruedOf(1)).to.equal(0n);
  });

  it("counts in 4,096ths of a reward, so that a holder who comes and goes often loses little", () => {
    const world = new StreamWorld({ time: 1_000n, holders: 1 });
    world.setWeight(0, 3n * WEIGHT);
    world.fund(1_000n, 1_000n);
    for (let second = 0; second < 1_000; second += 1) {
      world.pass(1n);
      world.setWeight(0, 3n * WEIGHT + BigInt(second % 2));
    }
    const lost = world.exactOf(0) - (world.accruedOf(0) << 68n);
    expect(lost >= 0n && lost < 2_000n << 68n, "less than two 4,096ths a change").to.be.true;
    expect(world.claim(0)).to.equal(999n);
    expect(ACCRUED_BITS).to.equal(12n);
  });

  it("loses nothing by claims, however often", () => {
    const world = new StreamWorld({ time: 1_000n, holders: 1 });
    world.setWeight(0, 3n * WEIGHT);
    world.fund(1_000n, 1_000n);
    for (let second = 0; second < 1_000; second += 1) {
      world.pass(1n);
      world.claim(0);
    }
    expect(world.holders[0]?.paid).to.equal(999n);
    expect(world.exactOf(0) - ((999n << 80n) + (world.accruedOf(0) << 68n)) < 1n << 68n).to.be.true;
  });

  it("counts nothing where rounded debts exceed what is accrued, and makes up for it", () => {
    const index = (1n << 100n) + 1n;
    const weight = 1_000_003n;
    let debt = 0n;
    for (let time = 0; time < 5; time += 1) {
      debt = rebaseDebt(debt, { from: 0n, to: weight, index });
      expect(accruedRewards({ weight, debt }, index)).to.equal(0n);
      debt = rebaseDebt(debt, { from: weight, to: 0n, index });
      expect(accruedRewards({ weight: 0n, debt }, index)).to.equal(0n);
    }
    expect(debt).to.equal(5n);
    debt = rebaseDebt(debt, { from: 0n, to: weight, index });
    expect(accruedRewards({ weight, debt }, index + (1n << 80n))).to.equal((weight << 12n) - 6n);
  });

  it("keeps debts modulo 2^112 at the largest index", () => {
    const index = (1n << 152n) - 1n - (1n << 60n);
    const weight = MAX_STREAM_WEIGHT;
    const debt = rebaseDebt(0n, { from: 0n, to: weight, index });
    expect((weight * index) >> 68n > 1n << 112n, "more than a debt holds").to.be.true;
    expect(debt < 1n << 112n).to.be.true;
    const accrued = accruedRewards({ weight, debt }, index + (1n << 60n));
    const exact = (weight << 60n) >> 68n;
    expect(accrued === exact || accrued === exact - 1n).to.be.true;
    const paid = payDebt(debt, accrued >> 12n);
    expect(accruedRewards({ weight, debt: paid }, index + (1n << 60n))).to.equal(accrued & 4_095n);
    expect(payDebt((1n << 112n) - 1n, 1n)).to.equal(4_095n);
  });

  it("holds all that a stream can be funded with in a life", () => {
    const { stream, left } = fundStream(EMPTY_STREAM, {
      left: 0n,
      amount: MAX_STREAM_FUNDED,
      time: 0n,
      end: 1n << 27n,
    });
    expect(waitingOf(stream, left, 0n)).to.equal(MAX_STREAM_FUNDED << 32n);
    const world = new StreamWorld({ time: 0n, holders: 2 });
    world.setWeight(0, MIN_STREAM_WEIGHT);
    expect(world.fund(MAX_STREAM_FUNDED, 1n << 21n)).to.be.true;
    expect(world.fund(1n, 1n)).to.be.false;
    world.pass(1n << 20n);
    world.setWeight(1, MAX_STREAM_WEIGHT - MIN_STREAM_WEIGHT);
    world.setWeight(0, 0n);
    world.pass(1n << 20n);
    expect(world.waiting).to.equal(world.left);
    // The last division by the largest weight leaves less than 2^96 / 2^80 rewards.
    expect(world.claim(0) + world.claim(1) >= MAX_STREAM_FUNDED - (1n << 16n) - 3n).to.be.true;
    checkPayments(world);
  });
});
