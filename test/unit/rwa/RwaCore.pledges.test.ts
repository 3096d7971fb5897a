import { expect } from "chai";
import { ethers, loadFixture, networkHelpers } from "../../helpers/ledger-fixture.js";
import { createMarket, LLTV, marketCall, marketIdOf } from "../../helpers/lending-fixture.js";
import {
  admit,
  APPROVAL,
  claim,
  distribute,
  ELIGIBLE,
  passDays,
  rwaFacadeFixture,
  UNITS,
} from "../../helpers/rwa-fixture.js";

const NOBODY = ethers.ZeroAddress;

/** Dave is a listed core, an approved pledgee who acts by himself; Alice has pledged 100 units to him. */
async function pledgedFixture() {
  const fixture = await rwaFacadeFixture();
  const { ledger, registry, agency, core, id, alice, dave, erin } = fixture;
  await ledger.listCore(dave);
  await registry.setProtocol(dave);
  await agency.setApproval(id, dave, APPROVAL.pledgee);
  await admit(fixture, [erin]);
  await core.connect(dave).pledge(alice, id, 100n);
  return { ...fixture, lender: core.connect(dave) };
}

describe("RwaCore", () => {
  describe("pledge", () => {
    it("is for approved pledgees, of units that could be sent", async () => {
      const fixture = await loadFixture(pledgedFixture);
      const { agency, registry, core, lender, id, alice, bob, carol, dave } = fixture;
      await expect(core.connect(carol).pledge(alice, id, 1n))
        .to.be.revertedWithCustomError(core, "PledgeeNotApproved")
        .withArgs(id, carol.address);
      await expect(lender.pledge(alice, id, 0n)).to.be.revertedWithCustomError(core, "RwaZeroAmount");
      await expect(lender.pledge(alice, id, UNITS - 99n))
        .to.be.revertedWithCustomError(core, "PledgeInsufficientUnits")
        .withArgs(alice.address, id, UNITS - 100n, UNITS - 99n);
      await core.connect(carol).setFrozenTokens(alice, id, 7n);
      await expect(lender.pledge(alice, id, UNITS - 106n)).to.be.revertedWithCustomError(
        core,
        "PledgeInsufficientUnits",
      );
      await agency.setAccountFrozen(id, alice, true);
      await expect(lender.pledge(alice, id, 1n))
        .to.be.revertedWithCustomError(core, "RwaAccountFrozen")
        .withArgs(id, alice.address);
      await agency.setPaused(id, true);
      await expect(lender.pledge(alice, id, 1n)).to.be.revertedWithCustomError(core, "RwaPaused");
      await agency.setPaused(id, false);
      await registry.setAccount(bob, { ...ELIGIBLE, sendUntil: 0n });
      await expect(lender.pledge(bob, id, 1n)).to.be.revertedWithCustomError(core, "ERC7943CannotSend");
      await agency.setApproval(id, dave, 0n);
      await registry.setAccount(bob, ELIGIBLE);
      await expect(lender.pledge(bob, id, 1n)).to.be.revertedWithCustomError(core, "PledgeeNotApproved");
      await lender.release(alice, id, 100n); // still
    });

    it("is of who may send until that very second, and not of who might until the second before", async () => {
      const { registry, core, lender, id, bob } = await loadFixture(pledgedFixture);
      const until = BigInt(await networkHelpers.time.latest()) + 1000n;
      await registry.setAccount(bob, { ...ELIGIBLE, sendUntil: until });
      await networkHelpers.time.setNextBlockTimestamp(until);
      await lender.pledge(bob, id, 7n);
      expect(await core.pledgedTotal(bob, id)).to.equal(7n);
      await networkHelpers.time.setNextBlockTimestamp(until + 1n);
      await expect(lender.pledge(bob, id, 7n))
        .to.be.revertedWithCustomError(core, "ERC7943CannotSend")
        .withArgs(bob.address);
    });

    it("keeps units from moving, and in their holder's balance", async () => {
      const { core, ledger, id, alice, bob, dave } = await loadFixture(pledgedFixture);
      expect(await core.pledgedOf(alice, id, dave)).to.equal(100n);
      expect([await core.pledgedTotal(alice, id), await core.movableOf(alice, id)]).to.deep.equal([100n, UNITS - 100n]);
      await expect(ledger.connect(alice).transfer(bob, id, UNITS - 99n)).to.be.revertedWithCustomError(
        ledger,
        "LedgerTransferRefused",
      );
      await ledger.connect(alice).transfer(bob, id, UNITS - 100n);
      expect(await ledger.balanceOf(alice, id)).to.equal(100n);
    });
  });

  describe("release and seize", () => {
    it("are the pledgee's, of what is pledged to him", async () => {
      const { core, lender, id, alice, bob, carol, dave } = await loadFixture(pledgedFixture);
      for (const send of [
        () => core.connect(carol).release(alice, id, 1n),
        () => core.connect(carol).seize(alice, id, 1n, bob),
      ]) {
        await expect(send())
          .to.be.revertedWithCustomError(core, "PledgeInsufficient")
          .withArgs(alice.address, id, carol.address, 0n, 1n);
      }
      await expect(lender.release(alice, id, 0n)).to.be.revertedWithCustomError(core, "RwaZeroAmount");
      await expect(lender.seize(alice, id, 101n, bob)).to.be.revertedWithCustomError(core, "PledgeInsufficient");
      await expect(lender.release(alice, id, 40n))
        .to.emit(core, "PledgeReleased")
        .withArgs(id, alice.address, dave.address, 40n);
      expect(await core.pledgedTotal(alice, id)).to.equal(60n);
    });

    it("seize from a frozen pledgor, for a receiver who may hold the asset, not while it is paused", async () => {
      const fixture = await loadFixture(pledgedFixture);
      const { agency, registry, core, ledger, lender, id, alice, bob, carol, dave } = fixture;
      await agency.setAccountFrozen(id, alice, true);
      await core.connect(carol).setFrozenTokens(alice, id, UNITS);
      await registry.setAccount(alice, { ...ELIGIBLE, sendUntil: 0n, receiveUntil: 0n });
      await registry.setAccount(bob, { ...ELIGIBLE, receiveUntil: 0n });
      await expect(lender.seize(alice, id, 5n, bob))
        .to.be.revertedWithCustomError(core, "ERC7943CannotReceive")
        .withArgs(bob.address);
      await registry.setAccount(bob, ELIGIBLE);
      await agency.setAccountFrozen(id, bob, true);
      await expect(lender.seize(alice, id, 5n, bob)).to.be.revertedWithCustomError(core, "ERC7943CannotReceive");
      await agency.setAccountFrozen(id, bob, false);
      await expect(lender.seize(alice, id, 5n, dave)).to.be.revertedWithCustomError(core, "ERC7943CannotReceive");
      await agency.setPaused(id, true);
      await expect(lender.seize(alice, id, 5n, bob)).to.be.revertedWithCustomError(core, "RwaPaused");
      await agency.setPaused(id, false);
      await expect(lender.seize(alice, id, 5n, bob))
        .to.emit(core, "PledgeSeized")
        .withArgs(id, alice.address, dave.address, bob.address, 5n);
      expect([await ledger.balanceOf(bob, id), await core.pledgedTotal(alice, id)]).to.deep.equal([UNITS + 5n, 95n]);
    });

    it("leave income with the pledgor until then", async () => {
      const fixture = await loadFixture(pledgedFixture);
      const { core, lender, id, alice, bob, erin } = fixture;
      await lender.pledge(alice, id, UNITS - 100n); // all of them
      await passDays(1n);
      await distribute(fixture, { amount: 40_000_000n, days: 2n });
      await passDays(2n);
      await lender.seize(alice, id, UNITS, erin);
      await passDays(1n);
      const income = await Promise.all([alice, erin, bob].map((account) => core.incomeOf(id, account)));
      expect(income).to.deep.equal([9_999_999n, 9_999_999n, 19_999_999n]);
      await claim(fixture, alice);
    });
  });

  describe("a forced transfer", () => {
    it("does not reach pledged units; the pledge is moved with them, and the pledgee's claim stays", async () => {
      const fixture = await loadFixture(pledgedFixture);
      const { agency, core, ledger, lender, id, alice, bob, carol, dave, erin } = fixture;
      await expect(core.connect(carol).forcedTransfer(alice, erin, id, UNITS - 99n))
        .to.be.revertedWithCustomError(agency, "RwaNotForceable")
        .withArgs(alice.address, id, UNITS - 100n, UNITS - 99n);
      await expect(agency.movePledge(id, bob, dave, erin)).to.be.revertedWithCustomError(agency, "RwaNoPledge");
      await expect(agency.movePledge(id, alice, dave, alice)).to.be.revertedWithCustomError(agency, "RwaNoPledge");
      await expect(agency.movePledge(id, alice, dave, dave)).to.be.revertedWithCustomError(
        core,
        "ERC7943CannotReceive",
      );
      await expect(agency.movePledge(id, alice, dave, erin))
        .to.emit(agency, "PledgeMoved")
        .withArgs(id, alice.address, dave.address, alice.address, erin.address, 100n)
        .and.to.emit(core, "ForcedTransfer")
        .withArgs(alice.address, erin.address, id, 100n);
      expect([await core.pledgedTotal(alice, id), await core.pledgedTotal(erin, id)]).to.deep.equal([0n, 100n]);
      expect(await core.pledgeHolderOf(alice, id, dave)).to.equal(erin.address);
      expect(await core.movableOf(erin, id)).to.equal(0n);
      await expect(lender.pledge(alice, id, 1n))
        .to.be.revertedWithCustomError(core, "RwaPledgeMoved")
        .withArgs(alice.address, id, dave.address, erin.address);
      await lender.seize(alice, id, 30n, bob);
      await lender.release(alice, id, 70n);
      expect([await ledger.balanceOf(erin, id), await core.movableOf(erin, id)]).to.deep.equal([70n, 70n]);
      await lender.pledge(alice, id, 1n); // anew, of her own
      expect(await core.pledgeHolderOf(alice, id, dave)).to.equal(alice.address);
    });
  });

  describe("a forced transfer to oneself", () => {
    it("is of no more than there is that is not pledged", async () => {
      const { agency, core, id, alice, bob, carol } = await loadFixture(pledgedFixture);
      const force = (account: typeof alice, amount: bigint) =>
        core.connect(carol).forcedTransfer(account, account, id, amount);
      for (const [account, available] of [
        [alice, UNITS - 100n],
        [bob, UNITS],
      ] as const) {
        await expect(force(account, available + 1n))
          .to.be.revertedWithCustomError(agency, "RwaNotForceable")
          .withArgs(account.address, id, available, available + 1n);
        await force(account, available);
      }
    });
  });

  describe("recover", () => {
    it("moves units, freezes, pledges and income, and leaves the lost account with nothing", async () => {
      const fixture = await loadFixture(pledgedFixture);
      const { agency, core, ledger, lender, id, alice, bob, carol, dave, erin } = fixture;
      await passDays(1n);
      await distribute(fixture, { amount: 20_000_000n, days: 1n });
      await passDays(2n);
      await core.connect(carol).setFrozenTokens(alice, id, 9n);
      await agency.setAccountFrozen(id, alice, true);
      const pledges = [{ account: alice.address, pledgee: dave.address }];
      await expect(agency.recover(id, alice, alice, pledges)).to.be.revertedWithCustomError(agency, "RwaSameAccount");
      await expect(agency.recover(id, alice, dave, pledges)).to.be.revertedWithCustomError(
        core,
        "ERC7943CannotReceive",
      );
      await expect(agency.recover(id, alice, erin, []))
        .to.be.revertedWithCustomError(agency, "RwaPledgesMissing")
        .withArgs(100n, 0n);
      await expect(agency.recover(id, alice, erin, [...pledges, ...pledges])).to.be.revertedWithCustomError(
        agency,
        "RwaNoPledge",
      );
      await expect(agency.recover(id, alice, erin, pledges))
        .to.emit(agency, "Recovered")
        .withArgs(id, alice.address, erin.address, UNITS)
        .and.to.emit(core, "ForcedTransfer")
        .withArgs(alice.address, erin.address, id, UNITS);
      expect([
        await ledger.balanceOf(alice, id),
        await core.incomeOf(id, alice),
        await core.pledgedTotal(alice, id),
      ]).to.deep.equal([0n, 0n, 0n]);
      expect([await ledger.balanceOf(erin, id), await core.incomeOf(id, erin)]).to.deep.equal([UNITS, 9_999_999n]);
      expect([await core.getFrozenTokens(erin, id), await core.isFrozen(id, erin)]).to.deep.equal([9n, true]);
      expect(await core.isFrozen(id, alice)).to.equal(true); // who has the key is nobody's business
      await lender.seize(alice, id, 100n, bob); // the claim is as it was
      expect(await ledger.balanceOf(erin, id)).to.equal(UNITS - 100n);
    });
  });

  describe("with a lending market", () => {
    it("is collateral by pledge: borrowed against, liquidated to an eligible liquidator, and returned", async () => {
      const fixture = await loadFixture(rwaFacadeFixture);
      const { ledger, registry, agency, core, id, ids, alice, bob, carol, dave, usdc } = fixture;
      const lending = await ethers.deployContract("LendingCore", [ledger]);
      await ledger.listCore(lending);
      await registry.setProtocol(lending);
      await agency.setApproval(id, lending, APPROVAL.pledgee);
      const oracle = await ethers.deployContract("MockPriceOracle", [10n ** 24n]); // a unit is a dollar: 6 and 18 decimals
      await lending.enableRateModel(NOBODY);
      await lending.enableLltv(LLTV);
      const market = {
        ...{ loanAsset: ids.usdc, collateralAsset: id, oracle: await oracle.getAddress(), irm: NOBODY, lltv: LLTV },
        closeOutDebt: 0n,
      };
      const marketId = await marketIdOf(lending, market);
      const other = ethers.toBeHex(BigInt(marketId) ^ (1n << 255n), 32); // alike in all but a bit
      // Who makes a market chooses its oracle and what it lends: the issuer has a say in each.
      const approve = (name: string, isApproved: boolean) =>
        core.connect(carol).setMarketApproval(id, name, isApproved);
      for (const prepare of [
        async () => undefined,
        async () => approve(other, true),
        async () => approve(marketId, true).then(() => approve(marketId, false)),
        async () => approve(marketId, true).then(() => agency.setApproval(id, lending, 0n)),
      ]) {
        await prepare();
        await expect(createMarket({ ledger, lending, alice }, market))
          .to.be.revertedWithCustomError(lending, "LendingMarketNotApproved")
          .withArgs(id, marketId);
      }
      await agency.setApproval(id, lending, APPROVAL.pledgee);
      await expect(core.connect(alice).setMarketApproval(id, marketId, false)).to.be.revertedWithCustomError(
        core,
        "RwaNotAgent",
      );
      await expect(approve(marketId, true)).to.emit(core, "MarketApprovalSet").withArgs(id, marketId, true);
      expect(await core.marketApprovalOf(id, marketId)).to.equal(true);
      expect(await core.isMarketApproved(id, marketId)).to.equal(false); // nobody who is no pledgee
      await createMarket({ ledger, lending, alice }, market);
      const act = (user: typeof alice, action: string, args: readonly unknown[], amount0 = 0n) =>
        ledger.connect(user).call(marketCall(lending, market, { action, args, amount0 }));
      await act(carol, "supply", [0n], 1_000_000_000n);
      await act(alice, "pledgeCollateral", [UNITS]);
      expect(await core.pledgedOf(alice, id, lending)).to.equal(UNITS);
      await act(alice, "borrow", [500_000_000n, NOBODY]);
      await expect(act(alice, "removeCollateral", [UNITS, NOBODY])).to.be.revert(ethers);
      await expect(ledger.connect(alice).transfer(bob, id, 1n)).to.be.revertedWithCustomError(
        ledger,
        "LedgerTransferRefused",
      );
      await oracle.setPrice(10n ** 24n / 2n); // she is frozen, and her house is worth half
      await agency.setAccountFrozen(id, alice, true);
      await ledger.connect(carol).deposit(usdc, 10n ** 9n, 10n ** 9n, dave);
      await act(dave, "liquidate", [alice.address, 0n], 500_000_000n);
      await expect(lending.seize(market, alice, dave)).to.be.revertedWithCustomError(core, "ERC7943CannotReceive");
      await admit(fixture, [dave]);
      await lending.seize(market, alice, dave);
      expect(await ledger.balanceOf(dave, id)).to.equal(UNITS);
    });
  });
});
