import { expect } from "chai";
import { ethers, loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import { ABSENT, DAY, deployFeed, HOUR, ONE, priceOf, YEAR } from "../../helpers/oracle-fixture.js";

/** 10 % a year. */
const GROWTH = WAD / 10n;
const UNIT = 10n ** 6n;
const WEEK = 7n * DAY;
const MAX_RATE = 2n ** 112n - 1n;

/** A vault of a token of 6 decimals, with shares of 9, which Alice fills with 1,000; a rate of 1 to begin with. */
async function vaultFixture() {
  const [admin, alice, mallory] = await ethers.getSigners();
  if (!admin || !alice || !mallory) return expect.fail("signers");
  const asset = await ethers.deployContract("MockERC20", ["Dollar", "USD", 6]);
  const vault = await ethers.deployContract("MockVault", [asset, 3]);
  for (const user of [alice, mallory]) {
    await asset.mint(user, 10_000_000n * UNIT);
    await asset.connect(user).approve(vault, ethers.MaxUint256);
  }
  await vault.connect(alice).deposit(1000n * UNIT, alice);
  const feed = await ethers.deployContract("VaultRateFeed", [vault, UNIT, GROWTH]);
  const { since: start } = await feed.lastReference();
  /** Shares are worth this many units each; the difference is given to the vault, or taken from it. */
  const setRate = async (rate: bigint) => {
    // The vault counts a virtual unit, and as many virtual shares as are worth it.
    const [held, shares] = [await asset.balanceOf(vault), (await vault.totalSupply()) + 1000n];
    const target = rate === 0n ? 0n : (rate * shares + 10n ** 9n - 1n) / 10n ** 9n - 1n;
    if (target > held) await asset.mint(vault, target - held);
    else await asset.burn(vault, held - target);
    expect(await vault.convertToAssets(10n ** 9n)).to.equal(rate);
  };
  return { admin, alice, mallory, asset, vault, feed, start, setRate };
}

type Fixture = Awaited<ReturnType<typeof vaultFixture>>;

async function rateOf({ feed }: Pick<Fixture, "feed">): Promise<bigint> {
  return (await feed.latestRoundData()).answer;
}

/** The most that counts `elapsed` seconds after a reference in units, WAD. */
function capOf(reference: bigint, elapsed: bigint): bigint {
  return (reference + (reference * GROWTH * (elapsed + WEEK)) / (WAD * YEAR)) / WAD;
}

describe("VaultRateFeed", () => {
  describe("constructor", () => {
    it("reverts for a growth above 100 % a year, and for decimals that no share has", async () => {
      const { vault, asset } = await loadFixture(vaultFixture);
      const factory = await ethers.getContractFactory("VaultRateFeed");
      await expect(factory.deploy(vault, UNIT, WAD + 1n))
        .to.be.revertedWithCustomError(factory, "OracleOutOfBounds")
        .withArgs(WAD + 1n, 0n, WAD);
      const odd = await ethers.deployContract("MockVault", [asset, 19]);
      await expect(factory.deploy(odd, UNIT, GROWTH))
        .to.be.revertedWithCustomError(factory, "OracleOutOfBounds")
        .withArgs(25n, 0n, 24n);
    });

    it("reverts for a reference of zero, above the vault's rate, or beyond every amount", async () => {
      const { vault, setRate } = await loadFixture(vaultFixture);
      const factory = await ethers.getContractFactory("VaultRateFeed");
      for (const rate of [0n, UNIT + 1n]) {
        await expect(factory.deploy(vault, rate, GROWTH))
          .to.be.revertedWithCustomError(factory, "OracleOutOfBounds")
          .withArgs(rate, 1n, UNIT);
      }
      await setRate(MAX_RATE + 1n);
      await expect(factory.deploy(vault, MAX_RATE + 1n, GROWTH))
        .to.be.revertedWithCustomError(factory, "OracleOutOfBounds")
        .withArgs(MAX_RATE + 1n, 1n, MAX_RATE);
      const largest = await factory.deploy(vault, MAX_RATE, GROWTH);
      expect(await rateOf({ feed: largest })).to.equal(MAX_RATE + 1n);
    });

    it("takes the reference that it is given, whatever was donated before", async () => {
      const { vault, setRate } = await loadFixture(vaultFixture);
      await setRate(5n * UNIT);
      const feed = await ethers.deployContract("VaultRateFeed", [vault, UNIT, GROWTH]);
      expect(await rateOf({ feed })).to.equal(capOf(UNIT * WAD, 0n));
      expect((await feed.lastReference()).rate).to.equal(UNIT * WAD);
    });
  });

  describe("latestRoundData", () => {
    it("is the vault's rate of now, with the asset's decimals", async () => {
      const { feed, vault, setRate } = await loadFixture(vaultFixture);
      await setRate((UNIT * 1001n) / 1000n);
      const now = BigInt(await networkHelpers.time.latest());
      const rate = (UNIT * 1001n) / 1000n;
      expect([...(await feed.latestRoundData())]).to.deep.equal([0n, rate, now, now, 0n]);
      expect(await feed.decimals()).to.equal(6n);
      expect(await feed.VAULT()).to.equal(await vault.getAddress());
      expect(await feed.GROWTH()).to.equal(GROWTH);
      expect(await feed.HEADROOM()).to.equal(WEEK);
    });

    it("counts a rise up to the cap, which grows in a straight line", async () => {
      const fixture = await loadFixture(vaultFixture);
      await fixture.setRate(2n * UNIT);
      for (const elapsed of [HOUR, 30n * DAY, YEAR, 2n * YEAR]) {
        await networkHelpers.time.increaseTo(fixture.start + elapsed);
        expect(await rateOf(fixture)).to.equal(capOf(UNIT * WAD, elapsed));
        expect(await fixture.feed.cap()).to.equal(capOf(UNIT * WAD, elapsed));
      }
      await networkHelpers.time.increaseTo(fixture.start + 20n * YEAR);
      expect(await rateOf(fixture)).to.equal(2n * UNIT);
    });

    it("counts a fall at once, and what is regained too", async () => {
      const fixture = await loadFixture(vaultFixture);
      for (const rate of [UNIT / 2n, UNIT, UNIT / 10n, 0n]) {
        await fixture.setRate(rate);
        expect(await rateOf(fixture)).to.equal(rate);
      }
    });

    it("stands as the third feed of a Chainlink oracle, and a vault worth nothing has no price", async () => {
      const { feed, setRate } = await loadFixture(vaultFixture);
      const dollar = await deployFeed({ answer: 99980000n, decimals: 8n });
      const terms = await Promise.all([dollar, feed].map(async (each) => [await each.getAddress(), DAY] as const));
      const [first, second] = terms.map(([source, maxAge]) => ({ source, maxAge }));
      if (!first || !second) return expect.fail("two feeds");
      const base: [typeof first, typeof first, typeof first] = [first, ABSENT, second];
      const oracle = await ethers.deployContract("ChainlinkOracle", [base, [ABSENT, ABSENT], 9n, 18n]);
      const answers = [
        { answer: 99980000n, decimals: 8n },
        { answer: UNIT, decimals: 6n },
      ];
      expect(await oracle.price()).to.equal(priceOf({ base: answers, quote: [], collateral: 9n, loan: 18n }));
      expect(await oracle.price()).to.equal((ONE * 10n ** 9n * 9998n) / 10_000n);
      await setRate(0n);
      await expect(oracle.price())
        .to.be.revertedWithCustomError(oracle, "OracleInvalidAnswer")
        .withArgs(await feed.getAddress(), 0n);
    });
  });

  describe("moveReference", () => {
    it("takes the vault's rate where that is within the growth", async () => {
      const { feed, setRate, start } = await loadFixture(vaultFixture);
      const rate = (UNIT * 103n) / 100n;
      await setRate(rate);
      await networkHelpers.time.setNextBlockTimestamp(start + YEAR);
      await expect(feed.moveReference())
        .to.emit(feed, "ReferenceMoved")
        .withArgs(rate * WAD);
      expect([...(await feed.lastReference())]).to.deep.equal([rate * WAD, start + YEAR]);
      expect(await feed.cap()).to.equal(capOf(rate * WAD, 0n)); // what had gathered above is gone
    });

    it("takes the growth where the vault is above, without the headroom", async () => {
      const { feed, setRate, start } = await loadFixture(vaultFixture);
      await setRate(2n * UNIT);
      await networkHelpers.time.setNextBlockTimestamp(start + YEAR);
      await feed.moveReference();
      const grown = (UNIT * WAD * 11n) / 10n;
      expect([...(await feed.lastReference())]).to.deep.equal([grown, start + YEAR]);
    });

    it("takes away the room above a vault that stands still", async () => {
      const { feed, start } = await loadFixture(vaultFixture);
      await networkHelpers.time.increaseTo(start + YEAR);
      expect(await feed.cap()).to.equal(capOf(UNIT * WAD, YEAR));
      await networkHelpers.time.setNextBlockTimestamp(start + YEAR + 1n);
      await feed.moveReference();
      expect(await feed.cap()).to.equal(capOf(UNIT * WAD, 0n));
    });

    it("does nothing while the vault is below the reference", async () => {
      const { feed, setRate, start } = await loadFixture(vaultFixture);
      const before = [...(await feed.lastReference())];
      await setRate(UNIT - 1n);
      await networkHelpers.time.increaseTo(start + YEAR);
      await expect(feed.moveReference()).not.to.emit(feed, "ReferenceMoved");
      expect([...(await feed.lastReference())]).to.deep.equal(before);
      await setRate(2n * UNIT);
      expect(await feed.cap()).to.equal(capOf(UNIT * WAD, BigInt(await networkHelpers.time.latest()) - start));
    });

    it("cannot be used to grow faster, however often it is called", async () => {
      const fixture = await loadFixture(vaultFixture);
      const { feed, setRate, start } = fixture;
      await setRate(1000n * UNIT);
      for (let day = 1n; day <= 365n; day += 1n) {
        await networkHelpers.time.setNextBlockTimestamp(start + day * DAY);
        await feed.moveReference();
      }
      const { rate } = await feed.lastReference();
      const compound = Number(rate) / Number(UNIT * WAD);
      expect(compound).to.be.greaterThan(1.1);
      expect(compound).to.be.lessThan(Math.exp(0.1));
      expect(Number(await rateOf(fixture)) / Number(UNIT)).to.be.lessThan(Math.exp(0.1) * (1 + (0.1 * 7) / 365));
    });

    it("does not lose the growth of a second, so nobody holds a rate down by calling it in each", async () => {
      const { feed, setRate, start } = await loadFixture(vaultFixture);
      await setRate(2n * UNIT);
      const begin = BigInt(await networkHelpers.time.latest());
      for (let second = 1n; second <= 200n; second += 1n) {
        await networkHelpers.time.setNextBlockTimestamp(begin + second);
        await feed.moveReference();
      }
      const linear = (UNIT * GROWTH * (begin + 200n - start)) / YEAR; // above the first one, WAD
      expect((await feed.lastReference()).rate - UNIT * WAD).to.be.greaterThanOrEqual(linear - 200n);
    });

    it("lets a loss be regained, and a donation after it make no more of it than there was", async () => {
      const fixture = await loadFixture(vaultFixture);
      const { feed, setRate } = fixture;
      await setRate(UNIT / 2n);
      await feed.moveReference();
      expect(await rateOf(fixture)).to.equal(UNIT / 2n);
      await setRate(10n * UNIT);
      expect(await rateOf(fixture)).to.equal(await feed.cap());
      expect(await feed.cap()).to.be.lessThan((UNIT * 1002n) / 1000n);
    });
  });

  describe("donation", () => {
    it("multiplies the vault's rate by a hundred and raises the price by a week's growth", async () => {
      const fixture = await loadFixture(vaultFixture);
      const { asset, vault, mallory, feed } = fixture;
      await asset.connect(mallory).transfer(vault, 99_000n * UNIT);
      expect(await vault.convertToAssets(10n ** 9n)).to.be.greaterThan(99n * UNIT);
      await feed.connect(mallory).moveReference();
      const after = await rateOf(fixture);
      expect(after).to.be.lessThanOrEqual(capOf(UNIT * WAD, 10n));
      expect(after).to.be.lessThan((UNIT * 1002n) / 1000n);
    });
  });
});
