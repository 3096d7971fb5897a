import { expect } from "chai";
import {
  accrueMarket,
  addInterest,
  ceilDiv,
  curveExponential,
  healthFactorOf,
  INITIAL_CURVE_RATE,
  liquidatableShares,
  liquidatePosition,
  liquidationIncentive,
  MAX_BORROW_RATE,
  MAX_CURVE_RATE,
  MAX_DEBT,
  MAX_SHARES,
  maxBorrowOf,
  maxDebtOf,
  maxWithdrawCollateralOf,
  MIN_CURVE_RATE,
  nextCurveRates,
  PRICE_SCALE,
  repaymentOf,
  repaymentToHealth,
  toBorrowAssetsUp,
  toBorrowSharesDown,
  toBorrowSharesUp,
  toSupplyAssetsDown,
  toSupplyAssetsUp,
  toSupplySharesDown,
  toSupplySharesUp,
  VIRTUAL_SHARES,
  type LendingMarket,
} from "../../../src/index.js";
import { borrowed } from "../../../src/lending-math.js";
import { Random, seedFromEnvironment } from "../../helpers/random.js";

const WAD = 10n ** 18n;
const YEAR = 365n * 24n * 3600n;
const LLTV = (86n * WAD) / 100n;
const EMPTY: LendingMarket = { idle: 0n, supplyShares: 0n, borrowAssets: 0n, borrowShares: 0n };
/** 1,000 supplied, 500 borrowed. */
const HALF: LendingMarket = {
  ...{ idle: 500n * WAD, supplyShares: 1000n * WAD * VIRTUAL_SHARES },
  ...{ borrowAssets: 500n * WAD, borrowShares: 500n * WAD * VIRTUAL_SHARES },
};
const TERMS = { price: PRICE_SCALE, lltv: LLTV, closeOutDebt: MAX_DEBT };

function randomMarket(random: Random): LendingMarket {
  const borrowAssets = random.magnitude(1n, 10n ** 26n);
  return {
    idle: random.magnitude(1n, 10n ** 26n),
    supplyShares: random.magnitude(1n, 10n ** 32n),
    borrowAssets,
    borrowShares: borrowAssets * random.between(1n, VIRTUAL_SHARES),
  };
}

describe("src/lending-math", () => {
  const random = new Random(seedFromEnvironment());

  it("begins with a million shares for a unit", () => {
    expect(toSupplySharesDown(EMPTY, 5n)).to.equal(5n * VIRTUAL_SHARES);
    expect(toBorrowSharesUp(EMPTY, 5n)).to.equal(5n * VIRTUAL_SHARES);
    expect(toSupplyAssetsDown(HALF, HALF.supplyShares)).to.equal(1000n * WAD);
  });

  it("rounds for the market, and nobody gains by going back and forth", () => {
    for (let i = 0; i < 500; i++) {
      const market = randomMarket(random);
      const amount = random.magnitude(1n, 10n ** 26n);
      expect(toSupplyAssetsDown(market, toSupplySharesDown(market, amount)) <= amount).to.equal(true);
      expect(toSupplyAssetsDown(market, toSupplySharesUp(market, amount)) >= amount).to.equal(true);
      expect(toSupplyAssetsUp(market, toSupplySharesDown(market, amount)) <= amount).to.equal(true);
      expect(toBorrowAssetsUp(market, toBorrowSharesUp(market, amount)) >= amount).to.equal(true);
      expect(toBorrowAssetsUp(market, toBorrowSharesDown(market, amount)) <= amount).to.equal(true);
    }
  });

  it("compounds by three terms, with the fee's shares at the price without them, and ends at the largest debt", () => {
    const borrowRate = WAD / 10n / YEAR;
    const { market, interest, feeShares } = addInterest(HALF, { borrowRate, fee: WAD / 10n, elapsed: YEAR });
    // e^0.1 − 1 = 0.10517; three terms are 0.105166.
    expect(interest / 10n ** 14n).to.equal(525_833n);
    expect(market.borrowAssets).to.equal(HALF.borrowAssets + interest);
    const worth = toSupplyAssetsDown(market, feeShares);
    expect(interest / 10n - worth < 2n).to.equal(true);
    const late = addInterest(HALF, { borrowRate: MAX_BORROW_RATE, fee: 0n, elapsed: (1n << 32n) - 1n });
    expect(late.market.borrowAssets).to.equal(MAX_DEBT);
    const full = { ...HALF, supplyShares: MAX_SHARES - 3n };
    expect(addInterest(full, { borrowRate, fee: WAD / 4n, elapsed: YEAR }).feeShares).to.equal(3n);
  });

  it("takes a rate model's answer up to a limit, and its last one when it fails", () => {
    const rated = { ...HALF, rate: 7n };
    const charge = (answer: () => bigint | undefined) =>
      accrueMarket(rated, { model: { kind: "external", answer }, fee: 0n, elapsed: 1n });
    expect(charge(() => 9n)).to.deep.include({
      borrowRate: 9n,
      market: { ...rated, rate: 9n, borrowAssets: 500n * WAD + 4500n },
    });
    expect(charge(() => undefined).borrowRate).to.equal(7n);
    expect(charge(() => 1n << 255n).borrowRate).to.equal(MAX_BORROW_RATE);
    const none = accrueMarket(rated, { model: { kind: "none" }, fee: 0n, elapsed: YEAR });
    expect(none).to.deep.equal({ market: rated, borrowRate: 0n, interest: 0n, feeShares: 0n });
  });

  it("moves the adaptive curve with the utilisation, within its bounds", () => {
    const at = (borrowAssets: bigint, elapsed: bigint) =>
      nextCurveRates({ rate: INITIAL_CURVE_RATE, supplyAssets: 100n, borrowAssets, elapsed });
    expect(at(90n, YEAR)).to.deep.equal({ borrowRate: INITIAL_CURVE_RATE, rate: INITIAL_CURVE_RATE });
    expect(at(0n, 0n).borrowRate).to.equal(INITIAL_CURVE_RATE / 4n);
    expect(at(100n, 0n).borrowRate).to.equal(INITIAL_CURVE_RATE * 4n);
    expect(at(100n, YEAR).rate).to.equal(MAX_CURVE_RATE);
    expect(at(0n, YEAR).rate).to.equal(MIN_CURVE_RATE);
    const empty = nextCurveRates({ rate: INITIAL_CURVE_RATE, supplyAssets: 0n, borrowAssets: 0n, elapsed: 0n });
    expect(empty.borrowRate).to.equal(INITIAL_CURVE_RATE / 4n);
  });

  it("has an exponential that is 1 at 0, 0 far below and constant far above", () => {
    expect(curveExponential(0n)).to.equal(WAD);
    expect(curveExponential(-42n * WAD)).to.equal(0n);
    expect(curveExponential(94n * WAD)).to.equal(curveExponential(200n * WAD));
    expect(curveExponential(-WAD) < WAD / 2n && curveExponential(WAD) > 2n * WAD).to.equal(true);
  });

  it("knows the most that a position can borrow, to the unit", () => {
    for (let i = 0; i < 300; i++) {
      const market = randomMarket(random);
      const position = {
        borrowShares: random.between(0n, market.borrowShares / 2n),
        collateral: random.magnitude(1n, 10n ** 26n),
      };
      const terms = { price: random.magnitude(10n ** 33n, 10n ** 39n), lltv: LLTV };
      const maximum = maxDebtOf(position.collateral, terms);
      const can = (assets: bigint) => {
        if (assets > market.idle || market.borrowAssets + assets > MAX_DEBT) return false;
        const shares = toBorrowSharesUp(market, assets);
        if (market.borrowShares + shares > MAX_SHARES) return false;
        return toBorrowAssetsUp(borrowed(market, assets, shares), position.borrowShares + shares) <= maximum;
      };
      const most = maxBorrowOf(market, position, terms);
      if (most !== 0n) expect(can(most)).to.equal(true);
      expect(can(most + 1n)).to.equal(false);
      const left = position.collateral - maxWithdrawCollateralOf(market, position, terms);
      if (left < position.collateral) {
        const debt = toBorrowAssetsUp(market, position.borrowShares);
        expect(debt <= maxDebtOf(left, terms)).to.equal(true);
        if (left > 0n) expect(debt > maxDebtOf(left - 1n, terms)).to.equal(true);
      }
    }
  });

  it("ends at the room for debt shares", () => {
    const crowded = { ...EMPTY, idle: 10n ** 29n, supplyShares: 1n };
    const position = { borrowShares: 0n, collateral: MAX_SHARES };
    const most = maxBorrowOf(crowded, position, { price: PRICE_SCALE, lltv: LLTV });
    expect(most).to.equal(MAX_SHARES / VIRTUAL_SHARES);
    const broke = maxBorrowOf(HALF, { ...position, borrowShares: 10n * VIRTUAL_SHARES, collateral: 0n }, TERMS);
    expect(broke).to.equal(0n);
  });

  it("says how healthy a position is", () => {
    const position = { borrowShares: 100n * WAD * VIRTUAL_SHARES, collateral: 200n * WAD };
    expect(healthFactorOf(HALF, position, TERMS)).to.equal((172n * WAD) / 100n);
    expect(healthFactorOf(HALF, { ...position, borrowShares: 0n }, TERMS)).to.equal(undefined);
    expect(maxWithdrawCollateralOf(HALF, { ...position, borrowShares: 0n }, TERMS)).to.equal(position.collateral);
    expect(maxWithdrawCollateralOf(HALF, position, { ...TERMS, price: 0n })).to.equal(0n);
  });

  it("pays a liquidator by the threshold, 15 % more at the most", () => {
    expect(liquidationIncentive(LLTV)).to.equal(1_043_841_336_116_910_229n);
    expect(liquidationIncentive(0n)).to.equal((115n * WAD) / 100n);
  });

  it("liquidates nothing of a healthy position", () => {
    const position = { borrowShares: 100n * WAD * VIRTUAL_SHARES, collateral: 200n * WAD };
    expect(liquidatableShares(HALF, position, TERMS)).to.equal(0n);
    const { market, liquidation } = liquidatePosition(HALF, position, { ...TERMS, input: WAD });
    expect(market).to.equal(HALF);
    expect(liquidation).to.deep.equal({ repaidShares: 0n, repaidAssets: 0n, seized: 0n, badDebt: 0n });
  });

  it("liquidates as far as makes a position healthy, whole up to the close-out debt, and writes off what is left", () => {
    const position = { borrowShares: 100n * WAD * VIRTUAL_SHARES, collateral: 110n * WAD };
    const capped = { ...TERMS, closeOutDebt: 0n, input: 1000n * WAD };
    const part = liquidatePosition(HALF, position, capped);
    const maximum = maxDebtOf(position.collateral, TERMS);
    expect(part.liquidation.repaidAssets).to.equal(repaymentToHealth(100n * WAD, maximum, LLTV));
    const rest = {
      borrowShares: position.borrowShares - part.liquidation.repaidShares,
      collateral: position.collateral - part.liquidation.seized,
    };
    expect(liquidatableShares(part.market, rest, capped)).to.equal(0n);

    const whole = liquidatePosition(HALF, position, { ...TERMS, input: 1000n * WAD });
    expect(whole.liquidation).to.include({
      repaidShares: position.borrowShares,
      repaidAssets: 100n * WAD,
      badDebt: 0n,
    });

    const poor = { ...position, collateral: 50n * WAD };
    const { liquidation, market, badShares } = liquidatePosition(HALF, poor, { ...TERMS, input: 1000n * WAD });
    expect(liquidation.seized).to.equal(poor.collateral);
    expect(liquidation.repaidShares + badShares).to.equal(position.borrowShares);
    expect(liquidation.repaidAssets).to.equal(ceilDiv(50n * WAD * WAD, liquidationIncentive(LLTV)));
    expect(market.borrowAssets).to.equal(400n * WAD);
    expect(market.idle).to.equal(HALF.idle + liquidation.repaidAssets);
    expect(repaymentOf(market, market.borrowShares)).to.equal(400n * WAD);
  });
});
