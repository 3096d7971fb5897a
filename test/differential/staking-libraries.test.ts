import { expect } from "chai";
import { randomQueue } from "../../scripts/lib/vectors/queue-schedule.js";
import { randomStream } from "../../scripts/lib/vectors/stream-schedule.js";
import { STREAM_FIELDS, unpackStream } from "../../src/models/stream.js";
import { type ExitQueueHarness, type StreamHarness } from "../../typechain-types/index.js";
import { network } from "#chain";
import { deployTyped } from "../helpers/deploy.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../helpers/random.js";
import { expectQueueSteps, expectStreamSteps } from "../helpers/staking-libraries.js";
import { expectExits, expectShares } from "../helpers/staking-conservation.js";

const SCHEDULES = countFromEnvironment("LAKH_STAKING_SCHEDULES", 40);
const STEPS = 60;

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

  it("unpack any two words as the library does", async () => {
    const harness = await deployTyped<StreamHarness>(connection, "StreamHarness");
    const random = new Random(seedFromEnvironment());
    const maximum = (1n << 256n) - 1n;
    for (const words of [
      [maximum, maximum],
      [0n, 0n],
      [random.below(1n << 191n) << 64n, random.below(1n << 191n) << 64n],
    ] as const) {
      const { index, remainder, rate, end, funded, left } = await harness.unpack([...words]);
      expect({ index, remainder, rate, end, funded, left }).to.deep.equal(unpackStream(words));
    }
  });

  it("keep every field at its maximum in the words", async () => {
    const harness = await deployTyped<StreamHarness>(connection, "StreamHarness");
    const full = Object.fromEntries(STREAM_FIELDS.map(([field, , , bits]) => [field, (1n << bits) - 1n]));
    const words = await harness.pack(full as ReturnType<typeof unpackStream>);
    expect([...words]).to.deep.equal([(1n << 248n) - 1n, (1n << 256n) - 1n]);
    for (const [field] of STREAM_FIELDS) {
      const stream = { ...unpackStream([0n, 0n]), [field]: full[field] };
      const packed = await harness.pack(stream);
      expect(unpackStream([packed[0], packed[1]])).to.deep.equal(stream);
    }
  });
});
