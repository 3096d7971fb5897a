import accessManager from "@openzeppelin/contracts/build/contracts/AccessManager.json" with { type: "json" };
import { expect } from "chai";
import { ethers, loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import { DAY, HOUR, ONE } from "../../helpers/oracle-fixture.js";

const NAV = 1000n * WAD;
const MAX_NAV = 2n ** 112n - 1n;
/** 5 % a day; a report is too old after a week. */
const TERMS = { maxChange: WAD / 20n, period: DAY, maxAge: 7n * DAY };
const REPORTER_ROLE = 7n;
const DECIMALS = [0n, 6n, 8n, 18n, 24n];

async function navFixture() {
  const [admin, reporter, stranger] = await ethers.getSigners();
  if (!admin || !reporter || !stranger) return expect.fail("signers");
  const authority = await new ethers.ContractFactory(accessManager.abi, accessManager.bytecode, admin).deploy(admin);
  const oracle = await ethers.deployContract("NavOracle", [authority, NAV, TERMS, 18n, 6n]);
  const { selector } = oracle.interface.getFunction("report");
  await authority.getFunction("setTargetFunctionRole")(oracle, [selector], REPORTER_ROLE);
  await authority.getFunction("grantRole")(REPORTER_ROLE, reporter, 0n);
  const start = (await oracle.current()).reportedAt;
  const report = async (value: bigint, time: bigint) => {
    await networkHelpers.time.setNextBlockTimestamp(time);
    return oracle.connect(reporter).report(value);
  };
  return { admin, reporter, stranger, authority, oracle, start, report };
}

/** The price of a value, WAD, of the fixture's oracle. */
const priced = (value: bigint): bigint => (value * ONE) / 10n ** 30n;

describe("NavOracle", () => {
  describe("constructor", () => {
    it("reverts for terms outside the bounds", async () => {
      const { authority } = await loadFixture(navFixture);
      const factory = await ethers.getContractFactory("NavOracle");
      const half = WAD / 2n;
      for (const [terms, value, minimum, maximum] of [
        [{ maxChange: 0n }, 0n, 1n, half],
        [{ maxChange: half + 1n }, half + 1n, 1n, half],
        [{ period: HOUR - 1n }, HOUR - 1n, HOUR, 90n * DAY],
        [{ period: 90n * DAY + 1n }, 90n * DAY + 1n, HOUR, 90n * DAY],
        [{ maxAge: DAY - 1n }, DAY - 1n, DAY, 400n * DAY],
        [{ maxAge: 400n * DAY + 1n }, 400n * DAY + 1n, DAY, 400n * DAY],
      ] as const) {
        await expect(factory.deploy(authority, NAV, { ...TERMS, ...terms }, 18n, 6n))
          .to.be.revertedWithCustomError(factory, "OracleOutOfBounds")
          .withArgs(value, minimum, maximum);
      }
    });

    it("reverts for a first value of zero or too large, and for decimals that no asset has", async () => {
      const { authority } = await loadFixture(navFixture);
      const factory = await ethers.getContractFactory("NavOracle");
      for (const value of [0n, MAX_NAV + 1n]) {
        await expect(factory.deploy(authority, value, TERMS, 18n, 6n))
          .to.be.revertedWithCustomError(factory, "OracleOutOfBounds")
          .withArgs(value, 1n, MAX_NAV);
      }
      for (const [collateral, loan] of [
        [25n, 6n],
        [18n, 25n],
      ] as const) {
        await expect(factory.deploy(authority, NAV, TERMS, collateral, loan))
          .to.be.revertedWithCustomError(factory, "OracleOutOfBounds")
          .withArgs(25n, 0n, 24n);
      }
    });

    it("scales for all decimals of both assets", async () => {
      const { authority } = await loadFixture(navFixture);
      for (const collateral of DECIMALS) {
        for (const loan of DECIMALS) {
          const value = 1_234_567_890_123_456_789n;
          const oracle = await ethers.deployContract("NavOracle", [authority, value, TERMS, collateral, loan]);
          const expected = (value * 10n ** (36n + loan)) / 10n ** (18n + collateral);
          expect(await oracle.price(), `${collateral}, ${loan}`).to.equal(expected);
          expect(await oracle.borrowPrice(), `${collateral}, ${loan}`).to.equal(expected);
        }
      }
    });
  });

  describe("report", () => {
    it("reverts for all but the reporter, and for a value that is too large", async () => {
      const { oracle, stranger, reporter } = await loadFixture(navFixture);
      await expect(oracle.connect(stranger).report(NAV))
        .to.be.revertedWithCustomError(oracle, "OracleUnauthorized")
        .withArgs(stranger.address);
      await expect(oracle.connect(reporter).report(MAX_NAV + 1n))
        .to.be.revertedWithCustomError(oracle, "OracleOutOfBounds")
        .withArgs(MAX_NAV + 1n, 0n, MAX_NAV);
    });

    it("counts at once up to the bound, either way", async () => {
      const { oracle, report, start } = await loadFixture(navFixture);
      for (const [index, value] of [1050n, 950n, 1000n].entries()) {
        await expect(report(value * WAD, start + 10n + BigInt(index)))
          .to.emit(oracle, "NavReported")
          .withArgs(value * WAD, value * WAD);
        expect(await oracle.price()).to.equal(priced(value * WAD));
        expect(await oracle.borrowPrice()).to.equal(priced(value * WAD));
      }
    });

    it("counts as the bound beyond it, and stops borrowing until a report is within", async () => {
      const { oracle, report, start } = await loadFixture(navFixture);
      const cases = [
        [1050n * WAD + 1n, 1050n * WAD],
        [950n * WAD - 1n, 950n * WAD],
        [MAX_NAV, 1050n * WAD],
        [0n, 950n * WAD],
      ] as const;
      for (const [index, [value, bounded]] of cases.entries()) {
        await expect(report(value, start + 10n + BigInt(index)))
          .to.emit(oracle, "NavReported")
          .withArgs(value, bounded);
        expect(await oracle.price()).to.equal(priced(bounded));
        await expect(oracle.borrowPrice())
          .to.be.revertedWithCustomError(oracle, "OracleNavBreach")
          .withArgs(value, bounded);
      }
      await report(NAV, start + 20n);
      expect(await oracle.borrowPrice()).to.equal(priced(NAV));
    });

    it("moves no further within a period, however often it is called, and on from where it stands in the next", async () => {
      const { oracle, report, start } = await loadFixture(navFixture);
      const high = 1050n * WAD;
      for (let time = start + HOUR; time < start + DAY; time += HOUR) {
        await report(2n * NAV, time);
        expect(await oracle.price()).to.equal(priced(high));
      }
      await report(2n * NAV, start + DAY - 1n);
      expect(await oracle.price()).to.equal(priced(high));
      await report(2n * NAV, start + DAY);
      expect(await oracle.price()).to.equal(priced((high * 105n) / 100n));
      expect(await oracle.current()).to.deep.equal([
        ...[2n * NAV, (high * 105n) / 100n, high, start + DAY, start + DAY],
      ]);
    });

    it("reaches a value out of bounds step by step, and lets borrow there", async () => {
      const { oracle, report, start } = await loadFixture(navFixture);
      const target = 1100n * WAD;
      await report(target, start + 10n);
      await expect(oracle.borrowPrice()).to.be.revertedWithCustomError(oracle, "OracleNavBreach");
      await report(target, start + DAY);
      expect(await oracle.borrowPrice()).to.equal(priced(target));
    });

    it("stops at the largest value, and a value that has sunk to nothing has no price", async () => {
      const { authority, admin } = await loadFixture(navFixture);
      const top = await ethers.deployContract("NavOracle", [authority, MAX_NAV, TERMS, 18n, 18n]);
      await top.connect(admin).report(MAX_NAV);
      expect(await top.borrowPrice()).to.equal(MAX_NAV * 10n ** 18n);
      const dust = await ethers.deployContract("NavOracle", [authority, 999_999n, TERMS, 24n, 0n]);
      await expect(dust.price()).to.be.revertedWithCustomError(dust, "OracleZeroPrice");
    });
  });

  describe("borrowPrice", () => {
    it("reverts from the first second after the oldest age on, while price goes on", async () => {
      const { oracle, start } = await loadFixture(navFixture);
      await networkHelpers.time.increaseTo(start + TERMS.maxAge);
      expect(await oracle.borrowPrice()).to.equal(priced(NAV));
      await networkHelpers.time.increaseTo(start + TERMS.maxAge + 1n);
      await expect(oracle.borrowPrice())
        .to.be.revertedWithCustomError(oracle, "OracleNavStale")
        .withArgs(start, TERMS.maxAge);
      expect(await oracle.price()).to.equal(priced(NAV));
    });

    it("works again with the next report", async () => {
      const { oracle, report, start } = await loadFixture(navFixture);
      await report(NAV, start + 2n * TERMS.maxAge);
      expect(await oracle.borrowPrice()).to.equal(priced(NAV));
    });
  });

  describe("as a feed", () => {
    it("says the value, and when it was reported, in rounds named by their time", async () => {
      const { oracle, report, start } = await loadFixture(navFixture);
      expect(await oracle.latestRoundData()).to.deep.equal([start, NAV, start, start, start]);
      const time = start + 10n;
      await report(1_010n * WAD, time);
      expect(await oracle.latestRoundData()).to.deep.equal([time, 1_010n * WAD, time, time, time]);
      expect(await oracle.getRoundData(time)).to.deep.equal(await oracle.latestRoundData());
      await expect(oracle.getRoundData(start))
        .to.be.revertedWithCustomError(oracle, "OracleNavUnknownRound")
        .withArgs(start, time);
      expect([await oracle.decimals(), await oracle.version()]).to.deep.equal([18n, 1n]);
      expect(await oracle.description()).to.equal("Lakh net asset value");
    });

    it("says nothing while the report is beyond the bound, nor when it is too old", async () => {
      const { oracle, report, start } = await loadFixture(navFixture);
      await report(900n * WAD, start + 10n);
      await expect(oracle.latestRoundData())
        .to.be.revertedWithCustomError(oracle, "OracleNavBreach")
        .withArgs(900n * WAD, 950n * WAD);
      await expect(oracle.getRoundData(start + 10n)).to.be.revertedWithCustomError(oracle, "OracleNavBreach");
      const last = start + 20n;
      await report(950n * WAD, last);
      await networkHelpers.time.increaseTo(last + TERMS.maxAge);
      expect((await oracle.latestRoundData()).answer).to.equal(950n * WAD);
      await networkHelpers.time.increaseTo(last + TERMS.maxAge + 1n);
      await expect(oracle.latestRoundData())
        .to.be.revertedWithCustomError(oracle, "OracleNavStale")
        .withArgs(last, TERMS.maxAge);
    });

    it("is read by another oracle of the suite, whose price is its own", async () => {
      const { oracle } = await loadFixture(navFixture);
      const none = { source: ethers.ZeroAddress, maxAge: 0n };
      const base = [{ source: oracle, maxAge: 3n * DAY }, none, none];
      const chainlink = await ethers.deployContract("ChainlinkOracle", [base as never, [none, none], 18n, 6n]);
      expect(await chainlink.price()).to.equal(await oracle.price());
    });
  });
});
