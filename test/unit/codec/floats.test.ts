import { expect } from "chai";
import { decodeFloat, encodeFloat, isCanonicalFloat, isFloat, type Rounding } from "../../../src/index.js";
import { expectCode } from "../../helpers/expect-code.js";
import { Random, seedFromEnvironment } from "../../helpers/random.js";

const MAX = (1n << 112n) - 1n;

describe("codec/floats", () => {
  it("writes mantissa and exponent", () => {
    expect(encodeFloat(0n)).to.equal(0);
    expect(encodeFloat(1n)).to.equal(1 << 5);
    expect(encodeFloat(524_287n)).to.equal(524_287 << 5);
    expect(encodeFloat(524_290n)).to.equal((52_429 << 5) | 1);
    expect(encodeFloat(10n ** 18n)).to.equal((1 << 5) | 18);
    expect(encodeFloat(5n * 10n ** 31n)).to.equal((5 << 5) | 31);
  });

  it("reads every canonical float back to its bits where its value is not a mantissa already", () => {
    for (let bits = 0; bits < 1 << 24; bits += 101) {
      if (!isCanonicalFloat(bits)) continue;
      const value = BigInt(bits >> 5) * 10n ** BigInt(bits & 31);
      if (value > MAX) {
        expectCode(() => decodeFloat(bits), "FloatTooLarge");
        continue;
      }
      if (decodeFloat(bits) !== value) expect.fail(`${bits} is read as ${decodeFloat(bits)}`);
      const written = encodeFloat(value);
      if (written !== (value < 1n << 19n ? Number(value) << 5 : bits)) expect.fail(`${value} is written as ${written}`);
    }
  });

  it("refuses a mantissa divisible by 10 under an exponent, and zero with one", () => {
    expectCode(() => decodeFloat((10 << 5) | 1), "FloatNotCanonical");
    expectCode(() => decodeFloat(1), "FloatNotCanonical");
    expect(decodeFloat(10 << 5)).to.equal(10n);
  });

  it("refuses values outside 112 bits and values without a float", () => {
    expectCode(() => encodeFloat(-1n), "ValueOutOfRange");
    expectCode(() => encodeFloat(MAX + 1n, "down"), "ValueOutOfRange");
    expectCode(() => encodeFloat(524_289n), "FloatInexact");
    expectCode(() => encodeFloat(10n ** 33n), "FloatInexact"); // 100 · 10^31 is not canonical
    expectCode(() => encodeFloat(MAX, "up"), "FloatTooLarge");
    expect(isFloat(10n ** 33n)).to.equal(false);
    expect(isFloat(10n ** 31n)).to.equal(true);
  });

  it("rounds to the next float below and above", () => {
    const round = (value: bigint, rounding: Rounding) => decodeFloat(encodeFloat(value, rounding));
    expect(round(524_289n, "down")).to.equal(524_280n);
    expect(round(524_289n, "up")).to.equal(524_290n);
    expect(round(5_242_879n, "up")).to.equal(5_242_900n); // the mantissa is full: one digit less
    expect(round(10n ** 33n, "down")).to.equal(99_999n * 10n ** 28n);
    expect(round(10n ** 33n, "up")).to.equal(100_001n * 10n ** 28n);
    expect(round(10n ** 33n + 1n, "down")).to.equal(99_999n * 10n ** 28n);
    expect(round(MAX, "down")).to.equal(519_229n * 10n ** 28n);
  });

  it("is never off by more than a 52,428th, and never on the wrong side", () => {
    const random = new Random(seedFromEnvironment());
    for (let i = 0; i < 20_000; i++) {
      const value = random.magnitude(1n, 519_229n * 10n ** 28n);
      const [low, high] = [decodeFloat(encodeFloat(value, "down")), decodeFloat(encodeFloat(value, "up"))];
      const isTight = low <= value && value <= high && (high - low) * 52_428n <= value * 2n;
      if (!isTight || (low === value) !== isFloat(value)) expect.fail(`${low} <= ${value} <= ${high}`);
    }
  });
});
