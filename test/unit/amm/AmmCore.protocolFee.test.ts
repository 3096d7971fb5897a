import { expect } from "chai";
import { rangeOffsets, squareRoot } from "../../../src/index.js";
import {
  actions,
  expectRefused,
  loadFixture,
  NEVER,
  poolCall,
  poolFixture,
  poolIdOf,
  SOURCE,
  WAD,
  type PoolKey,
} from "../../helpers/ledger-fixture.js";

const FEE = 2500n; // a quarter, the most

/** The pool fixture with a protocol fee of a quarter for Carol, and a range pool from a half to twice the price of 4. */
async function feeFixture() {
  const fixture = await poolFixture();
  const { ledger, amm, ammLens, alice, bob, carol, key: plain } = fixture;
  await amm.setProtocolFee(FEE, carol);
  const range: PoolKey = { ...plain, ...rangeOffsets({ low: 2n * 10n ** 36n, high: 8n * 10n ** 36n }) };
  const call = (key: PoolKey, data: string, [amount0, amount1]: [bigint, bigint], from = alice) =>
    ledger.connect(from).call(poolCall({ amm, key, to: from, amount0, amount1, data, source: SOURCE.ledger }));
  const createRange = () =>
    call(range, actions.encodeFunctionData("createPool", [range, 1n, NEVER]), [100n * WAD, 400n * WAD]);
  await createRange();
  const swap = (key: PoolKey, amounts: [bigint, bigint]) =>
    call(key, actions.encodeFunctionData("swapExactIn", [1n, NEVER]), amounts, bob);
  const add = (key: PoolKey) => call(key, actions.encodeFunctionData("addLiquidity", [1n, NEVER]), [WAD, 8n * WAD]);
  const collect = (key: PoolKey, from = carol) =>
    call(key, actions.encodeFunctionData("collectProtocolFee"), [0n, 0n], from);
  const stand = async (key: PoolKey) => {
    const [view, state] = [await ammLens.poolOf(key), await amm.poolOf(await poolIdOf({ amm, key }))];
    const { shareId, reserve0, reserve1, virtual0, virtual1 } = view;
    const { totalShares, virtualShares, offset0, offset1, rootK, protocolShares } = state;
    const root = squareRoot(virtual0 * virtual1);
    return {
      ...{ shareId, reserve0, reserve1, virtual0, virtual1, root },
      ...{ totalShares, virtualShares, offset0, offset1, rootK, protocolShares },
    };
  };
  return { ...fixture, plain, range, swap, add, collect, stand };
}

describe("AmmCore", () => {
  describe("protocol fee", () => {
    it("reverts for anybody but the authority's, and above a quarter", async () => {
      const fixture = await loadFixture(feeFixture);
      const { amm, alice } = fixture;
      await expectRefused({
        fixture,
        send: () => amm.connect(alice).setProtocolFee(1n, alice),
        contract: amm,
        error: "AmmUnauthorized",
        args: [alice.address],
      });
      await expectRefused({
        fixture,
        send: () => amm.setProtocolFee(FEE + 1n, alice),
        contract: amm,
        error: "AmmProtocolFeeTooHigh",
        args: [FEE + 1n, FEE],
      });
      await expect(amm.setProtocolFee(1n, alice)).to.emit(amm, "ProtocolFeeSet").withArgs(1n, alice.address);
      expect([...(await amm.protocolFee())]).to.deep.equal([1n, alice.address]);
    });

    it("reverts when another than the recipient collects, or with an input", async () => {
      const fixture = await loadFixture(feeFixture);
      const { ledger, amm, alice, carol, plain, collect } = fixture;
      await expectRefused({
        fixture,
        send: () => collect(plain, alice),
        contract: amm,
        error: "AmmNotFeeRecipient",
        args: [alice.address, carol.address],
      });
      const data = actions.encodeFunctionData("collectProtocolFee");
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).call(poolCall({ amm, key: plain, to: alice, amount0: 7n, data })),
        contract: amm,
        error: "AmmInputsNotWanted",
        args: [7n, 0n],
      });
    });

    it("adds the shares of Uniswap v2's formula at the next change of liquidity, and nothing in swaps", async () => {
      const { ledger, amm, carol, plain, poolId, shareId, swap, add, collect, stand } = await loadFixture(feeFixture);
      // The pool is older than the fee: its first change of liquidity begins the count.
      await swap(plain, [10n * WAD, 0n]);
      await expect(add(plain)).not.to.emit(amm, "ProtocolSharesAdded");
      const before = await stand(plain);
      for (let i = 0; i < 4; i++) {
        await swap(plain, [10n * WAD, 0n]);
        await swap(plain, [0n, 30n * WAD]);
      }
      const grown = await stand(plain);
      expect(grown.totalShares).to.equal(before.totalShares);
      // shares = T (√K − √K0) / ((1/φ − 1) √K + √K0)
      const wanted = (before.totalShares * (grown.root - before.rootK)) / (3n * grown.root + before.rootK);
      await expect(add(plain)).to.emit(amm, "ProtocolSharesAdded").withArgs(poolId, wanted);
      const { protocolShares, totalShares } = await stand(plain);
      expect(protocolShares).to.equal(wanted);
      expect(await amm.assetSupply(poolId)).to.equal(totalShares - 1000n - wanted);
      await expect(collect(plain)).to.emit(amm, "ProtocolSharesCollected").withArgs(poolId, carol.address, wanted);
      expect(await ledger.balanceOf(carol, shareId)).to.equal(wanted);
      const after = await stand(plain);
      expect([after.totalShares, after.protocolShares]).to.deep.equal([totalShares, 0n]);
      await collect(plain); // nothing new, nothing minted
      expect(await ledger.balanceOf(carol, shareId)).to.equal(wanted);
    });

    it("adds shares in a range pool too, worth its part of the growth, and lets price and offsets be (AMM_18)", async () => {
      const { ledger, amm, carol, ammLens, range, swap, add, collect, stand } = await loadFixture(feeFixture);
      await add(range);
      const before = await stand(range);
      await swap(range, [20n * WAD, 0n]);
      await swap(range, [0n, 30n * WAD]);
      const grown = await stand(range);
      const view = await ammLens.poolOf(range);
      await expect(collect(range)).to.emit(amm, "ProtocolSharesAdded");
      const after = await stand(range);
      // s / (T + s) = φ (√K − √K0) / (√K − √(a·b)), rounded down, with φ = 1 / 4
      const growth = grown.root - before.rootK;
      const base = grown.root - squareRoot(grown.offset0 * grown.offset1);
      expect(after.totalShares - grown.totalShares).to.equal((grown.totalShares * growth) / (4n * base - growth));
      const shareId = await amm.shareIdOf(range);
      expect(await ledger.balanceOf(carol, shareId)).to.equal(after.totalShares - grown.totalShares);
      for (const field of ["virtualShares", "offset0", "offset1"] as const) {
        expect(after[field], field).to.equal(grown[field]);
      }
      expect((await ammLens.poolOf(range)).price).to.equal(view.price);
      // Worth of the shares at the pool's price, against a quarter of 2Y(1 − √K0 / √K).
      const worth =
        (view.reserve1 + (view.reserve0 * view.virtual1) / view.virtual0) * (after.totalShares - grown.totalShares);
      const earned = (2n * view.virtual1 * growth) / grown.root;
      expect(4n * (worth / after.totalShares)).to.be.within((earned * 95n) / 100n, earned + 4n);
    });

    it("counts nothing of the time before it is switched on again (AMM_18)", async () => {
      const { amm, carol, plain, range, swap, add, collect, stand } = await loadFixture(feeFixture);
      for (const key of [plain, range]) {
        await add(key);
        await swap(key, [10n * WAD, 0n]);
        await amm.setProtocolFee(0n, carol);
        await amm.setProtocolFee(2500n, carol);
        expect((await stand(key)).rootK).to.equal(0n);
        await expect(collect(key)).not.to.emit(amm, "ProtocolSharesAdded");
        await swap(key, [10n * WAD, 0n]);
        await amm.setProtocolFee(100n, carol); // on before and after: the count goes on
        await expect(collect(key)).to.emit(amm, "ProtocolSharesAdded");
        await amm.setProtocolFee(2500n, carol);
      }
    });

    it("ends with the next change of liquidity once it is switched off", async () => {
      const { amm, carol, plain, swap, add, stand } = await loadFixture(feeFixture);
      await add(plain);
      await swap(plain, [10n * WAD, 0n]);
      await amm.setProtocolFee(0n, carol);
      await expect(add(plain)).not.to.emit(amm, "ProtocolSharesAdded");
      const { rootK, protocolShares } = await stand(plain);
      expect([rootK, protocolShares]).to.deep.equal([0n, 0n]);
    });
  });
});
