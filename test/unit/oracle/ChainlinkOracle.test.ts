import { expect } from "chai";
import { MaxInt256 } from "ethers";
import { ethers, loadFixture, networkHelpers } from "../../helpers/ledger-fixture.js";
import {
  ABSENT,
  baseOf,
  DAY,
  deployFeed,
  HOUR,
  ONE,
  priceOf,
  quoteOf,
  type Answer,
  type Composition,
} from "../../helpers/oracle-fixture.js";

const DECIMALS = [0n, 6n, 8n, 18n, 24n];
const MAX_AGE = HOUR;

/** Deploys an oracle of feeds that answer this. */
async function deploy({ base, quote, collateral, loan }: Composition) {
  const [baseFeeds, quoteFeeds] = [await Promise.all(base.map(deployFeed)), await Promise.all(quote.map(deployFeed))];
  const oracle = await ethers.deployContract("ChainlinkOracle", [
    await baseOf(baseFeeds),
    await quoteOf(quoteFeeds),
    collateral,
    loan,
  ]);
  return { oracle, feeds: [...baseFeeds, ...quoteFeeds] };
}

/** ETH at 2,500.12345678 USD over USDC at 0.9998 USD. */
const ETHER: Answer = { answer: 250012345678n, decimals: 8n };
const USDC: Answer = { answer: 99980000n, decimals: 8n };
const COMPOSITION: Composition = { base: [ETHER], quote: [USDC], collateral: 18n, loan: 6n };

async function oracleFixture() {
  const { oracle, feeds } = await deploy(COMPOSITION);
  const [feed] = feeds;
  if (feed === undefined) return expect.fail("no feed");
  return { oracle, feed, source: await feed.getAddress(), start: await feed.updatedAt() };
}

describe("ChainlinkOracle", () => {
  describe("constructor", () => {
    it("reverts for decimals that no asset and no feed has", async () => {
      const factory = await ethers.getContractFactory("ChainlinkOracle");
      for (const [feedDecimals, collateral, loan] of [
        [25n, 18n, 18n],
        [8n, 25n, 18n],
        [8n, 18n, 25n],
      ]) {
        const feed = await deployFeed({ answer: 1n, decimals: feedDecimals ?? 0n });
        const base = await baseOf([feed]);
        await expect(factory.deploy(base, [ABSENT, ABSENT], collateral ?? 0n, loan ?? 0n))
          .to.be.revertedWithCustomError(factory, "OracleOutOfBounds")
          .withArgs(25n, 0n, 24n);
      }
    });

    it("reverts for an age below a minute or above 72 hours, of any feed", async () => {
      const factory = await ethers.getContractFactory("ChainlinkOracle");
      const feed = await deployFeed(ETHER);
      for (const maxAge of [0n, 59n, 3n * DAY + 1n]) {
        const terms = { source: await feed.getAddress(), maxAge };
        for (let position = 0; position < 5; position += 1) {
          const [a, b, c, d, e] = Array.from({ length: 5 }, (_, index) => (index === position ? terms : ABSENT));
          if (!a || !b || !c || !d || !e) return expect.fail("five feeds");
          await expect(factory.deploy([a, b, c], [d, e], 18n, 18n))
            .to.be.revertedWithCustomError(factory, "OracleOutOfBounds")
            .withArgs(maxAge, 60n, 3n * DAY);
        }
      }
      for (const maxAge of [60n, 3n * DAY]) {
        const terms = { source: await feed.getAddress(), maxAge };
        const oracle = await factory.deploy([terms, ABSENT, ABSENT], [ABSENT, terms], 18n, 18n);
        expect(await oracle.feeds()).to.deep.equal([
          [terms, ABSENT, ABSENT].map(({ source, maxAge: age }) => [source, age]),
          [ABSENT, terms].map(({ source, maxAge: age }) => [source, age]),
        ]);
      }
    });

    it("reverts for a scale of more than 77 digits", async () => {
      const factory = await ethers.getContractFactory("ChainlinkOracle");
      const quote = [{ answer: 1n, decimals: 18n }];
      await expect(deploy({ base: [], quote, collateral: 0n, loan: 24n }))
        .to.be.revertedWithCustomError(factory, "OracleScaleTooLarge")
        .withArgs(78n);
      const { oracle } = await deploy({ base: [], quote, collateral: 1n, loan: 24n });
      expect(await oracle.price()).to.equal(10n ** 77n);
    });
  });

  describe("price", () => {
    it("reverts for an answer that is zero or negative", async () => {
      const { oracle, feed, source } = await loadFixture(oracleFixture);
      for (const answer of [0n, -1n, -MaxInt256]) {
        await feed.setAnswer(answer);
        for (const read of [oracle.price, oracle.borrowPrice]) {
          await expect(read()).to.be.revertedWithCustomError(oracle, "OracleInvalidAnswer").withArgs(source, answer);
        }
      }
    });

    it("reverts for an answer of no time or of the future", async () => {
      const { oracle, feed, source } = await loadFixture(oracleFixture);
      await feed.setTimes(0n, 0n);
      await expect(oracle.price()).to.be.revertedWithCustomError(oracle, "OracleInvalidTime").withArgs(source, 0n);
      const now = BigInt(await networkHelpers.time.latest());
      await feed.setTimes(0n, now + 2n); // the block that sets it is of now + 1
      await expect(oracle.price())
        .to.be.revertedWithCustomError(oracle, "OracleInvalidTime")
        .withArgs(source, now + 2n);
      await networkHelpers.time.increaseTo(now + 2n);
      expect(await oracle.price()).to.equal(priceOf(COMPOSITION));
    });

    it("reverts from the first second after the oldest age on, whichever feed it is", async () => {
      for (let position = 0; position < 5; position += 1) {
        const composition = { base: [ETHER, USDC, USDC], quote: [USDC, ETHER], collateral: 18n, loan: 6n };
        const { oracle, feeds } = await deploy(composition);
        const now = BigInt(await networkHelpers.time.latest());
        for (const [index, feed] of feeds.entries()) {
          await feed.setTimes(0n, index === position ? now : now + 5n);
        }
        await networkHelpers.time.increaseTo(now + MAX_AGE);
        expect(await oracle.price()).to.equal(priceOf(composition));
        await networkHelpers.time.increaseTo(now + MAX_AGE + 1n);
        await expect(oracle.price())
          .to.be.revertedWithCustomError(oracle, "OracleStale")
          .withArgs(await feeds[position]?.getAddress(), now, MAX_AGE);
      }
    });

    it("reverts for a price that rounds to zero, or fits no word", async () => {
      const dust = { answer: 1n, decimals: 24n };
      const huge = { answer: MaxInt256, decimals: 0n };
      const { oracle: zero } = await deploy({ base: [dust], quote: [], collateral: 24n, loan: 0n });
      await expect(zero.price()).to.be.revertedWithCustomError(zero, "OracleZeroPrice");
      for (const composition of [
        { base: [huge, huge], quote: [] },
        { base: [huge, { answer: 2n, decimals: 0n }, { answer: 2n, decimals: 0n }], quote: [] },
        { base: [ETHER], quote: [huge, huge] },
        { base: [huge], quote: [] },
      ]) {
        const { oracle } = await deploy({ ...composition, collateral: 18n, loan: 18n });
        await expect(oracle.price()).to.be.revertedWithCustomError(oracle, "OracleOverflow");
      }
    });

    it("passes on what a feed reverts with", async () => {
      const { oracle, feed } = await loadFixture(oracleFixture);
      await feed.setReverting(true);
      await expect(oracle.price()).to.be.revertedWithCustomError(feed, "MockAggregatorReverts");
    });

    it("is the quotient of the products, rounded down, for all decimals of both assets", async () => {
      const feed: Answer = { answer: 123456789n, decimals: 8n };
      for (const collateral of DECIMALS) {
        for (const loan of DECIMALS) {
          const composition = { base: [ETHER], quote: [feed], collateral, loan };
          const { oracle } = await deploy(composition);
          expect(await oracle.price(), `${collateral}, ${loan}`).to.equal(priceOf(composition));
          expect(await oracle.borrowPrice(), `${collateral}, ${loan}`).to.equal(priceOf(composition));
        }
      }
    });

    it("is so for all decimals of feeds, and for every number of them", async () => {
      const feeds = DECIMALS.map((decimals, index) => ({ answer: 3n * 10n ** decimals + BigInt(7 + index), decimals }));
      for (let rotation = 0; rotation < feeds.length; rotation += 1) {
        const turned = [...feeds.slice(rotation), ...feeds.slice(0, rotation)];
        for (const [bases, quotes] of [
          [0, 0],
          [1, 0],
          [0, 1],
          [2, 1],
          [1, 2],
          [3, 0],
          [2, 2],
          [3, 2],
        ] as const) {
          const composition = {
            base: turned.slice(0, bases),
            quote: turned.slice(3, 3 + quotes),
            collateral: 18n,
            loan: 6n,
          };
          const { oracle } = await deploy(composition);
          expect(await oracle.price(), `${rotation}: ${bases}, ${quotes}`).to.equal(priceOf(composition));
        }
      }
    });

    it("divides by the scale where it is below 1", async () => {
      const base = [24n, 24n, 24n].map((decimals) => ({ answer: 7n * 10n ** decimals + 1n, decimals }));
      const composition = { base, quote: [], collateral: 24n, loan: 0n }; // 10^-60, the least there can be
      const { oracle } = await deploy(composition);
      expect(await oracle.price()).to.equal(priceOf(composition));
    });

    it("goes through more than 256 bits", async () => {
      const large = { answer: 10n ** 38n + 1n, decimals: 0n };
      const composition = { base: [large, large], quote: [large], collateral: 18n, loan: 18n };
      const { oracle } = await deploy(composition);
      expect(priceOf(composition)).to.be.greaterThan(10n ** 38n * ONE);
      expect(await oracle.price()).to.equal(priceOf(composition));
    });

    it("follows the feed", async () => {
      const { oracle, feed } = await loadFixture(oracleFixture);
      await feed.setAnswer(1n);
      const moved = { ...COMPOSITION, base: [{ ...ETHER, answer: 1n }] };
      expect(await oracle.price()).to.equal(priceOf(moved));
    });

    it("is the example of docs/oracles.md", async () => {
      const { oracle } = await loadFixture(oracleFixture);
      expect(await oracle.price()).to.equal(2500623581496299259851970394n);
    });
  });
});
