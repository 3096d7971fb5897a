import { expect } from "chai";
import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import type { ILedger } from "../../../typechain-types/core/Ledger.js";
import {
  actions,
  bookIdOf,
  bookKeyOf,
  ethers,
  expectRefused,
  FEE,
  FLAG,
  issuedId,
  ledgerFixture,
  loadFixture,
  networkHelpers,
  NEVER,
  poolCall,
  poolFixture,
  poolIdOf,
  type PoolKey,
  WAD,
  wordParts,
} from "../../helpers/ledger-fixture.js";

const Q64 = 1n << 64n;
const ALPHA = (Q64 * 10n) / 11n;
const BETA = (Q64 * 9n) / 10n;

async function plainFixture() {
  const fixture = await ledgerFixture();
  const { ledger, amm, alice, ids } = fixture;
  const plain: PoolKey = { asset0: ids.token0, asset1: ids.token1, fee: FEE, alpha: 0n, beta: 0n, flags: 0n };
  const create = (key: PoolKey, rest: Partial<ILedger.CallStruct> = {}, minShares = 0n, deadline = NEVER) =>
    ledger.connect(alice).call({
      ...poolCall({
        amm,
        key,
        to: alice,
        amount0: 100n * WAD,
        amount1: 400n * WAD,
        data: actions.encodeFunctionData("createPool", [key, minShares, deadline]),
      }),
      ...rest,
    });
  return { ...fixture, plain, create };
}

describe("AmmCore", () => {
  describe("createPool", () => {
    it("reverts after the deadline", async () => {
      const fixture = await loadFixture(plainFixture);
      const { amm, plain, create } = fixture;
      await expectRefused({
        fixture,
        send: () => create(plain, {}, 0n, 1n),
        contract: amm,
        error: "AmmExpired",
        args: [1n, anyValue],
      });
    });

    it("reverts under another pool's id", async () => {
      const fixture = await loadFixture(plainFixture);
      const { amm, plain, create } = fixture;
      await expectRefused({
        fixture,
        send: () => create(plain, { key: ethers.id("another") }),
        contract: amm,
        error: "AmmWrongPool",
        args: [
          await poolIdOf({ amm, key: plain }),
          await bookIdOf({ protocol: amm, ...plain, key: ethers.id("another") }),
        ],
      });
    });

    it("reverts when the assets are not the key's, or not in order", async () => {
      const fixture = await loadFixture(plainFixture);
      const { amm, plain, create, ids } = fixture;
      const reversed = { ...plain, asset0: plain.asset1, asset1: plain.asset0 };
      await expectRefused({
        fixture,
        send: () => create(reversed),
        contract: amm,
        error: "AmmAssetOrder",
        args: [plain.asset1, plain.asset0],
      });
      for (const [asset0, asset1] of [
        [plain.asset1, plain.asset0],
        [ids.usdc, plain.asset1],
        [plain.asset0, ids.usdc],
      ] as const) {
        await expectRefused({
          fixture,
          send: () => create(plain, { asset0, asset1 }),
          contract: amm,
          error: "AmmWrongPool",
          args: [await poolIdOf({ amm, key: plain }), await poolIdOf({ amm, key: { ...plain, asset0, asset1 } })],
        });
      }
    });

    it("reverts for an asset with RULES on either side", async () => {
      const fixture = await loadFixture(plainFixture);
      const { amm, issuer, plain, create, alice } = fixture;
      const salt = ethers.id("rules");
      const flags = FLAG.rules0 | FLAG.rules1;
      await issuer.issue(salt, flags, issuer, issuer);
      const id = await issuedId({ owner: issuer, salt, flags });
      for (const asset of [id, id | 1n]) await issuer.mint(asset, alice, 1000n * WAD);
      for (const [asset0, restricted] of [
        [plain.asset0, id],
        [id, id],
      ] as const) {
        const key = { ...plain, asset0, asset1: asset0 === id ? id | 1n : id };
        await expectRefused({
          fixture,
          send: () => create(key),
          contract: amm,
          error: "AmmRestrictedAsset",
          args: [restricted],
        });
      }
    });

    it("reverts on a fee above 5 %", async () => {
      const fixture = await loadFixture(plainFixture);
      const { amm, plain, create } = fixture;
      await expectRefused({
        fixture,
        send: () => create({ ...plain, fee: 50_001n }),
        contract: amm,
        error: "AmmFeeTooHigh",
        args: [50_001n, 50_000n],
      });
    });

    it("reverts when the pool exists", async () => {
      const fixture = await loadFixture(plainFixture);
      const { amm, plain, create } = fixture;
      await create(plain);
      await expectRefused({
        fixture,
        send: () => create(plain),
        contract: amm,
        error: "AmmPoolExists",
        args: [await poolIdOf({ amm, key: plain })],
      });
    });

    it("reverts on an empty range", async () => {
      const fixture = await loadFixture(plainFixture);
      const { amm, plain, create } = fixture;
      for (const [alpha, beta] of [
        [Q64, Q64],
        [2n * Q64, Q64],
        [(1n << 128n) - 1n, (1n << 128n) - 1n],
      ] as const) {
        await expectRefused({
          fixture,
          send: () => create({ ...plain, alpha, beta }),
          contract: amm,
          error: "AmmEmptyRange",
          args: [alpha, beta],
        });
      }
    });

    it("reverts when virtual amounts would be too large", async () => {
      const fixture = await loadFixture(plainFixture);
      const { amm, plain, create } = fixture;
      for (const [alpha, beta] of [
        [1n << 127n, 0n],
        [0n, 1n << 127n],
      ] as const) {
        await expectRefused({
          fixture,
          send: () => create({ ...plain, alpha, beta }),
          contract: amm,
          error: "AmmAmountTooLarge",
        });
      }
    });

    it("reverts when too few shares would be minted", async () => {
      const fixture = await loadFixture(plainFixture);
      const { amm, plain, create } = fixture;
      await expectRefused({
        fixture,
        send: () => create(plain, { amount0: 1000n, amount1: 1000n }),
        contract: amm,
        error: "AmmBelowMinimumShares",
        args: [1000n, 1001n],
      });
      await expectRefused({
        fixture,
        send: () => create(plain, { amount1: 0n }),
        contract: amm,
        error: "AmmBelowMinimumShares",
        args: [0n, 1001n],
      });
      await expectRefused({
        fixture,
        send: () => create(plain, {}, 200n * WAD),
        contract: amm,
        error: "AmmBelowMinimumShares",
        args: [200n * WAD - 1000n, 200n * WAD],
      });
    });

    it("reverts when a side is below the reserve floor", async () => {
      const fixture = await loadFixture(plainFixture);
      const { amm, plain, create } = fixture;
      for (const amounts of [
        { amount0: 999n, amount1: WAD },
        { amount0: WAD, amount1: 999n },
      ]) {
        await expectRefused({
          fixture,
          send: () => create(plain, amounts),
          contract: amm,
          error: "AmmReserveFloor",
          args: [999n, 1000n],
        });
      }
    });

    it("creates a plain pool: reserves, fee and existence in the book, √(r0·r1) − 1000 shares to the receiver", async () => {
      const fixture = await loadFixture(plainFixture);
      const { ledger, amm, plain, create, alice, carol } = fixture;
      const id = await poolIdOf({ amm, key: plain });
      const shareId = await amm.shareIdOf(plain);
      expect(shareId).to.equal(await issuedId({ owner: amm, salt: id }));
      const response = create(plain, { to: carol.address }, 200n * WAD - 1000n);
      await expect(response).to.emit(amm, "PoolCreated").withArgs(id, plain.asset0, plain.asset1, FEE, 0n, 0n, 0n);
      await expect(response)
        .to.emit(amm, "LiquidityAdded")
        .withArgs(id, alice.address, 100n * WAD, 400n * WAD, 200n * WAD - 1000n);
      expect(await ledger.balanceOf(carol, shareId)).to.equal(200n * WAD - 1000n);
      expect(wordParts(await ledger.bookOf(amm, bookKeyOf(plain), plain.asset0, plain.asset1))).to.deep.equal({
        amount0: 100n * WAD,
        amount1: 400n * WAD,
        flags: (1n << 31n) | FEE,
      });
      expect(await amm.poolOf(id)).to.deep.equal([200n * WAD, 0n, 0n, 0n, 0n, 0n, 0n, 0n]);
      expect(await amm.assetSupply(id)).to.equal(200n * WAD - 1000n);
    });

    it("creates a range pool with virtual offsets", async () => {
      const { ledger, amm, plain, create } = await loadFixture(plainFixture);
      const key = { ...plain, alpha: ALPHA, beta: BETA };
      const id = await poolIdOf({ amm, key });
      await create(key, { amount0: 100n * WAD, amount1: 100n * WAD });
      const [shares, virtualShares, offset0, offset1, alpha, beta] = await amm.poolOf(id);
      expect(virtualShares).to.equal(shares << 16n);
      expect([alpha, beta]).to.deep.equal([ALPHA, BETA]);
      expect([offset0, offset1]).to.deep.equal([(ALPHA * shares) / Q64, (BETA * shares) / Q64]);
      // T² = (r0 + alpha·T)(r1 + beta·T), rounded down; 2⁶⁴ fixed point makes it exact to a few units.
      const x = (total: bigint) => 100n * WAD + (ALPHA * total) / Q64;
      const y = (total: bigint) => 100n * WAD + (BETA * total) / Q64;
      expect(shares * shares).to.be.at.most(x(shares) * y(shares) + shares);
      const more = shares + 10_000n;
      expect(more * more).to.be.greaterThan(x(more) * y(more));
      const { flags } = wordParts(await ledger.bookOf(amm, bookKeyOf(key), key.asset0, key.asset1));
      expect(flags).to.equal((1n << 31n) | (1n << 16n) | FEE);
    });

    it("creates a range pool of one asset", async () => {
      const { ledger, amm, plain, create } = await loadFixture(plainFixture);
      const key = { ...plain, alpha: ALPHA, beta: BETA };
      for (const [fee, amounts] of [
        [1n, { amount0: WAD, amount1: 0n }],
        [2n, { amount0: 0n, amount1: WAD }],
      ] as const) {
        await create({ ...key, fee }, amounts);
        const id = await poolIdOf({ amm, key: { ...key, fee } });
        const { amount0, amount1 } = wordParts(
          await ledger.bookOf(amm, bookKeyOf({ ...key, fee }), key.asset0, key.asset1),
        );
        expect({ amount0, amount1 }).to.deep.equal(amounts);
        expect((await amm.poolOf(id))[0]).to.be.greaterThan(WAD);
      }
    });

    it("takes the deadline as inclusive, and the lowest and highest fee", async () => {
      const { plain, create } = await loadFixture(plainFixture);
      for (const fee of [0n, 50_000n]) {
        const next = BigInt(await networkHelpers.time.latest()) + 10n;
        await networkHelpers.time.setNextBlockTimestamp(next);
        await create({ ...plain, fee }, {}, 0n, next);
      }
    });
  });

  describe("metadata of LP shares", () => {
    it("names the pool by the first four bytes of its id", async () => {
      const { amm, poolId } = await loadFixture(poolFixture);
      const label = poolId.slice(0, 10);
      expect(await amm.assetName(poolId)).to.equal(`Lakh LP ${label}`);
      expect(await amm.assetSymbol(poolId)).to.equal(`LLP-${label}`);
      expect(await amm.assetDecimals(poolId)).to.equal(18n);
      expect(await amm.assetSupply(poolId)).to.equal(200n * WAD - 1000n);
      expect(await amm.assetSupply(ethers.id("none"))).to.equal(0n);
    });
  });
});
