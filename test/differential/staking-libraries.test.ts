import { expect } from "chai";
import { randomQueue } from "../../scripts/lib/vectors/queue-schedule.js";
import { randomStream } from "../../scripts/lib/vectors/stream-schedule.js";
import {
  ACCRUED_BITS,
  accruedRewards,
  accrueStream,
  EMPTY_STREAM,
  fundStream,
  packStream,
  payDebt,
  rebaseDebt,
  STREAM_FIELDS,
  unpackStream,
} from "../../src/models/stream.js";
import { type ExitQueueHarness, type StreamHarness } from "../../typechain-types/index.js";
import { isInstrumented, network } from "#chain";
import { deployTyped } from "../helpers/deploy.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../helpers/random.js";
import { expectQueueSteps, expectStreamSteps } from "../helpers/staking-libraries.js";
import { expectExits, expectShares } from "../helpers/staking-conservation.js";

const SCHEDULES = countFromEnvironment("LAKH_STAKING_SCHEDULES", 40);
const STEPS = 60;

/** 10,000 USDC over 30 days to a million tokens of 18 decimals, looked at in every block of 12 seconds. */
const USDC = 10n ** 10n;
const TOKENS = 10n ** 24n;
const MONTH = 30n * 86_400n;
const BLOCK = 12n;
/** Pokes in a call: few enough for what the chain notes of each step to stay small. */
const POKES = 540n;

const connection = await network.create("local");

describe("the models of StreamLib and ExitQueue", () => {
  it("give what the library gives in random schedules of streams, and nothing is lost", async () => {
    const harness = await deployTyped<StreamHarness>(connection, "StreamHarness");
    const random = new Random(seedFromEnvironment());
    for (let schedule = 0; schedule < SCHEDULES; schedule += 1) {
      const world = randomStream(random, STEPS);
      expectShares(world);
      await expectStreamSteps(harness, world.steps);
    }
  });

  it("give what the library gives in random schedules of queues, and nothing is lost", async () => {
    const harness = await deployTyped<ExitQueueHarness>(connection, "ExitQueueHarness");
    const random = new Random(seedFromEnvironment());
    for (let schedule = 0; schedule < SCHEDULES; schedule += 1) {
      const world = randomQueue(random, STEPS);
      expectExits(world);
      await expectQueueSteps(harness, [world.steps]);
    }
  });

  it("pay 99.999 % of a reward of 6 decimals to a large stake that is poked in every block", async function () {
    if (isInstrumented) this.skip(); // each of 216,000 pokes would be counted, opcode by opcode
    this.timeout(120_000);
    const harness = await deployTyped<StreamHarness>(connection, "StreamHarness");
    const start = 1_800_000_000n;
    const holders = [TOKENS / 2n, TOKENS / 3n, 10n ** 18n, TOKENS / 2n - TOKENS / 3n - 10n ** 18n];
    let { stream } = fundStream(EMPTY_STREAM, { left: 0n, amount: USDC, time: start, end: start + MONTH });
    let words = packStream(stream);
    let pokes = 0n;
    for (let from = start; from < start + MONTH; from += POKES * BLOCK) {
      words = [...(await harness.poke(words, TOKENS, from, BLOCK, POKES))] as [bigint, bigint];
      for (let time = from; time < from + POKES * BLOCK; time += BLOCK) {
        stream = accrueStream(stream, { weight: TOKENS, from: time, to: time + BLOCK });
        pokes += 1n;
      }
      expect(words).to.deep.equal(packStream(stream));
    }
    expect(pokes).to.equal(216_000n);
    const answers = await harness.ask(
      holders.map((weight) => ({ weight, index: stream.index, debt: 0n, to: weight, amount: 0n })),
    );
    const paid = answers.reduce((sum, { accrued }) => sum + (accrued >> ACCRUED_BITS), 0n);
    expect(USDC - paid, "less than a unit a holder, and one for both divisions").to.be.at.most(
      BigInt(holders.length) + 1n,
    );
    expect(paid * 100_000n >= USDC * 99_999n).to.be.true;
    // The textbook's index of 18 decimals does not move in a block.
    expect((BLOCK * (USDC / MONTH) * 10n ** 18n) / TOKENS).to.equal(0n);
  });

  it("answer the same of any holder, with debts around 2^112 and the largest index", async () => {
    const harness = await deployTyped<StreamHarness>(connection, "StreamHarness");
    const random = new Random(seedFromEnvironment());
    const weights = [0n, 1n, 1n << 20n, (1n << 96n) - 1n, random.below(1n << 96n)];
    const indices = [0n, 1n, (1n << 152n) - 1n, random.below(1n << 152n), random.below(1n << 100n)];
    const debts = [0n, 1n, 1n << 111n, (1n << 111n) - 1n, (1n << 112n) - 1n, random.below(1n << 112n)];
    const holders = weights.flatMap((weight) =>
      indices.flatMap((index) =>
        [...debts, rebaseDebt(0n, { from: 0n, to: weight, index })].flatMap((debt) =>
          weights.map((to) => ({ weight, index, debt, to, amount: random.below(1n << 92n) })),
        ),
      ),
    );
    const answers = await harness.ask(holders);
    expect(answers.map(({ accrued, rebased, paid }) => ({ accrued, rebased, paid }))).to.deep.equal(
      holders.map(({ weight, index, debt, to, amount }) => ({
        accrued: accruedRewards({ weight, debt }, index),
        rebased: rebaseDebt(debt, { from: weight, to, index }),
        paid: payDebt(debt, amount),
      })),
    );
  });

  it("unpack any two words as the library does", async () => {
    const harness = await deployTyped<StreamHarness>(connection, "StreamHarness");
    const random = new Random(seedFromEnvironment());
    const maximum = (1n << 256n) - 1n;
    for (const words of [
      [maximum, maximum],
      [0n, 0n],
      [0n, maximum],
      [random.below(1n << 191n) << 64n, random.below(1n << 191n) << 64n],
      [random.below(1n << 191n), random.below(1n << 191n)],
    ] as const) {
      const { index, rate, remainder, end } = await harness.unpack([...words]);
      expect({ index, rate, remainder, end }).to.deep.equal(unpackStream(words));
    }
  });

  it("keep every field at its maximum in the words, and leave the high half of the second free", async () => {
    const harness = await deployTyped<StreamHarness>(connection, "StreamHarness");
    const full = Object.fromEntries(STREAM_FIELDS.map(([field, , , bits]) => [field, (1n << bits) - 1n]));
    const words = await harness.pack(full as ReturnType<typeof unpackStream>);
    expect([...words]).to.deep.equal([(1n << 256n) - 1n, (1n << 128n) - 1n]);
    for (const [field] of STREAM_FIELDS) {
      const stream = { ...unpackStream([0n, 0n]), [field]: full[field] };
      const packed = await harness.pack(stream);
      expect([...packed]).to.deep.equal(packStream(stream));
      expect(unpackStream([packed[0], packed[1]])).to.deep.equal(stream);
    }
  });
});
