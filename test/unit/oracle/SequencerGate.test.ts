import { expect } from "chai";
import { ethers, loadFixture, networkHelpers } from "../../helpers/ledger-fixture.js";
import { DAY, deployFeed, HOUR, ONE } from "../../helpers/oracle-fixture.js";

const UP = 0n;
const DOWN = 1n;

/** A gate before a mock oracle; the sequencer is up since long ago. */
async function gateFixture() {
  const oracle = await ethers.deployContract("MockPriceOracle", [2n * ONE]);
  await oracle.setPrices(2n * ONE, ONE);
  const feed = await deployFeed({ answer: UP, decimals: 0n });
  await feed.setTimes(1n, 1n);
  const gate = await ethers.deployContract("SequencerGate", [oracle, feed, HOUR]);
  return { oracle, feed, gate };
}

type Fixture = Awaited<ReturnType<typeof gateFixture>>;

async function expectClosed({ gate }: Fixture, error: string, args: readonly unknown[]): Promise<void> {
  for (const read of [gate.price, gate.borrowPrice]) {
    await expect(read())
      .to.be.revertedWithCustomError(gate, error)
      .withArgs(...args);
  }
}

async function expectOpen({ gate }: Fixture): Promise<void> {
  expect(await gate.price()).to.equal(2n * ONE);
  expect(await gate.borrowPrice()).to.equal(ONE);
}

describe("SequencerGate", () => {
  it("reverts for a grace period below a minute or above a day", async () => {
    const { oracle, feed } = await loadFixture(gateFixture);
    const factory = await ethers.getContractFactory("SequencerGate");
    for (const period of [0n, 59n, DAY + 1n]) {
      await expect(factory.deploy(oracle, feed, period))
        .to.be.revertedWithCustomError(factory, "OracleOutOfBounds")
        .withArgs(period, 60n, DAY);
    }
    for (const period of [60n, DAY]) {
      const gate = await factory.deploy(oracle, feed, period);
      expect(await gate.GRACE_PERIOD()).to.equal(period);
      expect(await gate.ORACLE()).to.equal(await oracle.getAddress());
      expect(await gate.UPTIME_FEED()).to.equal(await feed.getAddress());
    }
  });

  it("reverts for a round without a beginning, or one of the future", async () => {
    const fixture = await loadFixture(gateFixture);
    const source = await fixture.feed.getAddress();
    await fixture.feed.setTimes(0n, 1n);
    await expectClosed(fixture, "OracleInvalidTime", [source, 0n]);
    const now = BigInt(await networkHelpers.time.latest());
    for (const time of [now + 100n, 2n ** 256n - 1n]) {
      await fixture.feed.setTimes(time, 1n);
      await expectClosed(fixture, "OracleInvalidTime", [source, time]);
    }
  });

  it("reverts while the sequencer is down, whatever a feed says for it", async () => {
    const fixture = await loadFixture(gateFixture);
    for (const answer of [DOWN, 2n, -1n]) {
      await fixture.feed.setAnswer(answer);
      await expectClosed(fixture, "OracleSequencerDown", []);
      await networkHelpers.time.increase(2n * HOUR);
      await expectClosed(fixture, "OracleSequencerDown", []);
    }
  });

  it("reverts from its return through the whole grace period, and opens a second later", async () => {
    const fixture = await loadFixture(gateFixture);
    await fixture.feed.setAnswer(DOWN);
    await networkHelpers.time.increase(DAY);
    await fixture.feed.setAnswer(UP);
    const until = (await fixture.feed.startedAt()) + HOUR;
    await expectClosed(fixture, "OracleGracePeriod", [until]);
    await networkHelpers.time.increaseTo(until);
    await expectClosed(fixture, "OracleGracePeriod", [until]);
    await networkHelpers.time.increaseTo(until + 1n);
    await expectOpen(fixture);
  });

  it("closes again with the next outage", async () => {
    const fixture = await loadFixture(gateFixture);
    await expectOpen(fixture);
    await fixture.feed.setAnswer(DOWN);
    await expectClosed(fixture, "OracleSequencerDown", []);
  });

  it("passes on what the oracle and the feed revert with", async () => {
    const { gate, oracle, feed } = await loadFixture(gateFixture);
    await oracle.setMode(1n);
    for (const read of [gate.price, gate.borrowPrice]) {
      await expect(read()).to.be.revertedWithCustomError(oracle, "MockPriceOracleFails");
    }
    await feed.setReverting(true);
    await expect(gate.price()).to.be.revertedWithCustomError(feed, "MockAggregatorReverts");
  });
});
