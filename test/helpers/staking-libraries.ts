import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { type QueueStep } from "../../scripts/lib/vectors/queue-world.js";
import { type StreamStep } from "../../scripts/lib/vectors/stream-world.js";
import { packStream } from "../../src/models/stream.js";
import { type ExitQueueHarness, type StreamHarness } from "../../typechain-types/index.js";

const ACCRUE = 0n;
const FUND = 1n;
const KINDS = { push: 0n, finalise: 1n, pay: 2n } as const;
const NO_REQUEST = { owner: ZeroAddress, shares: 0n, start: 0n, assets: 0n, readyAt: 0n };

/** What a core keeps in the high half of the second word. */
const OF_CORE = ((1n << 128n) - 3n) << 128n;

/** Runs what the model did through the library and expects the same, to the wei and to the bit that is stored. */
export async function expectStreamSteps(harness: StreamHarness, steps: readonly StreamStep[]): Promise<void> {
  const moves = steps.filter((step) => step.do === "accrue" || step.do === "fund");
  const outcomes = await harness.run(
    [0n, OF_CORE],
    moves.map((step) =>
      step.do === "accrue"
        ? { kind: ACCRUE, value: step.weight, from: step.from, to: step.to }
        : { kind: FUND, value: step.amount, from: step.time, to: step.end },
    ),
  );
  const stored = moves.map(({ stream, left, waiting }) => {
    const [word0, word1] = packStream(stream);
    return { words: [word0, word1 | OF_CORE], left, waiting };
  });
  expect(outcomes.map(({ words, left, waiting }) => ({ words: [...words], left, waiting }))).to.deep.equal(stored);
  await expectHolderSteps(harness, steps);
}

async function expectHolderSteps(harness: StreamHarness, steps: readonly StreamStep[]): Promise<void> {
  const asked = steps
    .filter((step) => step.do === "weigh" || step.do === "claim")
    .map((step) => ({
      ...step,
      to: step.do === "weigh" ? step.to : step.weight,
      amount: step.do === "claim" ? step.paid : 0n,
    }));
  const answers = await harness.ask(asked);
  expect(
    asked.map((step, number) => {
      const { accrued, rebased, paid } = answers[number] ?? {};
      return step.do === "weigh" ? { accrued, rebased } : { accrued, owing: paid };
    }),
  ).to.deep.equal(
    asked.map((step) =>
      step.do === "weigh"
        ? { accrued: step.accrued, rebased: step.rebased }
        : { accrued: step.accrued, owing: step.owing },
    ),
  );
}

/** As `expectStreamSteps`, each schedule on a queue of its own. */
export async function expectQueueSteps(
  harness: ExitQueueHarness,
  schedules: readonly (readonly QueueStep[])[],
): Promise<void> {
  const outcomes = await harness.run.staticCall(
    schedules.map((steps) =>
      steps.map((step) => ({
        kind: KINDS[step.do],
        owner: step.do === "push" ? step.owner : ZeroAddress,
        shares: step.do === "pay" ? 0n : step.shares,
        assets: step.do === "pay" ? 0n : step.assets,
        readyAt: step.do === "push" ? step.readyAt : 0n,
        id: step.do === "pay" ? step.id : 0n,
        maxCheckpoints: step.do === "pay" ? step.maxCheckpoints : 0n,
      })),
    ),
  );
  const given = outcomes.map((list) =>
    list.map(({ id, payment, request, requested, owed, pending, pendingUpTo }) => ({
      id,
      payment: { shares: payment.shares, assets: payment.assets, excess: payment.excess },
      request: {
        owner: request.owner,
        shares: request.shares,
        start: request.start,
        assets: request.assets,
        readyAt: request.readyAt,
      },
      requested,
      owed,
      pending,
      pendingUpTo,
    })),
  );
  const wanted = schedules.map((steps) =>
    steps.map((step) => {
      const { payment, queue, pending, pendingUpTo } = step;
      const id = step.do === "finalise" ? 0n : step.id;
      const request = queue.requests.get(id) ?? NO_REQUEST;
      return { id, payment, request, requested: queue.requested, owed: queue.owed, pending, pendingUpTo };
    }),
  );
  expect(given).to.deep.equal(wanted);
}
