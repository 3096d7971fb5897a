import { expect } from "chai";
import {
  ethers,
  KIND,
  loadFixture,
  networkHelpers,
  receiverOf,
  sectionOf,
  settle,
  SOURCE,
} from "../../helpers/ledger-fixture.js";
import {
  admit,
  APPROVAL,
  COUNTRY,
  ELIGIBLE,
  REFUSAL,
  rwaFacadeFixture,
  UNITS,
  type RwaFixture,
} from "../../helpers/rwa-fixture.js";

type Movement = Pick<RwaFixture, "core" | "id" | "alice" | "bob">;
const TO_LEDGER = "canTransfer(uint256,address,address,uint256)";
const OF_7943 = "canTransfer(address,address,uint256,uint256)";

/** Why a movement from Alice to Bob is refused; both views and the ledger must agree. */
async function refusal({ core, id, alice, bob }: Movement, amount: bigint, to = bob.address): Promise<bigint> {
  const reason = await core.refusalOf(id, alice, to, amount);
  const isAllowed = reason === REFUSAL.none;
  const ledger = await ethers.getContractAt("Ledger", await core.LEDGER());
  expect(await core[TO_LEDGER](id, alice, to, amount)).to.equal(isAllowed);
  expect(await core[OF_7943](alice, to, id, amount)).to.equal(isAllowed);
  const call = ledger.connect(alice).transfer.staticCall(to, id, amount);
  if (isAllowed) expect(await call).to.equal(true);
  else await expect(call).to.be.revertedWithCustomError(ledger, "LedgerTransferRefused");
  const required = core.requireTransfer(id, alice, to, amount);
  if (isAllowed) await required;
  else await expect(required).to.be.revert(ethers);
  return reason;
}

describe("RwaCore", () => {
  describe("transfer", () => {
    it("moves units between eligible holders, and answers the ERC-7943 multi-token interface", async () => {
      const fixture = await loadFixture(rwaFacadeFixture);
      const { ledger, core, id, alice, bob } = fixture;
      expect(await refusal(fixture, UNITS)).to.equal(REFUSAL.none);
      await expect(ledger.connect(alice).transfer(bob, id, UNITS))
        .to.emit(ledger, "Transfer")
        .withArgs(alice.address, alice.address, bob.address, id, UNITS);
      expect([await ledger.balanceOf(alice, id), await ledger.balanceOf(bob, id)]).to.deep.equal([0n, 2n * UNITS]);
      expect(await core.supportsInterface("0x41c4fbad")).to.equal(true);
      expect(await core.supportsInterface("0x01ffc9a7")).to.equal(true);
      expect(await core.supportsInterface("0xffffffff")).to.equal(false);
    });

    it("does not take a small balance for a rule", async () => {
      const { ledger, core, id, alice, bob, carol } = await loadFixture(rwaFacadeFixture);
      expect(await core[OF_7943](alice, bob, id, UNITS + 1n)).to.equal(true);
      await core.connect(carol).setFrozenTokens(alice, id, 5n);
      expect(await core[OF_7943](alice, bob, id, UNITS + 1n)).to.equal(true);
      expect(await core[OF_7943](alice, bob, id, UNITS)).to.equal(false);
      await expect(ledger.connect(alice).transfer(bob, id, UNITS + 1n)).to.be.revertedWithCustomError(
        ledger,
        "LedgerInsufficientBalance",
      );
    });

    it("refuses an unknown asset", async () => {
      const { core, alice, bob } = await loadFixture(rwaFacadeFixture);
      expect(await core.refusalOf(1n << 255n, alice, bob, 1n)).to.equal(REFUSAL.unknownAsset);
    });

    it("refuses while the asset is paused", async () => {
      const fixture = await loadFixture(rwaFacadeFixture);
      await fixture.agency.setPaused(fixture.id, true);
      expect(await refusal(fixture, 1n)).to.equal(REFUSAL.paused);
      await fixture.agency.setPaused(fixture.id, false);
      expect(await refusal(fixture, 1n)).to.equal(REFUSAL.none);
    });

    it("refuses who may not send any more, and who may not receive", async () => {
      const fixture = await loadFixture(rwaFacadeFixture);
      const { core, id, registry, alice, bob } = fixture;
      await registry.setAccount(alice, { ...ELIGIBLE, sendUntil: 0n });
      expect(await refusal(fixture, 1n)).to.equal(REFUSAL.senderNotEligible);
      await expect(core.requireTransfer(id, alice, bob, 1n))
        .to.be.revertedWithCustomError(core, "ERC7943CannotSend")
        .withArgs(alice.address);
      await registry.setAccount(alice, ELIGIBLE);
      const until = BigInt(await networkHelpers.time.latest()) + 100n;
      await registry.setAccount(bob, { ...ELIGIBLE, receiveUntil: until });
      await networkHelpers.time.increaseTo(until - 1n);
      expect(await refusal(fixture, 1n)).to.equal(REFUSAL.none);
      await networkHelpers.time.increaseTo(until + 1n);
      expect(await refusal(fixture, 1n)).to.equal(REFUSAL.receiverNotEligible);
      await expect(core.requireTransfer(id, alice, bob, 1n))
        .to.be.revertedWithCustomError(core, "ERC7943CannotReceive")
        .withArgs(bob.address);
      expect(await refusal(fixture, 1n, fixture.dave.address)).to.equal(REFUSAL.receiverNotEligible);
    });

    it("refuses receivers of other countries and classes, and lets holders there give", async () => {
      const fixture = await loadFixture(rwaFacadeFixture);
      const { agency, registry, id, alice, bob } = fixture;
      const countries = [0n, 1n << 20n, 0n, 0n] as [bigint, bigint, bigint, bigint]; // Germany, 276
      await agency.setCountries(id, true, countries);
      expect(await refusal(fixture, 1n)).to.equal(REFUSAL.none);
      await registry.setAccount(bob, { ...ELIGIBLE, country: COUNTRY.france });
      expect(await refusal(fixture, 1n)).to.equal(REFUSAL.receiverCountry);
      await registry.setAccount(bob, { ...ELIGIBLE, country: COUNTRY.unitedStates });
      expect(await refusal(fixture, 1n)).to.equal(REFUSAL.receiverCountry);
      await registry.setAccount(bob, ELIGIBLE);
      await registry.setAccount(alice, { ...ELIGIBLE, country: COUNTRY.france });
      expect(await refusal(fixture, 1n)).to.equal(REFUSAL.none);
      await agency.setCountries(id, false, countries);
      await agency.setClasses(id, 6n);
      await registry.setAccount(bob, { ...ELIGIBLE, classes: 5n });
      expect(await refusal(fixture, 1n)).to.equal(REFUSAL.receiverClasses);
      await registry.setAccount(bob, { ...ELIGIBLE, classes: 7n });
      expect(await refusal(fixture, 1n)).to.equal(REFUSAL.none);
    });

    it("refuses what is frozen, in part or the account, on either side", async () => {
      const fixture = await loadFixture(rwaFacadeFixture);
      const { agency, core, id, carol, alice, bob } = fixture;
      await core.connect(carol).setFrozenTokens(alice, id, UNITS - 10n);
      expect(await refusal(fixture, 10n)).to.equal(REFUSAL.none);
      expect(await refusal(fixture, 11n)).to.equal(REFUSAL.unitsHeld);
      await expect(core.requireTransfer(id, alice, bob, 11n))
        .to.be.revertedWithCustomError(core, "ERC7943InsufficientUnfrozenBalance")
        .withArgs(alice.address, id, 11n, 10n);
      await core.connect(carol).setFrozenTokens(alice, id, 0n);
      await agency.setAccountFrozen(id, alice, true);
      expect(await refusal(fixture, 0n)).to.equal(REFUSAL.senderFrozen);
      await agency.setAccountFrozen(id, alice, false);
      await agency.setAccountFrozen(id, bob, true);
      expect(await refusal(fixture, 1n)).to.equal(REFUSAL.receiverFrozen);
      await expect(core.requireTransfer(id, alice, bob, 1n)).to.be.revertedWithCustomError(
        core,
        "ERC7943CannotTransfer",
      );
    });

    it("asks a module, whatever it does, and not for what leaves a protocol", async () => {
      const fixture = await loadFixture(rwaFacadeFixture);
      const { agency, registry, core, ledger, amm, id, alice, bob } = fixture;
      const module = await ethers.deployContract("MockIssuer", [ledger]);
      await expect(agency.setModule(id, alice)).to.be.revertedWithCustomError(agency, "RwaNoCode");
      await agency.setModule(id, module);
      expect(await refusal(fixture, 1n)).to.equal(REFUSAL.none);
      await module.refuse(bob, true);
      expect(await refusal(fixture, 1n)).to.equal(REFUSAL.module);
      await module.refuse(bob, false);
      await module.setBurnsGas(true);
      expect(await refusal(fixture, 1n)).to.equal(REFUSAL.module);
      await registry.setProtocol(amm);
      expect(await core.refusalOf(id, amm, bob, 1n)).to.equal(REFUSAL.none);
      await agency.setModule(id, ethers.ZeroAddress);
      expect(await refusal(fixture, 1n)).to.equal(REFUSAL.none);
    });

    it("lets units into the books of venues that the issuer approved, and always out of them", async () => {
      const fixture = await loadFixture(rwaFacadeFixture);
      const { agency, registry, core, amm, id, alice, bob, dave } = fixture;
      await registry.setProtocol(amm);
      const venue = await amm.getAddress();
      expect(await core.refusalOf(id, alice, venue, 1n)).to.equal(REFUSAL.protocolNotApproved);
      await agency.setApproval(id, venue, APPROVAL.pledgee);
      expect(await core.refusalOf(id, alice, venue, 1n)).to.equal(REFUSAL.protocolNotApproved);
      await agency.setApproval(id, venue, APPROVAL.venue);
      expect(await core.refusalOf(id, alice, venue, 1n)).to.equal(REFUSAL.none);
      await agency.setApproval(id, venue, 0n);
      expect(await core.refusalOf(id, venue, bob, 1n)).to.equal(REFUSAL.none);
      expect(await core.refusalOf(id, venue, dave, 1n)).to.equal(REFUSAL.receiverNotEligible);
    });

    it("says yes to a pool's address only when a protocol asks", async () => {
      const { agency, registry, core, amm, id, alice } = await loadFixture(rwaFacadeFixture);
      await registry.setProtocol(amm);
      const pool = ethers.getAddress(`0x${"12".repeat(20)}`);
      await agency.setApproval(id, pool, APPROVAL.pool);
      expect(await core.refusalOf(id, alice, pool, 1n)).to.equal(REFUSAL.receiverNotEligible);
      const asked = core.interface.encodeFunctionData(TO_LEDGER, [id, alice.address, pool, 1n]);
      const answer = await ethers.provider.call({
        to: await core.getAddress(),
        from: await amm.getAddress(),
        data: asked,
      });
      expect(BigInt(answer)).to.equal(1n);
    });

    it("is the same for operators and allowances", async () => {
      const { ledger, registry, id, alice, bob, carol } = await loadFixture(rwaFacadeFixture);
      await ledger.connect(alice).approve(carol, id, 10n);
      await ledger.connect(carol).transferFrom(alice, bob, id, 4n);
      await registry.setAccount(bob, { ...ELIGIBLE, receiveUntil: 0n });
      await expect(ledger.connect(carol).transferFrom(alice, bob, id, 4n)).to.be.revertedWithCustomError(
        ledger,
        "LedgerTransferRefused",
      );
    });

    it("checks each of a batch on what the ones before left (RWA_03)", async () => {
      const fixture = await loadFixture(rwaFacadeFixture);
      const { ledger, core, settlement, id, alice, bob, carol } = fixture;
      await ledger.connect(alice).setConsent(id, 1n);
      await core.connect(carol).setFrozenTokens(alice, id, UNITS - 10n);
      const to = await receiverOf(bob);
      const order = (sequence: bigint, amount: bigint) => ({
        ...{ account: alice, sequence, amount, kind: KIND.asset0, arguments: to },
      });
      const section = sectionOf({ asset0: id, asset1: 0n });
      // The same id three times: 6 of 10 can move, then 6 of 4 cannot, and 4 of 4 can.
      const { executed, skipped } = await settle({
        ...{ settlement, section, orders: [order(0n, 6n), order(1n, 6n), order(1n, 4n)] },
      });
      expect([executed, skipped]).to.deep.equal([true, [2n]]);
      expect(await ledger.balanceOf(bob, id)).to.equal(UNITS + 10n);
      expect(await core.movableOf(alice, id)).to.equal(0n);
    });

    it("reaches no book of a protocol that is not approved, and none of an unlisted one", async () => {
      const { ledger, protocol, registry, id, alice, lending } = await withLending();
      const call = {
        ...{ protocol, key: ethers.ZeroHash, asset0: id, asset1: 0n, source: SOURCE.ledger, destination: 0n },
        ...{ amount0: 5n, amount1: 0n, to: ethers.ZeroAddress, data: "0x" },
      };
      await registry.setAccount(protocol, ELIGIBLE); // as a holder it may have units, as a protocol it may not
      await expect(ledger.connect(alice).call(call))
        .to.be.revertedWithCustomError(ledger, "LedgerUnlistedProtocol")
        .withArgs(await protocol.getAddress(), id);
      await registry.setProtocol(lending);
      await expect(ledger.connect(alice).call({ ...call, protocol: lending })).to.be.revertedWithCustomError(
        ledger,
        "LedgerTransferRefused",
      );
    });
  });

  describe("holder cap", () => {
    it("counts holders, and lets a new one in only where there is room or another one leaves", async () => {
      const fixture = await loadFixture(countedFixture);
      const { agency, core, ledger, counted, alice, bob, dave, erin } = fixture;
      const holders = async () => (await core.assetOf(counted)).holders;
      expect(await holders()).to.equal(2n);
      expect(await core.refusalOf(counted, alice, dave, 1n)).to.equal(REFUSAL.holderCap);
      expect(await core.refusalOf(counted, alice, dave, 0n)).to.equal(REFUSAL.none);
      expect(await core.refusalOf(counted, alice, bob, 1n)).to.equal(REFUSAL.none);
      await ledger.connect(alice).transfer(dave, counted, UNITS); // in her place
      expect(await holders()).to.equal(2n);
      await ledger.connect(dave).transfer(bob, counted, UNITS);
      expect(await holders()).to.equal(1n);
      await ledger.connect(bob).transfer(erin, counted, 1n);
      await expect(agency.mint(counted, alice, 1n)).to.be.revertedWithCustomError(core, "ERC7943CannotTransfer");
      await ledger.connect(erin).transfer(erin, counted, 1n);
      expect(await holders()).to.equal(2n);
      await agency.setHolderCap(counted, 1n);
      await ledger.connect(bob).transfer(erin, counted, 1n);
      expect(await core.refusalOf(counted, bob, dave, 2n * UNITS - 2n)).to.equal(REFUSAL.holderCap);
    });

    it("does not keep a pledgee from seizing when it is full", async () => {
      const fixture = await loadFixture(countedFixture);
      const { agency, core, ledger, registry, counted, alice, bob, dave } = fixture;
      const lender = fixture.erin;
      await registry.setAccount(lender, { ...ELIGIBLE, receiveUntil: 0n });
      const pledgee = await ethers.deployContract("MockIssuer", [ledger]);
      await ledger.listCore(pledgee);
      await registry.setProtocol(pledgee);
      await agency.setApproval(counted, pledgee, APPROVAL.pledgee);
      const run = async (name: "pledge" | "seize", args: readonly unknown[]) =>
        pledgee.execute(core, core.interface.encodeFunctionData(name as never, args as never), false);
      await run("pledge", [alice.address, counted, UNITS]);
      expect(await core.refusalOf(counted, bob, dave, 1n)).to.equal(REFUSAL.holderCap);
      await expect(run("seize", [alice.address, counted, 5n, lender.address])).to.be.revertedWithCustomError(
        core,
        "ERC7943CannotReceive",
      );
      await run("seize", [alice.address, counted, 5n, dave.address]);
      expect([(await core.assetOf(counted)).holders, await ledger.balanceOf(dave, counted)]).to.deep.equal([3n, 5n]);
      await run("seize", [alice.address, counted, UNITS - 5n, dave.address]);
      expect((await core.assetOf(counted)).holders).to.equal(2n);
    });

    it("keeps counted assets out of protocols' books", async () => {
      const { agency, registry, core, amm, counted, alice } = await loadFixture(countedFixture);
      await registry.setProtocol(amm);
      await expect(agency.setApproval(counted, amm, APPROVAL.venue)).to.be.revertedWithCustomError(
        agency,
        "RwaInvalidApproval",
      );
      await agency.setApproval(counted, amm, APPROVAL.pledgee);
      expect(await core.refusalOf(counted, alice, amm, 1n)).to.equal(REFUSAL.protocolNotApproved);
    });
  });
});

/** The fixture with a lending core that is listed. */
async function withLending() {
  const fixture = await loadFixture(rwaFacadeFixture);
  const lending = await ethers.deployContract("LendingCore", [fixture.ledger]);
  await fixture.ledger.listCore(lending);
  return { ...fixture, lending };
}

/** The fixture with an asset of at most two holders, who are Alice and Bob. */
async function countedFixture() {
  const fixture = await rwaFacadeFixture();
  const { agency, admin, carol, ids, core, alice, bob, dave, erin } = fixture;
  const salt = ethers.id("counted");
  const terms = {
    ...{ name: "Counted", symbol: "CNT", decimals: 0, owner: carol.address, payAsset: ids.usdc },
    ...{ cap: 10n * UNITS, holderCap: 2, classes: 0, feePerDay: 0n },
  };
  const counted = await agency.connect(admin).issue.staticCall(salt, terms);
  await agency.connect(admin).issue(salt, terms);
  await admit(fixture, [dave, erin]);
  for (const account of [alice, bob]) await agency.mint(counted, account, UNITS);
  expect((await core.assetOf(counted)).supply).to.equal(2n * UNITS);
  return { ...fixture, counted };
}
