import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { ethers, loadFixture, WAD } from "../../helpers/ledger-fixture.js";
import { YEAR } from "../../helpers/oracle-fixture.js";

/** 1 % at rest, 5 % at 80 %, 80 % when all is lent. */
const RATES = { base: WAD / 100n, slopeBelow: WAD / 25n, slopeAbove: (3n * WAD) / 4n, kink: (4n * WAD) / 5n };
const MOST = 8n * WAD;
const CENT = WAD / 100n;

const modelFixture = async () => ({ model: await ethers.deployContract("KinkedRateModel", [RATES]) });

/** The exact rate per second of a utilisation, rounded down once. */
function exactly(supply: bigint, borrowed: bigint): bigint {
  const { base, slopeBelow, slopeAbove, kink } = RATES;
  const below = borrowed * WAD <= kink * supply;
  const [slope, from, width] = below ? [slopeBelow, 0n, kink] : [slopeAbove, kink, WAD - kink];
  const start = below ? base : base + slopeBelow;
  return (start * width * supply + slope * (borrowed * WAD - from * supply)) / (width * supply * YEAR);
}

describe("KinkedRateModel", () => {
  describe("constructor", () => {
    it("reverts for rates of more than 800 % a year together", async () => {
      const factory = await ethers.getContractFactory("KinkedRateModel");
      for (const [rates, value, maximum] of [
        [{ base: MOST + 1n }, MOST + 1n, MOST],
        [{ slopeBelow: MOST - RATES.base + 1n }, MOST - RATES.base + 1n, MOST - RATES.base],
        [{ base: MOST, slopeBelow: 0n, slopeAbove: 1n }, 1n, 0n],
        [{ slopeBelow: MaxUint256 }, MaxUint256, MOST - RATES.base],
      ] as const) {
        await expect(factory.deploy({ ...RATES, ...rates }))
          .to.be.revertedWithCustomError(factory, "RateModelOutOfBounds")
          .withArgs(value, 0n, maximum);
      }
    });

    it("reverts for a kink below 1 % or above 99 %", async () => {
      const factory = await ethers.getContractFactory("KinkedRateModel");
      for (const kink of [0n, CENT - 1n, WAD - CENT + 1n, WAD]) {
        await expect(factory.deploy({ ...RATES, kink }))
          .to.be.revertedWithCustomError(factory, "RateModelOutOfBounds")
          .withArgs(kink, CENT, WAD - CENT);
      }
      for (const kink of [CENT, WAD - CENT])
        expect(await (await factory.deploy({ ...RATES, kink })).KINK()).to.equal(kink);
    });

    it("keeps what it is given", async () => {
      const { model } = await loadFixture(modelFixture);
      expect(await model.BASE()).to.equal(RATES.base);
      expect(await model.SLOPE_BELOW()).to.equal(RATES.slopeBelow);
      expect(await model.SLOPE_ABOVE()).to.equal(RATES.slopeAbove);
      expect(await model.KINK()).to.equal(RATES.kink);
    });
  });

  describe("rateAt", () => {
    it("reverts for a utilisation above 1", async () => {
      const { model } = await loadFixture(modelFixture);
      await expect(model.rateAt(WAD + 1n))
        .to.be.revertedWithCustomError(model, "RateModelOutOfBounds")
        .withArgs(WAD + 1n, 0n, WAD);
    });

    it("is the two lines, WAD per year", async () => {
      const { model } = await loadFixture(modelFixture);
      for (const [utilisation, rate] of [
        [0n, 1n],
        [40n, 3n],
        [80n, 5n],
        [82n, 12n],
        [90n, 42n],
        [100n, 80n],
      ] as const) {
        // 82 % is a tenth of the way from the kink: 5 % + 7.5 %
        const expected =
          utilisation === 82n ? 125n * (CENT / 10n) : utilisation === 90n ? 425n * (CENT / 10n) : rate * CENT;
        expect(await model.rateAt(utilisation * CENT), String(utilisation)).to.equal(expected);
      }
    });
  });

  describe("borrowRate", () => {
    it("is the base of an empty market, whatever is said to be borrowed", async () => {
      const { model } = await loadFixture(modelFixture);
      for (const borrowed of [0n, 1n, MaxUint256]) {
        expect(await model.borrowRate(0n, borrowed)).to.equal(RATES.base / YEAR);
      }
    });

    it("is that of utilisation 1 where more is borrowed than supplied", async () => {
      const { model } = await loadFixture(modelFixture);
      for (const [supply, borrowed] of [
        [1n, 1n],
        [1n, 2n],
        [1n, MaxUint256],
        [MaxUint256, MaxUint256],
      ] as const) {
        expect(await model.borrowRate(supply, borrowed)).to.equal((80n * CENT) / YEAR);
      }
    });

    it("is at most a unit below the exact rate, for small and large markets", async () => {
      const { model } = await loadFixture(modelFixture);
      for (const supply of [1n, 7n, 10n ** 6n + 1n, 10n ** 18n + 3n, 2n ** 112n - 1n, MaxUint256]) {
        for (const part of [0n, 1n, 33n, 79n, 80n, 81n, 99n, 100n]) {
          const borrowed = (supply / 100n) * part + (part === 0n ? 0n : supply % 100n) / 2n;
          const [rate, exact] = [await model.borrowRate(supply, borrowed), exactly(supply, borrowed)];
          expect(exact - rate, `${borrowed} of ${supply}`).to.be.oneOf([0n, 1n]);
        }
      }
    });

    it("does not jump at the kink", async () => {
      const { model } = await loadFixture(modelFixture);
      const atKink = (5n * CENT) / YEAR;
      expect(await model.borrowRate(WAD, RATES.kink)).to.equal(atKink);
      for (const step of [-1n, 1n]) {
        expect((await model.borrowRate(WAD, RATES.kink + step)) - atKink).to.be.within(-1n, 1n);
      }
    });

    it("is flat with slopes of zero", async () => {
      const model = await ethers.deployContract("KinkedRateModel", [{ ...RATES, slopeBelow: 0n, slopeAbove: 0n }]);
      for (const borrowed of [0n, 50n, 100n]) expect(await model.borrowRate(100n, borrowed)).to.equal(CENT / YEAR);
    });
  });
});
