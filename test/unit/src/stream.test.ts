import { expect } from "chai";
import { StreamWorld } from "../../../scripts/lib/vectors/stream-world.js";
import { ACCRUED_BITS, MIN_STREAM_WEIGHT, packStream, type Stream, waitingOf } from "../../../src/models/stream.js";

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
  let before: Stream | undefined;
  for (const step of steps) {
    if (!("stream" in step)) continue;
    const { stream } = step;
    if (before !== undefined) {
      if (step.do === "fund") {
        check(step.waiting === waitingOf(before, step.time) + (step.amount << 32n), "funding adds to what waits");
        check(stream.index === before.index, "funding distributes nothing");
      } else if (step.weight < MIN_STREAM_WEIGHT) {
        check(step.waiting === waitingOf(before, step.from), "a pause loses nothing");
        check(stream.index === before.index, "a pause distributes nothing");
      } else {
        check(step.waiting <= waitingOf(before, step.from), "time adds nothing to what waits");
        check(stream.index >= before.index, "the index never falls");
      }
    }
    before = stream;
  }
}

function checkPayments({ stream, time, holders }: StreamWorld): void {
  let [paid, exact] = [0n, 0n];
  for (const holder of holders) {
    paid += holder.paid;
    exact += holder.exact;
    const lost = (holder.exact >> 80n) - holder.paid;
    check(lost === 0n || lost === 1n, "at most one unit a holder less");
  }
  check(paid <= stream.funded, "at most what was funded");
  const rest = stream.remainder + (waitingOf(stream, time) << 48n);
  check(exact + rest === stream.funded << 80n, "nothing is lost");
}

function isSame(one: StreamWorld, other: StreamWorld): boolean {
  const [a, b] = [packStream(one.stream), packStream(other.stream)];
  return (
    a[0] === b[0] && a[1] === b[1] && one.holders.every(({ exact }, number) => exact === other.holders[number]?.exact)
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
    expect(world.holders[1]?.accrued).to.equal(0n);
  });

  it("counts in 4,096ths of a reward, so that a holder who is settled often loses little", () => {
    const world = new StreamWorld({ time: 1_000n, holders: 1 });
    world.setWeight(0, 3n * WEIGHT);
    world.fund(1_000n, 1_000n);
    for (let second = 0; second < 1_000; second += 1) {
      world.pass(1n);
      world.settle(0);
    }
    expect(world.claim(0)).to.equal(999n);
    expect(ACCRUED_BITS).to.equal(12n);
  });
});
