import { isInstrumented } from "#chain";
import { expect } from "chai";
import { assetFlags, POOL_ORACLE, POOL_RESTRICTED } from "../../../src/index.js";
import {
  actions,
  ethers,
  expectRefused,
  FLAG,
  issuedId,
  KIND,
  ledgerFixture,
  loadFixture,
  NEVER,
  poolCall,
  poolIdOf,
  sectionOf,
  settle,
  WAD,
  bookKeyOf,
  type PoolKey,
} from "../../helpers/ledger-fixture.js";

const SALT = ethers.id("building");
const UNITS = 1_000_000n * WAD;

/** A pool of token 0 and an asset with RULES, which is Alice's; Alice and Bob hold both. */
async function restrictedFixture() {
  const fixture = await ledgerFixture();
  const { ledger, amm, issuer, alice, bob, ids } = fixture;
  await issuer.issue(SALT, FLAG.rules0, issuer, ethers.ZeroAddress);
  const unit = await issuedId({ owner: issuer, salt: SALT, flags: FLAG.rules0 });
  for (const account of [alice, bob]) await issuer.mint(unit, account, UNITS);
  const key: PoolKey = {
    ...{ asset0: ids.token0, asset1: unit, fee: 3000n, alpha: 0n, beta: 0n, flags: POOL_RESTRICTED },
  };
  const act = (
    from: typeof alice,
    data: string,
    [amount0, amount1]: readonly [bigint, bigint] = [0n, 0n],
    to = from.address,
  ) => ledger.connect(from).call(poolCall({ amm, key, to, amount0, amount1, data }));
  const create = (pool = key, [amount0, amount1] = [100n * WAD, 400n * WAD]) =>
    ledger.connect(alice).call(
      poolCall({
        ...{ amm, key: pool, to: alice, amount0, amount1 },
        data: actions.encodeFunctionData("createPool", [pool, 1n, NEVER]),
      }),
    );
  const add = (from = alice, to = from.address) =>
    act(from, actions.encodeFunctionData("addLiquidity", [1n, NEVER]), [10n * WAD, 50n * WAD], to);
  const remove = (shares: bigint, from = alice, to = from.address) =>
    act(from, actions.encodeFunctionData("removeLiquidity", [shares, 0n, 0n, NEVER]), [0n, 0n], to);
  const swap = (from = alice, to = from.address) =>
    act(from, actions.encodeFunctionData("swapExactIn", [1n, NEVER]), [WAD, 0n], to);
  const shareId = await amm.shareIdOf(key);
  return { ...fixture, unit, key, poolId: await poolIdOf({ amm, key }), shareId, create, add, remove, swap };
}

async function openedFixture() {
  const fixture = await restrictedFixture();
  await fixture.create();
  return fixture;
}

describe("AmmCore", () => {
  describe("restricted pools", () => {
    it("refuse to be without an asset with rules, and such an asset elsewhere", async () => {
      const fixture = await loadFixture(restrictedFixture);
      const { amm, ammLens, create, key, ids, unit } = fixture;
      const plain = { ...key, flags: 0n };
      await expectRefused({
        fixture,
        send: () => create(plain),
        contract: amm,
        error: "AmmRestrictedAsset",
        args: [unit],
      });
      const needless = { ...key, asset1: ids.token1 };
      for (const [pool, flags] of [
        [needless, 2n],
        [{ ...key, flags: 6n }, 6n],
        [{ ...key, flags: 4n }, 4n],
      ] as const) {
        const error = pool.flags === 4n ? "AmmRestrictedAsset" : "AmmInvalidFlags";
        const args = pool.flags === 4n ? [unit] : [flags];
        await expectRefused({ fixture, send: () => create(pool), contract: amm, error, args });
        await expect(ammLens.quoteCreate(pool, WAD, WAD))
          .to.be.revertedWithCustomError(amm, error)
          .withArgs(...args);
      }
    });

    it("need the issuer's word for the pool itself", async () => {
      const fixture = await loadFixture(restrictedFixture);
      const { amm, issuer, create, key, poolId, unit } = fixture;
      const holder = ethers.getAddress(ethers.dataSlice(poolId, 12));
      await issuer.refuse(holder, true);
      await expectRefused({ fixture, send: () => create(), contract: amm, error: "AmmRestrictedAsset", args: [unit] });
      await create({ ...key, fee: 1n }); // another pool is another matter
      await issuer.refuse(holder, false);
      await expect(create()).to.emit(amm, "PoolCreated");
    });

    it("take no share of a restricted pool", async () => {
      const fixture = await loadFixture(openedFixture);
      const { amm, key, shareId, unit } = fixture;
      for (const pair of [[key.asset0, shareId], [shareId, unit].sort((a, b) => (a < b ? -1 : 1))]) {
        const [asset0, asset1] = pair as [bigint, bigint];
        const send = () => fixture.create({ ...key, asset0, asset1 }, [WAD, WAD]);
        await expectRefused({ fixture, send, contract: amm, error: "AmmRestrictedAsset", args: [shareId] });
      }
    });

    it("cannot be drained by the issuer", async () => {
      const fixture = await loadFixture(openedFixture);
      const { ledger, amm, issuer, unit, shareId, alice, carol, key } = fixture;
      const book = await ledger.bookOf(amm, bookKeyOf(key), key.asset0, key.asset1);
      const core = await amm.getAddress();
      const forced = { error: "LedgerForcedFromProtocol", args: [unit, core] };
      await expectRefused({ fixture, send: () => issuer.forceTransfer(unit, core, carol, 1n), ...forced });
      await expectRefused({ fixture, send: () => issuer.burn(unit, core, 1n), ...forced });
      const ruler = await issuer.getAddress();
      const notIssuer = { error: "LedgerNotIssuer", args: [ruler, shareId] };
      await expectRefused({ fixture, send: () => issuer.forceTransfer(shareId, alice, carol, 1n), ...notIssuer });
      await expectRefused({ fixture, send: () => issuer.mint(shareId, carol, 1n), ...notIssuer });
      await expectRefused({ fixture, send: () => issuer.setFrozen(shareId, alice, true), ...notIssuer });
      expect(await ledger.bookOf(amm, bookKeyOf(key), key.asset0, key.asset1)).to.equal(book);
    });

    it("are created as others, with a share that has rules too", async () => {
      const { ledger, amm, ammLens, create, key, poolId, shareId, alice, issuer } =
        await loadFixture(restrictedFixture);
      await issuer.refuse(await amm.getAddress(), true);
      await expect(create()).to.be.revertedWithCustomError(ledger, "LedgerTransferRefused");
      await issuer.refuse(await amm.getAddress(), false);
      await expect(create())
        .to.emit(amm, "PoolCreated")
        .withArgs(poolId, key.asset0, key.asset1, 3000n, 0n, 0n, POOL_RESTRICTED)
        .and.to.emit(ledger, "AssetIssued")
        .withArgs(shareId, await amm.getAddress(), await amm.getAddress(), poolId);
      expect(assetFlags(shareId)).to.equal(FLAG.rules0);
      expect(await ledger.issuerOf(shareId)).to.equal(await amm.getAddress());
      expect(await ledger.balanceOf(alice, shareId)).to.equal(200n * WAD - 1000n);
      expect((await ammLens.poolOf(key)).shareId).to.equal(shareId);
      const { flags } = { flags: (await ledger.bookOf(amm, bookKeyOf(key), key.asset0, key.asset1)) >> 224n };
      expect(flags).to.equal((1n << 31n) | (POOL_RESTRICTED << 17n) | 3000n);
    });

    it("may keep a history of prices and a range too", async () => {
      const { amm, ammLens, create, key } = await loadFixture(restrictedFixture);
      const both = { ...key, flags: POOL_RESTRICTED | POOL_ORACLE, alpha: 1n << 60n, beta: 1n << 62n };
      await create(both);
      expect((await ammLens.poolOf(both)).exists).to.equal(true);
      await expect(amm.consult(both, 60n)).to.be.revertedWithCustomError(amm, "AmmOracleTooYoung");
    });

    it("give neither share nor asset to who may not receive the asset (AMM_20)", async () => {
      const fixture = await loadFixture(openedFixture);
      const { ledger, amm, issuer, add, remove, swap, carol, alice, bob, unit, shareId } = fixture;
      await issuer.refuse(carol, true);
      const lp = [shareId, ethers.ZeroAddress, carol.address];
      const refused = (send: () => Promise<unknown>) =>
        expectRefused({ fixture, send, error: "LedgerTransferRefused" });
      await expect(add(alice, carol.address))
        .to.be.revertedWithCustomError(ledger, "LedgerTransferRefused")
        .withArgs(...lp, (shares: bigint) => shares > 0n);
      await refused(() => remove(WAD, alice, carol.address));
      await refused(() => swap(alice, carol.address));
      await refused(() => ledger.connect(alice).transfer(carol, shareId, 1n));
      await ledger.connect(alice).setOperator(bob, true);
      await refused(() => ledger.connect(bob).transferFrom(alice, carol, shareId, 1n));
      // Who may neither give nor receive is as stuck with the share as with the asset.
      await ledger.connect(alice).transfer(bob, shareId, WAD);
      await issuer.refuse(bob, true);
      await refused(() => ledger.connect(bob).transfer(alice, shareId, 1n));
      await refused(() => remove(WAD, bob));
      await refused(() => swap(bob));
      await issuer.refuse(bob, false);
      await issuer.setFrozen(unit, bob, true);
      await expect(ledger.connect(bob).transfer(alice, shareId, 1n)).to.be.revertedWithCustomError(
        ledger,
        "LedgerTransferRefused",
      );
      // Who may not give the share gives nobody what it stands for; frozen is who may not give: he may receive.
      await refused(() => remove(WAD / 2n, bob, alice.address));
      await remove(WAD / 2n, bob);
      await issuer.setFrozen(unit, bob, false);
      await remove(WAD / 4n, bob, alice.address);
      await issuer.refuse(bob, true);
      await refused(() => remove(WAD / 4n, bob, alice.address));
      await issuer.refuse(bob, false);
      expect(await amm.canTransfer(unit, alice, bob, 1n)).to.equal(false); // not a share of the AMM's
    });

    it("ask of the share what the asset behind it would be asked, rounded up (AMM_20)", async () => {
      const { amm, issuer, alice, bob, carol, ledger, shareId, unit } = await loadFixture(openedFixture);
      // 400 units behind 200 shares: 7 wei of shares stand for 14 wei.
      expect(await ledger.balanceOf(carol, unit)).to.equal(0n);
      await issuer.setCap(14n);
      expect(await amm.canTransfer(shareId, alice, carol, 7n)).to.equal(true);
      expect(await amm.canTransfer(shareId, ethers.ZeroAddress, carol, 7n)).to.equal(true);
      expect(await amm.canTransfer(shareId, alice, carol, 8n)).to.equal(false);
      await issuer.setCap(13n);
      expect(await amm.canTransfer(shareId, alice, carol, 7n)).to.equal(false);
      await issuer.setCap(0n);
      await issuer.setBurnsGas(true);
      expect(await amm.canTransfer(shareId, alice, bob, 1n, { gasLimit: 200_000n })).to.equal(false);
      await issuer.setBurnsGas(false);
      expect(await amm.canTransfer(shareId + 1n, alice, bob, 1n)).to.equal(false);
      expect(await amm.canTransfer(shareId, alice, bob, 1n)).to.equal(true);
      await amm.onLedgerMovement(shareId, alice, bob, 1n); // nothing
    });

    it("let who may not receive an asset not leave with the other, where nothing of it is left (AMM_20)", async () => {
      const fixture = await loadFixture(restrictedFixture);
      const { ledger, amm, issuer, key, alice, bob, ids } = fixture;
      // As much of each asset as the offsets are.
      const pool = { ...key, alpha: 2n ** 63n, beta: 2n ** 63n };
      await fixture.create(pool, [10n * WAD, 10n * WAD]);
      const call = (from: typeof alice, data: string, amount0 = 0n) =>
        ledger.connect(from).call(poolCall({ amm, key: pool, to: from, amount0, amount1: 0n, data }));
      await call(bob, actions.encodeFunctionData("swapExactOut", [10n * WAD, NEVER]), 30n * WAD);
      const remove = () => call(alice, actions.encodeFunctionData("removeLiquidity", [WAD, 0n, 0n, NEVER]));
      await issuer.refuse(alice, true);
      await expectRefused({
        ...{ fixture, send: remove, error: "LedgerTransferRefused" },
        args: [key.asset1, await amm.getAddress(), alice.address, 0n],
      });
      await issuer.refuse(alice, false);
      const before = await ledger.balanceOf(alice, ids.token0);
      await remove();
      expect(await ledger.balanceOf(alice, ids.token0)).to.be.greaterThan(before + WAD);
    });

    it("ask both issuers, where both assets have rules, within the ledger's gas", async () => {
      const fixture = await loadFixture(restrictedFixture);
      const { ledger, amm, issuer, unit, key, alice, bob, carol } = fixture;
      const rival = await ethers.deployContract("MockIssuer", [ledger]);
      await rival.issue(SALT, FLAG.rules0, rival, ethers.ZeroAddress);
      const other = await issuedId({ owner: rival, salt: SALT, flags: FLAG.rules0 });
      await rival.mint(other, alice, UNITS);
      const [asset0, asset1] = unit < other ? [unit, other] : [other, unit];
      const pool = { ...key, asset0, asset1 };
      await fixture.create(pool);
      const shareId = await amm.shareIdOf(pool);
      await ledger.connect(alice).transfer(bob, shareId, WAD);
      for (const one of [issuer, rival]) {
        await one.refuse(carol, true);
        await expect(ledger.connect(bob).transfer(carol, shareId, 1n)).to.be.revertedWithCustomError(
          ledger,
          "LedgerTransferRefused",
        );
        await one.refuse(carol, false);
      }
      const transaction = await ledger.connect(bob).transfer(carol, shareId, 1n);
      const receipt = await transaction.wait();
      if (!isInstrumented) expect(receipt?.gasUsed).to.be.lessThan(160_000n); // of code without probes
    });

    it("clear swaps and liquidity of a batch for those alone who may receive", async () => {
      const { ledger, amm, settlement, issuer, alice, bob, key, shareId, unit, ids } = await loadFixture(openedFixture);
      for (const account of [alice, bob]) {
        for (const id of [ids.token0, unit, shareId]) await ledger.connect(account).setConsent(id, 1n);
      }
      await issuer.refuse(bob, true);
      const section = sectionOf({
        ...{ protocol: await amm.getAddress(), key: bookKeyOf(key), asset0: key.asset0, asset1: unit, shareId },
      });
      const halves = (account: typeof alice) => [
        { account, kind: 8n, amount: WAD },
        { account, kind: 9n, amount: 5n * WAD },
      ];
      const held = await ledger.balanceOf(alice, shareId);
      const added = await settle({ settlement, section, orders: [...halves(bob), ...halves(alice)] });
      expect([added.executed, added.skipped]).to.deep.equal([true, [0b0011n]]);
      expect(await ledger.balanceOf(bob, shareId)).to.equal(0n);
      expect((await ledger.balanceOf(alice, shareId)) - held).to.equal(2n * WAD);
      await issuer.refuse(bob, false);
      await ledger.connect(alice).transfer(bob, shareId, WAD);
      await issuer.refuse(bob, true);
      const removal = { kind: KIND.shares, amount: WAD };
      const removed = await settle({
        settlement,
        section,
        orders: [
          { account: bob, ...removal },
          { account: alice, ...removal },
        ],
      });
      expect([removed.executed, removed.skipped]).to.deep.equal([true, [0b01n]]);
    });
  });

  describe("forceExit", () => {
    it("reverts for all but the issuers of the pool's assets with rules (AMM_20)", async () => {
      const fixture = await loadFixture(openedFixture);
      const { amm, alice, admin, key } = fixture;
      for (const caller of [alice, admin]) {
        await expectRefused({
          fixture,
          send: () => amm.connect(caller).forceExit(key, alice, 0n, 0n),
          contract: amm,
          error: "AmmUnauthorized",
          args: [caller.address],
        });
      }
    });

    it("pays an account's shares out to itself, and the issuer has the say over what it gets", async () => {
      const fixture = await loadFixture(openedFixture);
      const { ledger, amm, ammLens, alice, bob, carol, key, poolId, shareId, unit, ids } = fixture;
      await ledger.connect(alice).transfer(bob, shareId, 20n * WAD);
      const issuer = await fixture.issuer.getAddress();
      const exit = (account = bob, [min0, min1]: readonly [bigint, bigint] = [0n, 0n]) =>
        fixture.issuer.execute(
          amm,
          amm.interface.encodeFunctionData("forceExit", [key, account.address, min0, min1]),
          false,
        );
      await expect(exit(carol)).to.be.revertedWithCustomError(amm, "AmmZeroShares");
      // Shares in a core are not for the issuer to touch.
      await expect(exit({ ...bob, address: await amm.getAddress() }))
        .to.be.revertedWithCustomError(ledger, "LedgerForcedFromProtocol")
        .withArgs(shareId, await amm.getAddress());
      const [amount0, amount1] = await ammLens.quoteRemove(key, 20n * WAD);
      const before = await Promise.all([ledger.balanceOf(bob, ids.token0), ledger.balanceOf(bob, unit)]);
      const lone = await ledger.balanceOf(alice, shareId);
      for (const [out, minima] of [
        [amount0, [amount0 + 1n, 0n]],
        [amount1, [0n, amount1 + 1n]],
      ] as const) {
        await expect(exit(bob, minima))
          .to.be.revertedWithCustomError(amm, "AmmBelowMinimumOut")
          .withArgs(out, out + 1n);
      }
      await fixture.issuer.setFrozen(unit, bob, true);
      await expect(exit(bob, [amount0, amount1]))
        .to.emit(amm, "ExitForced")
        .withArgs(poolId, bob.address, issuer, amount0, amount1, 20n * WAD)
        .and.to.emit(amm, "LiquidityRemoved")
        .withArgs(poolId, await amm.getAddress(), amount0, amount1, 20n * WAD);
      expect(await ledger.balanceOf(bob, ids.token0)).to.equal(before[0] + amount0);
      expect(await ledger.balanceOf(bob, unit)).to.equal(before[1] + amount1);
      for (const account of [bob, amm]) expect(await ledger.balanceOf(account, shareId)).to.equal(0n);
      expect(await ledger.balanceOf(alice, shareId)).to.equal(lone);
      const { totalShares } = await amm.poolOf(poolId);
      expect(totalShares).to.equal(lone + 1000n);
      // The frozen account keeps what the rules do not concern, and the issuer takes the rest from it.
      await fixture.issuer.forceTransfer(unit, bob, carol, amount1);
      expect(await ledger.balanceOf(carol, unit)).to.equal(amount1);
    });

    it("is each issuer's, where both assets have rules", async () => {
      const fixture = await loadFixture(restrictedFixture);
      const { ledger, amm, unit, key, alice, bob, carol } = fixture;
      const rival = await ethers.deployContract("MockIssuer", [ledger]);
      await rival.issue(SALT, FLAG.rules0, rival, ethers.ZeroAddress);
      const other = await issuedId({ owner: rival, salt: SALT, flags: FLAG.rules0 });
      await rival.mint(other, alice, UNITS);
      const [asset0, asset1] = unit < other ? [unit, other] : [other, unit];
      const pool = { ...key, asset0, asset1 };
      await fixture.create(pool);
      const shareId = await amm.shareIdOf(pool);
      for (const [one, account] of [[fixture.issuer, bob] as const, [rival, carol] as const]) {
        await ledger.connect(alice).transfer(account, shareId, WAD);
        const data = amm.interface.encodeFunctionData("forceExit", [pool, account.address, 0n, 0n]);
        await expect(one.execute(amm, data, false))
          .to.emit(amm, "ExitForced")
          .withArgs(await poolIdOf({ amm, key: pool }), account, one, WAD / 2n, 2n * WAD, WAD);
        expect(await ledger.balanceOf(account, shareId)).to.equal(0n);
      }
    });

    it("is refused where the issuer does not let the pool pay the account", async () => {
      const fixture = await loadFixture(openedFixture);
      const { ledger, amm, alice, bob, key, shareId } = fixture;
      await ledger.connect(alice).transfer(bob, shareId, WAD);
      await fixture.issuer.refuse(bob, true);
      const data = amm.interface.encodeFunctionData("forceExit", [key, bob.address, 0n, 0n]);
      await expectRefused({
        fixture,
        send: () => fixture.issuer.execute(amm, data, false),
        error: "LedgerTransferRefused",
      });
      await expect(fixture.issuer.execute(amm, data, true)).to.emit(amm, "ExitForced");
      expect(await ledger.balanceOf(bob, shareId)).to.equal(0n);
    });
  });
});
