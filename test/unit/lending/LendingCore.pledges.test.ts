import { expect } from "chai";
import { ethers, FLAG, issuedId, KIND, loadFixture, sectionOf, settle, WAD } from "../../helpers/ledger-fixture.js";
import { createMarket, lendingFixture, marketKeyOf, NO_INTEREST, PRICE_SCALE } from "../../helpers/lending-fixture.js";

const REPAY = 8n;
const REMOVE_COLLATERAL = 11n;

describe("LendingCore", () => {
  describe("pledged collateral", () => {
    /** A market whose collateral has RULES; Bob holds 100 units and may, Carol may not receive them. */
    async function pledgedFixture() {
      const fixture = await lendingFixture();
      const { ledger, lending, alice, bob, run } = fixture;
      const registrar = await ethers.deployContract("MockPledgeIssuer", [ledger]);
      await registrar.issue(ethers.ZeroHash, FLAG.rules0);
      const asset = await issuedId({ owner: registrar, salt: ethers.ZeroHash, flags: FLAG.rules0 });
      for (const user of [alice, bob]) await registrar.setEligible(user, true);
      await registrar.mint(asset, bob, 100n * WAD);
      await registrar.approve(asset, lending, true);
      const market = { ...fixture.market, collateralAsset: asset, irm: NO_INTEREST };
      const { marketId } = await createMarket(fixture, market);
      await run("supply", [0n], { user: alice, market, amount0: 100n * WAD });
      return { ...fixture, registrar, asset, market, marketId };
    }

    it("comes by pledge alone, and ordinary collateral never does", async () => {
      const fixture = await loadFixture(pledgedFixture);
      const { lending, market, asset, bob, alice, run, registrar } = fixture;
      await registrar.setEligible(lending, true);
      await expect(fixture.addCollateral(WAD, { user: bob, market }))
        .to.be.revertedWithCustomError(lending, "LendingWrongCollateral")
        .withArgs(asset);
      await expect(run("pledgeCollateral", [WAD], { user: alice }))
        .to.be.revertedWithCustomError(lending, "LendingWrongCollateral")
        .withArgs(fixture.ids.token1);
      await expect(run("pledgeCollateral", [0n], { user: bob, market })).to.be.revertedWithCustomError(
        lending,
        "LendingZeroAmount",
      );
      await expect(run("pledgeCollateral", [101n * WAD], { user: bob, market }))
        .to.be.revertedWithCustomError(registrar, "PledgeInsufficientUnits")
        .withArgs(bob.address, asset, 100n * WAD, 101n * WAD);
      await expect(run("pledgeCollateral", [1n << 112n], { user: bob, market }))
        .to.be.revertedWithCustomError(lending, "LendingAmountTooLarge")
        .withArgs(1n << 112n, (1n << 112n) - 1n);
    });

    it("is nobody else's where collateral comes by transfer, whatever its issuer says of pledges", async () => {
      const fixture = await loadFixture(pledgedFixture);
      const { lending, registrar, run, bob, carol } = fixture;
      const salt = ethers.id("plain");
      await fixture.ledger.listCore(registrar);
      await registrar.issue(salt, FLAG.notify0);
      const asset = await issuedId({ owner: registrar, salt, flags: FLAG.notify0 });
      await registrar.mint(asset, bob, WAD);
      const market = { ...fixture.market, collateralAsset: asset };
      await createMarket(fixture, market);
      await fixture.addCollateral(WAD, { user: bob, market });
      await registrar.setHolder(bob, carol);
      await expect(run("removeCollateral", [WAD, bob.address], { user: carol, market }))
        .to.be.revertedWithCustomError(lending, "LendingNotOperator")
        .withArgs(carol.address, bob.address);
    });

    it("has room for what is left of 112 bits, and says how much", async () => {
      const { lending, market, bob, run } = await loadFixture(pledgedFixture);
      await run("pledgeCollateral", [60n * WAD], { user: bob, market });
      await expect(run("pledgeCollateral", [(1n << 112n) - 60n * WAD], { user: bob, market }))
        .to.be.revertedWithCustomError(lending, "LendingAmountTooLarge")
        .withArgs((1n << 112n) - 60n * WAD, (1n << 112n) - 1n - 60n * WAD);
    });

    it("is moved by no section", async () => {
      const fixture = await loadFixture(pledgedFixture);
      const { ledger, lending, market, marketId, asset, ids, alice, bob, run, registrar, settlement } = fixture;
      await registrar.setEligible(lending, true);
      for (const id of [ids.token0, asset]) await ledger.connect(bob).setConsent(id, 1n);
      await ledger.connect(alice).setConsent(ids.token0, 1n);
      await run("pledgeCollateral", [60n * WAD], { user: bob, market });
      const shareId = await lending.shareIdOf(market);
      const section = sectionOf({
        ...{ protocol: lending, key: marketKeyOf(market), shareId },
        ...{ asset0: market.loanAsset, asset1: asset },
      });
      const orders = [
        { account: alice, kind: KIND.asset0, amount: WAD },
        { account: bob, kind: REMOVE_COLLATERAL, amount: 0n, arguments: 5n },
        { account: bob, kind: KIND.asset1, amount: 5n },
      ];
      const { executed, skipped } = await settle({ settlement, section, orders });
      expect([executed, skipped]).to.deep.equal([true, [0b110n]]);
      expect((await lending.positionOf(marketId, bob)).collateral).to.equal(60n * WAD);
    });

    it("stays on the holder's name, secures debt, and is released", async () => {
      const fixture = await loadFixture(pledgedFixture);
      const { ledger, lending, lens, market, asset, bob, alice, run, registrar } = fixture;
      const data = lending.interface.encodeFunctionData("positionOf", [fixture.marketId, bob.address]);
      await registrar.watch(lending, data);
      await run("pledgeCollateral", [60n * WAD], { user: bob, market });
      const seen = lending.interface.decodeFunctionResult("positionOf", await registrar.answer())[0] as bigint[];
      expect([...seen]).to.deep.equal([0n, 60n * WAD]); // the position was stored before the issuer was told
      expect(await ledger.balanceOf(bob, asset)).to.equal(100n * WAD);
      expect(await registrar.pledgedOf(bob, asset, lending)).to.equal(60n * WAD);
      await expect(ledger.connect(bob).transfer(alice, asset, 41n * WAD)).to.be.revertedWithCustomError(
        ledger,
        "LedgerTransferRefused",
      );
      await fixture.borrow(43n * WAD, { user: bob, market });
      await expect(fixture.removeCollateral(20n * WAD, { user: bob, market })).to.be.revertedWithCustomError(
        lending,
        "LendingUnhealthy",
      );
      await fixture.removeCollateral(10n * WAD, { user: bob, market });
      expect(await registrar.pledgedOf(bob, asset, lending)).to.equal(50n * WAD);
      const view = await lens.marketOf(market);
      expect([view.isPledged, view.collateral]).to.deep.equal([true, 0n]);
    });

    it("is seized after a liquidation, for an eligible liquidator, by anyone, once", async () => {
      const fixture = await loadFixture(pledgedFixture);
      const { ledger, lending, lens, market, marketId, asset, oracle, bob, alice, carol, run, registrar } = fixture;
      await run("pledgeCollateral", [100n * WAD], { user: bob, market });
      await fixture.borrow(80n * WAD, { user: bob, market });
      await oracle.setPrice((9n * PRICE_SCALE) / 10n);
      const { seized } = await lens.previewLiquidate(market, bob, 10n * WAD);
      await fixture.liquidate(10n * WAD, bob.address, { user: alice, market });
      expect(await lending.seizableOf(marketId, bob, alice)).to.equal(seized);
      expect((await lens.positionOf(market, bob)).collateral).to.equal(100n * WAD - seized);
      expect(await ledger.balanceOf(alice, asset)).to.equal(0n);
      await expect(lending.connect(carol).seize(market, bob, alice))
        .to.emit(lending, "Seized")
        .withArgs(marketId, bob.address, alice.address, seized);
      expect(await ledger.balanceOf(alice, asset)).to.equal(seized);
      expect(await registrar.pledgedOf(bob, asset, lending)).to.equal(100n * WAD - seized);
      await expect(lending.seize(market, bob, alice)).to.be.revertedWithCustomError(lending, "LendingZeroAmount");
    });

    it("backs new debt while its issuer says so, in calls and in sections; repaying asks nobody", async () => {
      const fixture = await loadFixture(pledgedFixture);
      const { ledger, lending, lens, market, marketId, asset, ids, bob, carol, run, registrar, settlement } = fixture;
      await ledger.connect(bob).setConsent(ids.token0, 1n);
      await run("pledgeCollateral", [60n * WAD], { user: bob, market });
      await fixture.borrow(10n * WAD, { user: bob, market });
      const section = sectionOf({
        ...{ protocol: lending, key: marketKeyOf(market), shareId: await lending.shareIdOf(market) },
        ...{ asset0: market.loanAsset, asset1: asset },
      });
      const orders = [
        { account: bob, kind: KIND.none, amount: 0n, arguments: WAD },
        { account: bob, kind: REPAY, amount: 2n * WAD, sequence: 1n },
      ];
      const refusals = [
        () => registrar.bar(bob, true),
        async () => {
          await registrar.bar(bob, false);
          return registrar.setBurnsGas(true);
        },
      ];
      for (const [round, refuse] of refusals.entries()) {
        await refuse();
        await expect(fixture.borrow(1n, { user: bob, market }))
          .to.be.revertedWithCustomError(lending, "LendingPledgeRefused")
          .withArgs(bob.address, asset);
        expect(await lens.maxBorrow(market, bob)).to.equal(0n);
        const sequence = BigInt(round); // what failed has not counted
        const settled = orders.map((order, i) => ({ ...order, sequence: 2n * sequence + BigInt(i) }));
        const { executed, skipped } = await settle({ settlement, section, orders: settled });
        expect([executed, skipped]).to.deep.equal([true, [0b01n]]);
        await run("repay", [bob.address], { user: bob, market, amount0: WAD });
      }
      await registrar.setBurnsGas(false);
      expect(await lens.maxBorrow(market, bob)).to.be.greaterThan(0n);
      const again = orders.slice(0, 1).map((order) => ({ ...order, sequence: 4n }));
      expect((await settle({ settlement, section, orders: again })).skipped).to.deep.equal([0n]);
      await fixture.borrow(WAD, { user: bob, market });
      expect((await lending.positionOf(marketId, bob)).borrowShares).to.be.greaterThan(0n);
      expect((await lending.positionOf(marketId, carol)).borrowShares).to.equal(0n);
    });

    it("is released for whoever has the units now, when the debt allows it, and for no stranger", async () => {
      const fixture = await loadFixture(pledgedFixture);
      const { lending, market, marketId, asset, alice, bob, carol, run, registrar } = fixture;
      await run("pledgeCollateral", [60n * WAD], { user: bob, market });
      await fixture.borrow(40n * WAD, { user: bob, market });
      const take = (user: typeof alice, amount: bigint) =>
        run("removeCollateral", [amount, bob.address], { user, market });
      await expect(take(alice, 1n))
        .to.be.revertedWithCustomError(lending, "LendingNotOperator")
        .withArgs(alice.address, bob.address);
      await registrar.setHolder(bob, alice);
      await expect(take(carol, 1n)).to.be.revertedWithCustomError(lending, "LendingNotOperator");
      await expect(take(alice, 60n * WAD)).to.be.revertedWithCustomError(lending, "LendingUnhealthy");
      await registrar.setBurnsGas(true);
      await expect(take(alice, 1n)).to.be.revertedWithCustomError(lending, "LendingNotOperator");
      await registrar.setBurnsGas(false);
      await run("repay", [bob.address], { user: alice, market, amount0: 41n * WAD });
      await take(alice, 2n ** 256n - 1n);
      expect((await lending.positionOf(marketId, bob)).collateral).to.equal(0n);
      expect(await registrar.pledgedOf(bob, asset, lending)).to.equal(0n);
    });
  });
});
