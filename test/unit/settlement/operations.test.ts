import { expect } from "chai";
import { AbiCoder, ZeroAddress, ZeroHash } from "ethers";
import {
  ACCOUNT_FORM,
  addLiquidity,
  amountFormOf,
  bookKey,
  decodeBand,
  encodeBand,
  KIND_ADD,
  LIMIT_FORM,
  lpShareId,
  orderMessageOf,
  poolKey,
  PRICE_SCALE,
  removeLiquidity,
  SIDE_SHARES,
  swapExactIn,
  transfer,
  wireArgument,
  worstSwapOut,
} from "../../../src/index.js";
import { expectCode } from "../../helpers/expect-code.js";

const TOKEN = "0x1111111111111111111111111111111111111111";
const AMM = "0x4444444444444444444444444444444444444444";
const BOB = "0x5555555555555555555555555555555555555555";
const pool = poolKey({ assets: [TOKEN, "0x2222222222222222222222222222222222222222"], fee: 3_000n });
const band = { price: 2n * PRICE_SCALE, tolerance: 10n ** 16n };
const swap = { amm: AMM, pool, amountIn: 1_000_000n, band, sequence: 1 };

describe("settlement/operations", () => {
  it("makes transfers in a section of their asset", () => {
    expect(transfer({ asset: TOKEN, amount: 5n, to: 7, sequence: 65_535, fee: 2n, gasCap: 9 })).to.deep.equal({
      section: {
        protocol: ZeroAddress,
        key: ZeroHash,
        asset0: BigInt(TOKEN),
        asset1: 0n,
        shareId: 0n,
        fee0: 2n,
        fee1: 0n,
        gasCap: 9,
        parameters: "0x",
      },
      kind: 0,
      amount: 5n,
      argument: { form: "receiver", to: 7 },
      sequence: 65_535,
      dependsOnPrevious: false,
    });
    expectCode(() => transfer({ asset: TOKEN, amount: 0n, to: 7, sequence: 0 }), "AmountZero");
    expectCode(() => transfer({ asset: TOKEN, amount: 1n, to: ZeroAddress, sequence: 0 }), "InvalidAddress");
    expectCode(() => transfer({ asset: TOKEN, amount: 1n, to: 7, sequence: 65_536 }), "InvalidSequence");
  });

  it("makes swaps of either side in the pool's section", () => {
    const sold0 = swapExactIn({ ...swap, assetIn: pool.asset0, minAmountOut: 1n, fee: 4n });
    expect(sold0.section).to.include({ protocol: AMM, key: bookKey(pool), fee0: 4n, fee1: 0n, shareId: 0n });
    expect(sold0).to.include({ kind: 0, amount: 1_000_000n, poolFee: 3_000n });
    const sold1 = swapExactIn({ ...swap, assetIn: pool.asset1, minAmountOut: 1n, fee: 4n });
    expect(sold1.section).to.include({ fee0: 0n, fee1: 4n });
    expect(sold1.kind).to.equal(1);
  });

  it("rounds a limit up to a float, but never out of the band", () => {
    const limitOf = (minAmountOut: bigint) => {
      const { argument } = swapExactIn({ ...swap, assetIn: pool.asset0, minAmountOut });
      return argument.form === "limit" ? argument.value : expect.fail("no limit");
    };
    const worst = worstSwapOut({ amount: 1_000_000n, kind: 0, poolFee: 3_000n, band });
    expect(worst).to.equal((1_000_000n * 997n * 198n) / 100_000n); // 2 less 1 %, less the pool's fee
    expect(limitOf(1_900_001n)).to.equal(1_900_010n);
    expect(limitOf(worst)).to.equal(worst);
    expect(limitOf(worst - 1n)).to.equal(worst);
    expectCode(() => limitOf(worst + 1n), "BandTooWide");
  });

  it("makes an addition of two operations, and a removal of one, in a section without parameters", () => {
    const terms = { amm: AMM, pool, sequence: 4, fee: 3n, fee1: 5n };
    const added = addLiquidity({ ...terms, amount0: 10n, amount1: 20n, minShares: 7n, sequence1: 5 });
    const section = {
      ...{ protocol: AMM, key: bookKey(pool), asset0: pool.asset0, asset1: pool.asset1 },
      ...{ shareId: lpShareId({ amm: AMM, pool }), fee0: 3n, fee1: 5n, parameters: "0x" },
    };
    const half = { section, argument: { form: "limit", value: 7n }, dependsOnPrevious: false, extraGas: 12_000 };
    expect(added).to.deep.equal([
      { ...half, kind: KIND_ADD, amount: 10n, sequence: 4 },
      { ...half, kind: KIND_ADD + 1, amount: 20n, sequence: 5 },
    ]);
    const after = { ...terms, amount0: 10n, amount1: 20n, minShares: 0n, sequence1: 5, dependsOnPrevious: true };
    expect(addLiquidity(after).map(({ dependsOnPrevious }) => dependsOnPrevious)).to.deep.equal([true, false]);
    const removed = removeLiquidity({ ...terms, shares: 9n, minAmount0: 1n, minAmount1: 2n, gasCap: 8 });
    expect(removed).to.deep.equal({
      ...{ section: { ...section, gasCap: 8 }, kind: SIDE_SHARES, amount: 9n, sequence: 4, dependsOnPrevious: false },
      extraGas: 45_000,
      argument: { form: "bytes", size: 28, value: (2n << 112n) | 1n },
    });
    expect(removeLiquidity({ ...terms, shares: 9n, minAmount0: 0n, minAmount1: 0n }).argument.form).to.equal("none");
    const add = { ...terms, amount0: 10n, amount1: 20n, minShares: 7n, sequence1: 5 };
    expectCode(() => addLiquidity({ ...add, amount1: 0n }), "AmountZero");
    expectCode(() => addLiquidity({ ...add, minShares: -1n }), "AmountOutOfRange");
    expectCode(() => addLiquidity({ ...add, sequence1: 65_536 }), "InvalidSequence");
    expectCode(() => addLiquidity({ ...add, amm: ZeroAddress }), "InvalidAddress");
    expectCode(() => removeLiquidity({ ...terms, shares: 0n, minAmount0: 0n, minAmount1: 0n }), "AmountZero");
    expectCode(
      () => removeLiquidity({ ...terms, shares: 1n, minAmount0: 0n, minAmount1: 1n << 112n }),
      "AmountTooLarge",
    );
  });

  it("encodes the band as the AMM decodes it", () => {
    const encoded = AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [band.price, band.tolerance]);
    expect(encodeBand(band)).to.equal(encoded);
    expect(decodeBand(encoded)).to.deep.equal(band);
    expect(decodeBand("0x")).to.equal(undefined);
    expect(decodeBand(`${encoded}00`)).to.equal(undefined);
  });

  it("writes amounts and arguments in as few bytes as carry them", () => {
    expect([0n, 5n, 1_000_000n, 1_234_567n].map(amountFormOf)).to.deep.equal([0, 3, 3, 14]);
    expect(wireArgument({ form: "none" })).to.deep.equal({ form: 0, value: 0n });
    expect(wireArgument({ form: "limit", value: 10n })).to.deep.equal({ form: LIMIT_FORM, value: 10n });
    expect(wireArgument({ form: "limit", value: 1_234_567n })).to.deep.equal({ form: 14, value: 1_234_567n });
    expect(wireArgument({ form: "receiver", to: 9 })).to.deep.equal({ form: ACCOUNT_FORM, value: 9n });
    expect(wireArgument({ form: "receiver", to: BOB })).to.deep.equal({ form: 20, value: BigInt(BOB) });
    expect(wireArgument({ form: "bytes", size: 5, value: 9n })).to.deep.equal({ form: 5, value: 9n });
  });

  it("names an operation for a fallback signature with its receiver's address and its whole sequence", () => {
    const operation = transfer({ asset: TOKEN, amount: 5n, to: 7, sequence: 300 });
    const message = orderMessageOf(operation, (id) => (id === 7 ? BOB : expect.fail("another id")));
    expect(message).to.include({ arguments: BigInt(BOB), sequence: 300, amount: 5n, dependsOnPrevious: false });
    expect(orderMessageOf({ ...operation, kind: 3 }, () => BOB).sequence).to.equal(300);
    const direct = transfer({ asset: TOKEN, amount: 5n, to: BOB, sequence: 300 });
    expect(orderMessageOf(direct, () => expect.fail("nobody is asked"))).to.deep.equal(message);
  });
});
