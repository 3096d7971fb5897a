import { expect } from "chai";
import { ethers, impersonate, loadFixture, networkHelpers } from "../../helpers/ledger-fixture.js";
import {
  admit,
  APPROVAL,
  claim,
  DAY,
  distribute,
  ELIGIBLE,
  incomeBookOf,
  incomeCall,
  passDays,
  rwaFacadeFixture,
  termsOf,
  UNITS,
} from "../../helpers/rwa-fixture.js";

const NOBODY = ethers.ZeroAddress;
const MAX_112 = 2n ** 112n - 1n;
/** The most income in the life of an asset. */
const MAX_INCOME = 2n ** 91n - 1n;

/** Dave is a listed core and a pledgee; Erin is eligible. */
async function edgesFixture() {
  const fixture = await rwaFacadeFixture();
  const { ledger, registry, agency, id, dave, erin } = fixture;
  await ledger.listCore(dave);
  await registry.setProtocol(dave);
  await agency.setApproval(id, dave, APPROVAL.pledgee);
  await admit(fixture, [erin]);
  return fixture;
}

/** An asset that pays a token of which there is as much as one likes. */
async function richFixture() {
  const fixture = await edgesFixture();
  const { ledger, agency, admin, carol, alice, token0, ids } = fixture;
  const salt = ethers.id("rich");
  const terms = termsOf(carol.address, ids.token0, { feePerDay: 2n ** 96n - 1n });
  const id = await agency.connect(admin).issue.staticCall(salt, terms);
  await agency.connect(admin).issue(salt, terms);
  await agency.mint(id, alice, UNITS);
  await token0.mint(carol, 2n ** 111n);
  await token0.connect(carol).approve(ledger, ethers.MaxUint256);
  const fund = async (action: string, amount: bigint, args: readonly unknown[] = []) =>
    ledger
      .connect(carol)
      .call(incomeCall(fixture, { action, args, id, asset0: ids.token0, amount0: amount, source: 1n }));
  return { ...fixture, rich: id, fund };
}

const midnight = async (days: bigint): Promise<bigint> => {
  const now = BigInt(await networkHelpers.time.latest());
  return now - (now % DAY) + days * DAY;
};

describe("RwaCore", () => {
  describe("at its edges", () => {
    it("answers for protocols as for accounts", async () => {
      const { core, id, dave, bob, carol, facade } = await loadFixture(edgesFixture);
      expect([await core.canSend(dave), await core.canReceive(dave)]).to.deep.equal([true, true]);
      expect([await core.canSend(carol), await core.canReceive(carol)]).to.deep.equal([false, false]);
      expect(await core.incomeOf(id, dave)).to.equal(0n);
      expect([...(await core.recordOf(id, bob))]).to.deep.equal([0n, 0n]);
      // The facade refuses before, and so does the core.
      await expect(facade.connect(bob).transfer(dave, 1n)).to.be.revertedWithCustomError(
        facade,
        "ERC7943CannotTransfer",
      );
      await expect(core.connect(await impersonate(facade)).facadeTransfer(id, bob, dave, 1n))
        .to.be.revertedWithCustomError(core, "ERC7943CannotReceive")
        .withArgs(dave.address);
    });

    it("has a pledge on nobody else's name before there is one, and none of units that are frozen twice", async () => {
      const { core, carol, id, alice, dave, ledger, bob } = await loadFixture(edgesFixture);
      expect(await core.pledgeHolderOf(alice, id, dave)).to.equal(alice.address);
      await core.connect(dave).pledge(alice, id, 10n);
      const freeze = async (amount: bigint) => core.connect(carol).setFrozenTokens(alice, id, amount);
      await freeze(UNITS - 10n);
      expect(await core.mayBorrow(alice, id, dave)).to.equal(true);
      await freeze(UNITS - 9n);
      expect(await core.mayBorrow(alice, id, dave)).to.equal(false);
      expect(await ledger.balanceOf(bob, id)).to.equal(UNITS);
    });

    it("takes no share, no second input, and an empty batch", async () => {
      const fixture = await loadFixture(edgesFixture);
      const { core, ledger, ids, carol } = fixture;
      const book = await incomeBookOf(fixture);
      const asLedger = await impersonate(ledger);
      const word = ethers.ZeroHash;
      const { onLedgerBatch } = core.connect(asLedger);
      await expect(onLedgerBatch(book, word, 7n, "0x", []))
        .to.be.revertedWithCustomError(core, "RwaUnwantedShare")
        .withArgs(7n);
      const [magic, flags, payouts] = await onLedgerBatch.staticCall(book, word, 0n, "0x", []);
      expect([magic, flags, [...payouts]]).to.deep.equal([
        core.interface.getFunction("onLedgerBatch").selector,
        0n,
        [],
      ]);
      const inputs = ethers.toBeHex((5n << 112n) | 5n, 32);
      const data = incomeCall(fixture, { action: "distribute", args: [await midnight(3n)] }).data;
      await expect(core.connect(asLedger).onLedgerCall(carol, book, word, inputs, data)).to.be.revertedWithCustomError(
        core,
        "RwaWrongInputs",
      );
      expect(ids.usdc).to.be.greaterThan(0n);
    });

    it("pays nothing to frozen accounts and to protocols", async () => {
      const fixture = await loadFixture(edgesFixture);
      const { core, ledger, agency, id, alice, bob, dave } = fixture;
      await passDays(1n);
      await distribute(fixture, { amount: 20_000_000n, days: 2n });
      await passDays(3n);
      await agency.setAccountFrozen(id, alice, true);
      await expect(claim(fixture, alice)).to.be.revertedWithCustomError(core, "RwaAccountFrozen");
      const operation = [(BigInt(alice.address) << 96n) | (3n << 80n), 0n];
      const asLedger = core.connect(await impersonate(ledger));
      const book = await incomeBookOf(fixture);
      const [, , payouts] = await asLedger.onLedgerBatch.staticCall(book, ethers.ZeroHash, 0n, "0x", operation);
      expect([...payouts]).to.deep.equal([1n << 255n]);
      await ledger.connect(dave).setOperator(bob, true);
      await expect(claim(fixture, bob, dave.address)).to.be.revertedWithCustomError(core, "RwaZeroAmount");
      await claim(fixture, bob);
    });

    it("refuses more than a life's income and more than the highest rate", async () => {
      const { core, rich, fund } = await loadFixture(richFixture);
      await expect(fund("distribute", MAX_INCOME + 1n, [await midnight(20n)]))
        .to.be.revertedWithCustomError(core, "RwaAmountTooLarge")
        .withArgs(MAX_INCOME + 1n, MAX_INCOME);
      await expect(fund("distribute", MAX_INCOME, [await midnight(2n)])).to.be.revertedWithCustomError(
        core,
        "RwaInvalidRate",
      );
      expect((await core.incomeStateOf(rich)).funded).to.equal(0n);
    });
  });
});

describe("RwaAgency", () => {
  it("refuses bits that mean nothing, approvals of who is none, and a holder cap where none are counted", async () => {
    const { agency, id, alice, dave } = await loadFixture(edgesFixture);
    await expect(agency.setApproval(id, dave, 16n))
      .to.be.revertedWithCustomError(agency, "RwaInvalidBits")
      .withArgs(16n);
    for (const approvals of [APPROVAL.pool, APPROVAL.market])
      await expect(agency.setApproval(id, alice, approvals))
        .to.be.revertedWithCustomError(agency, "RwaInvalidApproval")
        .withArgs(alice.address, approvals);
    await expect(agency.setClasses(id, 256n)).to.be.revertedWithCustomError(agency, "RwaInvalidBits").withArgs(256n);
    await expect(agency.setHolderCap(id, 5n)).to.be.revertedWithCustomError(agency, "RwaNotCounted").withArgs(id);
  });

  it("recovers freezes with the person: as many units as can be frozen at most, and the account's own", async () => {
    const { agency, core, carol, id, alice, erin, facade } = await loadFixture(edgesFixture);
    await core.connect(carol).setFrozenTokens(alice, id, MAX_112);
    await core.connect(carol).setFrozenTokens(erin, id, 5n);
    await agency.setAccountFrozen(id, alice, true);
    // Erin may be given units, though she is frozen in part; of an account frozen as a whole she takes that, too.
    await expect(agency.recover(id, alice, erin, []))
      .to.emit(agency, "AccountFrozenSet")
      .withArgs(id, erin.address, true);
    expect(await core.getFrozenTokens(erin, id)).to.equal(MAX_112);
    expect(await core.isFrozen(id, erin)).to.equal(true);
    expect(await facade.balanceOf(erin)).to.equal(UNITS);
  });

  it("recovers no pledge of a name that has none", async () => {
    const { agency, id, alice, bob, dave, erin } = await loadFixture(edgesFixture);
    await expect(agency.recover(id, alice, erin, [{ account: bob, pledgee: dave }]))
      .to.be.revertedWithCustomError(agency, "RwaNoPledge")
      .withArgs(bob.address, dave.address, alice.address);
  });

  it("states nobody in an empty list", async () => {
    const { registry } = await loadFixture(edgesFixture);
    const receipt = await (await registry.setAccounts([], [])).wait();
    expect(receipt?.logs.length).to.equal(0);
  });
});

describe("RwaFacade", () => {
  it("spends allowances, sends in batches of one length, and recovers what is frozen", async () => {
    const { facade, core, id, alice, bob, carol, erin } = await loadFixture(edgesFixture);
    await facade.connect(alice).approve(carol, 10n);
    await expect(facade.connect(carol).transferFrom(alice, bob, 11n))
      .to.be.revertedWithCustomError(facade, "ERC20InsufficientAllowance")
      .withArgs(carol.address, 10n, 11n);
    await facade.connect(carol).transferFrom(alice, bob, 4n);
    expect(await facade.allowance(alice, carol)).to.equal(6n);
    await facade.connect(alice).approve(carol, ethers.MaxUint256);
    await facade.connect(carol).transferFrom(alice, bob, 4n);
    expect(await facade.allowance(alice, carol)).to.equal(ethers.MaxUint256);
    await expect(facade.connect(alice).batchTransfer([bob], []))
      .to.be.revertedWithCustomError(facade, "RwaLengthMismatch")
      .withArgs(1n, 0n);
    await expect(facade.connect(alice).batchTransfer([], [])).not.to.emit(facade, "Transfer");
    await core.connect(carol).setFrozenTokens(alice, id, 3n);
    await expect(facade.connect(carol).recoveryAddress(alice, erin, NOBODY))
      .to.emit(facade, "Frozen(address,uint256)")
      .withArgs(alice.address, 0n)
      .and.to.emit(facade, "Frozen(address,uint256)")
      .withArgs(erin.address, 3n);
    expect(await facade.supportsInterface("0x36372b07")).to.equal(true);
    expect(ELIGIBLE.classes).to.equal(0n);
  });
});
