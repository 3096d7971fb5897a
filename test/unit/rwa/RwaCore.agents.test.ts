import { expect } from "chai";
import { ethers, loadFixture } from "../../helpers/ledger-fixture.js";
import {
  admit,
  ASSET_FLAGS,
  ELIGIBLE,
  ROLE,
  rwaFacadeFixture,
  SALT,
  termsOf,
  UNITS,
} from "../../helpers/rwa-fixture.js";

const NOBODY = ethers.ZeroAddress;
const MAX_112 = 2n ** 112n - 1n;

describe("RwaAgency", () => {
  it("is a contract, or there is no core", async () => {
    const { ledger, alice } = await loadFixture(rwaFacadeFixture);
    const factory = await ethers.getContractFactory("RwaCore");
    await expect(factory.deploy(ledger, alice))
      .to.be.revertedWithCustomError(factory, "RwaNoCode")
      .withArgs(alice.address);
  });

  describe("issue", () => {
    it("is the authority's, once a salt, with an owner, a cap and a plain pay asset", async () => {
      const { agency, core, admin, carol, ids, id } = await loadFixture(rwaFacadeFixture);
      const salt = ethers.id("other");
      const terms = termsOf(carol.address, ids.usdc);
      await expect(agency.connect(carol).issue(salt, terms))
        .to.be.revertedWithCustomError(core, "RwaUnauthorized")
        .withArgs(carol.address);
      const issue = (changed: Partial<typeof terms>, at = salt) =>
        agency.connect(admin).issue(at, { ...terms, ...changed });
      await expect(issue({}, SALT)).to.be.revertedWithCustomError(agency, "RwaAssetExists").withArgs(id);
      await expect(issue({ owner: NOBODY })).to.be.revertedWithCustomError(agency, "RwaZeroAddress");
      await expect(issue({ payAsset: 0n })).to.be.revertedWithCustomError(agency, "RwaInvalidPayAsset");
      for (const payAsset of [id, 2n ** 160n, 2n ** 255n - 1n]) {
        await expect(issue({ payAsset }))
          .to.be.revertedWithCustomError(agency, "RwaInvalidPayAsset")
          .withArgs(payAsset);
      }
      await expect(issue({ cap: 2n ** 20n - 1n }))
        .to.be.revertedWithCustomError(agency, "RwaInvalidCap")
        .withArgs(2n ** 20n - 1n, 2n ** 20n, 2n ** 96n - 1n);
      await expect(issue({ holderCap: 1_000_001 })).to.be.revertedWithCustomError(agency, "RwaInvalidCap");
      await expect(issue({})).to.emit(agency, "RwaIssued");
    });

    it("has an id that follows from the salt, and metadata by the salt", async () => {
      const { core, ledger, id, carol, ids } = await loadFixture(rwaFacadeFixture);
      expect(id >> 251n).to.equal(16n + ASSET_FLAGS);
      expect(await ledger.issuerOf(id)).to.equal(await core.getAddress());
      expect(await core.assetName(SALT)).to.equal("12 Main Street");
      expect(await core.assetSymbol(SALT)).to.equal("MAIN12");
      expect([await core.assetDecimals(SALT), await core.assetSupply(SALT)]).to.deep.equal([18n, 2n * UNITS]);
      const asset = await core.assetOf(id);
      expect([asset.owner, asset.payAsset, asset.supply]).to.deep.equal([carol.address, ids.usdc, 2n * UNITS]);
    });
  });

  describe("agents", () => {
    it("act by their roles alone, and the owner by all", async () => {
      const { agency, core, id, alice, bob, carol, dave } = await loadFixture(rwaFacadeFixture);
      await expect(agency.connect(dave).setAgent(id, dave, 1n))
        .to.be.revertedWithCustomError(agency, "RwaNotOwner")
        .withArgs(dave.address, carol.address);
      await expect(agency.setAgent(id, dave, 512n)).to.be.revertedWithCustomError(agency, "RwaInvalidBits");
      await expect(agency.setApproval(id, dave, 8n)).to.be.revertedWithCustomError(agency, "RwaInvalidBits");
      const none: [bigint, bigint, bigint, bigint] = [0n, 0n, 0n, 0n];
      const verbs: [bigint, () => Promise<unknown>][] = [
        [ROLE.mint, () => agency.connect(dave).mint(id, bob, 1n)],
        [ROLE.burn, () => agency.connect(dave).burn(id, bob, 1n)],
        [ROLE.freeze, () => agency.connect(dave).setAccountFrozen(id, alice, false)],
        [ROLE.pause, () => agency.connect(dave).setPaused(id, false)],
        [ROLE.documents, () => agency.connect(dave).setDocument(id, SALT, "uri", SALT)],
        [ROLE.terms, () => agency.connect(dave).setCountries(id, false, none)],
        [ROLE.terms, () => agency.connect(dave).setClasses(id, 0n)],
        [ROLE.terms, () => agency.connect(dave).setModule(id, NOBODY)],
        [ROLE.terms, () => agency.connect(dave).setApproval(id, alice, 0n)],
        [ROLE.terms, () => agency.connect(dave).setCap(id, 3n * UNITS)],
      ];
      for (const [role, send] of verbs) {
        await agency.setAgent(id, dave, 511n - role);
        await expect(send()).to.be.revertedWithCustomError(core, "RwaNotAgent").withArgs(dave.address, id, role);
        await agency.setAgent(id, dave, role);
        await send();
      }
      expect([await core.rolesOf(id, dave), await core.rolesOf(id, carol)]).to.deep.equal([ROLE.terms, 511n]);
    });

    it("follow the owner, who changes in two steps", async () => {
      const { agency, core, id, carol, dave, erin } = await loadFixture(rwaFacadeFixture);
      await agency.transferOwnership(id, dave);
      await expect(agency.connect(erin).acceptOwnership(id)).to.be.revertedWithCustomError(agency, "RwaNotOwner");
      await expect(agency.connect(dave).acceptOwnership(id))
        .to.emit(agency, "OwnershipTransferred")
        .withArgs(id, carol.address, dave.address);
      await expect(agency.setPaused(id, true)).to.be.revertedWithCustomError(core, "RwaNotAgent");
      await agency.connect(dave).setPaused(id, true);
      await expect(agency.connect(dave).acceptOwnership(id)).to.be.revertedWithCustomError(agency, "RwaNotOwner");
    });
  });

  describe("mint and burn", () => {
    it("refuse nothing, too much, more than the cap, a pause and a receiver that is not eligible", async () => {
      const { agency, core, id, alice, bob, dave } = await loadFixture(rwaFacadeFixture);
      await expect(agency.mint(id, alice, 0n)).to.be.revertedWithCustomError(core, "RwaZeroAmount");
      await expect(agency.mint(id, alice, 2n ** 96n)).to.be.revertedWithCustomError(core, "RwaAmountTooLarge");
      await agency.setCap(id, 2n * UNITS + 5n);
      await expect(agency.mint(id, alice, 6n))
        .to.be.revertedWithCustomError(agency, "RwaAboveCap")
        .withArgs(2n * UNITS + 6n, 2n * UNITS + 5n);
      await expect(agency.setCap(id, 2n * UNITS + 6n)).to.be.revertedWithCustomError(agency, "RwaInvalidCap");
      await expect(agency.setCap(id, 2n * UNITS - 1n)).to.be.revertedWithCustomError(agency, "RwaInvalidCap");
      await expect(agency.mint(id, dave, 5n))
        .to.be.revertedWithCustomError(core, "ERC7943CannotReceive")
        .withArgs(dave.address);
      await agency.mint(id, alice, 5n);
      expect((await core.assetOf(id)).supply).to.equal(2n * UNITS + 5n);
      await agency.setPaused(id, true);
      await expect(agency.mint(id, alice, 1n)).to.be.revertedWithCustomError(core, "RwaPaused");
      await agency.burn(id, alice, UNITS + 5n);
      await agency.burn(id, bob, UNITS);
      await expect(agency.setCap(id, 2n ** 20n - 1n))
        .to.be.revertedWithCustomError(agency, "RwaInvalidCap")
        .withArgs(2n ** 20n - 1n, 2n ** 20n, 2n * UNITS + 5n);
      await agency.setCap(id, 2n ** 20n);
    });

    it("burn what is not pledged, of anybody, and thaw what of it is frozen first", async () => {
      const { agency, core, ledger, registry, id, alice, carol } = await loadFixture(rwaFacadeFixture);
      await core.connect(carol).setFrozenTokens(alice, id, UNITS - 10n);
      await registry.setAccount(alice, { ...ELIGIBLE, sendUntil: 0n });
      await expect(agency.burn(id, alice, 30n))
        .to.emit(core, "Frozen")
        .withArgs(alice.address, id, UNITS - 30n);
      expect([await ledger.balanceOf(alice, id), (await core.assetOf(id)).supply]).to.deep.equal([
        UNITS - 30n,
        2n * UNITS - 30n,
      ]);
      await expect(agency.burn(id, alice, UNITS))
        .to.be.revertedWithCustomError(agency, "RwaNotForceable")
        .withArgs(alice.address, id, UNITS - 30n, UNITS);
    });
  });

  describe("setFrozenTokens", () => {
    it("overwrites, may exceed the balance, and refuses strangers and what no word holds", async () => {
      const { core, id, alice, carol } = await loadFixture(rwaFacadeFixture);
      await expect(core.connect(alice).setFrozenTokens(alice, id, 1n))
        .to.be.revertedWithCustomError(core, "RwaNotAgent")
        .withArgs(alice.address, id, ROLE.freeze);
      await expect(core.connect(carol).setFrozenTokens(alice, 1n, 1n)).to.be.revertedWithCustomError(
        core,
        "RwaNotAgent",
      );
      await expect(core.connect(carol).setFrozenTokens(alice, id, MAX_112 + 1n)).to.be.revertedWithCustomError(
        core,
        "RwaAmountTooLarge",
      );
      for (const amount of [5n, 10n * UNITS, MAX_112, 0n, 0n]) {
        await expect(core.connect(carol).setFrozenTokens(alice, id, amount))
          .to.emit(core, "Frozen")
          .withArgs(alice.address, id, amount);
        expect(await core.getFrozenTokens(alice, id)).to.equal(amount);
        expect(await core.movableOf(alice, id)).to.equal(amount >= UNITS ? 0n : UNITS - amount);
      }
    });
  });

  describe("forcedTransfer", () => {
    it("moves frozen and paused units of who may not send, thaws them first, and says so in order", async () => {
      const { agency, core, ledger, registry, id, alice, bob, carol } = await loadFixture(rwaFacadeFixture);
      await core.connect(carol).setFrozenTokens(alice, id, UNITS + 50n);
      await agency.setAccountFrozen(id, alice, true);
      await agency.setPaused(id, true);
      await registry.setAccount(alice, { ...ELIGIBLE, sendUntil: 0n, receiveUntil: 0n });
      const sent = await core.connect(carol).forcedTransfer(alice, bob, id, 30n);
      const receipt = await sent.wait();
      const topics = receipt?.logs.map(({ topics: [topic] }) => topic);
      expect(topics).to.deep.equal([
        core.interface.getEvent("Frozen").topicHash,
        ledger.interface.getEvent("Transfer").topicHash,
        core.interface.getEvent("ForcedTransfer").topicHash,
      ]);
      expect(await core.getFrozenTokens(alice, id)).to.equal(UNITS + 20n);
      expect([await ledger.balanceOf(alice, id), await ledger.balanceOf(bob, id)]).to.deep.equal([
        UNITS - 30n,
        UNITS + 30n,
      ]);
    });

    it("leaves a freeze that the movement does not touch", async () => {
      const { core, id, alice, bob, carol } = await loadFixture(rwaFacadeFixture);
      await core.connect(carol).setFrozenTokens(alice, id, 10n);
      await expect(core.connect(carol).forcedTransfer(alice, bob, id, UNITS - 10n)).not.to.emit(core, "Frozen");
      expect(await core.getFrozenTokens(alice, id)).to.equal(10n);
      await core.connect(carol).forcedTransfer(alice, bob, id, 4n);
      expect(await core.getFrozenTokens(alice, id)).to.equal(6n);
    });

    it("changes nothing when it is to oneself: nothing thaws (RWA_08)", async () => {
      const { core, ledger, id, alice, carol } = await loadFixture(rwaFacadeFixture);
      await core.connect(carol).setFrozenTokens(alice, id, UNITS);
      await expect(core.connect(carol).forcedTransfer(alice, alice, id, UNITS))
        .to.emit(core, "ForcedTransfer")
        .and.not.to.emit(core, "Frozen");
      expect([await core.getFrozenTokens(alice, id), await ledger.balanceOf(alice, id)]).to.deep.equal([UNITS, UNITS]);
    });

    it("refuses strangers, receivers that are not eligible, more than there is, and protocols' balances", async () => {
      const { core, agency, ledger, amm, registry, id, alice, bob, carol, dave } = await loadFixture(rwaFacadeFixture);
      await expect(core.connect(alice).forcedTransfer(bob, alice, id, 1n))
        .to.be.revertedWithCustomError(core, "RwaNotAgent")
        .withArgs(alice.address, id, ROLE.force);
      await expect(core.connect(carol).forcedTransfer(alice, dave, id, 1n)).to.be.revertedWithCustomError(
        core,
        "ERC7943CannotReceive",
      );
      await expect(core.connect(carol).forcedTransfer(alice, bob, id, UNITS + 1n)).to.be.revertedWithCustomError(
        agency,
        "RwaNotForceable",
      );
      await registry.setProtocol(amm);
      await expect(core.connect(carol).forcedTransfer(alice, amm, id, 1n)).to.be.revertedWithCustomError(
        core,
        "ERC7943CannotReceive",
      );
      await expect(core.connect(carol).forcedTransfer(amm, bob, id, 0n)).to.be.revertedWithCustomError(
        ledger,
        "LedgerForcedFromProtocol",
      );
    });
  });

  describe("documents", () => {
    it("are filed, replaced, listed and removed by name", async () => {
      const { agency, id } = await loadFixture(rwaFacadeFixture);
      const [deed, lease, hash] = [ethers.id("deed"), ethers.id("lease"), ethers.id("content")];
      await expect(agency.setDocument(id, deed, "ipfs://a", hash))
        .to.emit(agency, "DocumentUpdated")
        .withArgs(id, deed, "ipfs://a", hash);
      await agency.setDocument(id, lease, "ipfs://b", hash);
      await agency.setDocument(id, deed, "ipfs://c", hash);
      expect(await agency.getAllDocuments(id)).to.deep.equal([deed, lease]);
      expect((await agency.getDocument(id, deed)).uri).to.equal("ipfs://c");
      await expect(agency.removeDocument(id, deed))
        .to.emit(agency, "DocumentRemoved")
        .withArgs(id, deed, "ipfs://c", hash);
      expect(await agency.getAllDocuments(id)).to.deep.equal([lease]);
      expect((await agency.getDocument(id, deed)).lastModified).to.equal(0n);
      await expect(agency.removeDocument(id, deed))
        .to.be.revertedWithCustomError(agency, "RwaUnknownDocument")
        .withArgs(id, deed);
      await agency.removeDocument(id, lease);
      expect(await agency.getAllDocuments(id)).to.deep.equal([]);
    });
  });

  describe("facade", () => {
    it("is created once, for an asset", async () => {
      const { agency, core, id, facade } = await loadFixture(rwaFacadeFixture);
      await expect(agency.createFacade(id)).to.be.revertedWithCustomError(agency, "RwaFacadeExists");
      await expect(agency.createFacade(5n)).to.be.revertedWithCustomError(core, "RwaUnknownAsset");
      expect([await facade.id(), await facade.symbol()]).to.deep.equal([id, "MAIN12"]);
    });

    it("transfers, pulls and refuses with the errors of its standards", async () => {
      const fixture = await loadFixture(rwaFacadeFixture);
      const { core, agency, amm, registry, facade, id, alice, bob, carol, dave } = fixture;
      expect(await facade.supportsInterface("0x3edbb4c4")).to.equal(true);
      await expect(facade.connect(alice).transfer(bob, 5n))
        .to.emit(facade, "Transfer")
        .withArgs(alice.address, bob.address, 5n);
      await facade.connect(alice).approve(dave, 9n);
      await facade.connect(dave).transferFrom(alice, bob, 4n);
      expect(await facade.allowance(alice, dave)).to.equal(5n);
      await expect(facade.connect(dave).transferFrom(alice, bob, 6n))
        .to.be.revertedWithCustomError(facade, "ERC20InsufficientAllowance")
        .withArgs(dave.address, 5n, 6n);
      await expect(facade.connect(bob).transfer(alice, 2n * UNITS))
        .to.be.revertedWithCustomError(facade, "ERC20InsufficientBalance")
        .withArgs(bob.address, UNITS + 9n, 2n * UNITS);
      await expect(facade.connect(alice).transfer(dave, 1n))
        .to.be.revertedWithCustomError(facade, "ERC7943CannotReceive")
        .withArgs(dave.address);
      await core.connect(carol).setFrozenTokens(alice, id, UNITS);
      await expect(facade.connect(alice).transfer(bob, 1n))
        .to.be.revertedWithCustomError(facade, "ERC7943InsufficientUnfrozenBalance")
        .withArgs(alice.address, 1n, 0n);
      await registry.setAccount(alice, { ...ELIGIBLE, sendUntil: 0n });
      await expect(facade.connect(alice).transfer(bob, 1n)).to.be.revertedWithCustomError(facade, "ERC7943CannotSend");
      await registry.setProtocol(amm);
      await agency.setApproval(id, amm, 2n);
      expect(await facade.canTransfer(bob, amm, 1n)).to.equal(false); // its balance is nobody's
      await expect(facade.connect(bob).transfer(amm, 1n)).to.be.revertedWithCustomError(
        facade,
        "ERC7943CannotTransfer",
      );
      await expect(core.connect(alice).facadeTransfer(id, bob, alice, 1n)).to.be.revertedWithCustomError(
        core,
        "RwaNotFacade",
      );
    });

    it("has the agents' verbs of ERC-3643, for agents", async () => {
      const fixture = await loadFixture(rwaFacadeFixture);
      const { core, agency, ledger, facade, id, alice, bob, carol, dave, erin } = fixture;
      const strangers = facade.connect(dave);
      for (const send of [
        () => strangers.mint(alice, 1n),
        () => strangers.burn(alice, 1n),
        () => strangers.forcedTransfer(alice, bob, 1n),
        () => strangers.setFrozenTokens(alice, 1n),
        () => strangers.freezePartialTokens(alice, 1n),
        () => strangers.setAddressFrozen(alice, true),
        () => strangers.recoveryAddress(alice, bob, NOBODY),
        () => strangers.pause(),
      ]) {
        await expect(send()).to.be.revertedWithCustomError(core, "RwaNotAgent");
      }
      const agent = facade.connect(carol);
      await expect(agent.mint(alice, 7n)).to.emit(facade, "Transfer").withArgs(NOBODY, alice.address, 7n);
      await expect(agent.burn(alice, 7n)).to.emit(facade, "Transfer").withArgs(alice.address, NOBODY, 7n);
      await agent.freezePartialTokens(alice, 8n);
      await expect(agent.unfreezePartialTokens(alice, 9n)).to.be.revertedWithCustomError(facade, "RwaNotFrozen");
      await expect(agent.unfreezePartialTokens(alice, 3n))
        .to.emit(facade, "TokensUnfrozen")
        .withArgs(alice.address, 3n);
      expect([await facade.getFrozenTokens(alice), await core.getFrozenTokens(alice, id)]).to.deep.equal([5n, 5n]);
      await expect(agent.forcedTransfer(alice, bob, UNITS))
        .to.emit(facade, "ForcedTransfer")
        .withArgs(alice.address, bob.address, UNITS)
        .and.to.emit(facade, "Frozen")
        .withArgs(alice.address, 0n);
      await expect(agent.setAddressFrozen(bob, true)).to.emit(facade, "AddressFrozen");
      expect(await facade.isFrozen(bob)).to.equal(true);
      await agent.setAddressFrozen(bob, false);
      await agent.pause();
      expect(await facade.paused()).to.equal(true);
      await agent.unpause();
      await admit(fixture, [erin]);
      await expect(agent.recoveryAddress(bob, erin, NOBODY)).to.emit(facade, "RecoverySuccess");
      expect(await facade.balanceOf(erin)).to.equal(2n * UNITS);
      await facade.connect(erin).batchTransfer([alice, bob, alice], [1n, 2n, 3n]);
      expect([await ledger.balanceOf(alice, id), await ledger.balanceOf(bob, id)]).to.deep.equal([4n, 2n]);
      expect(await facade.totalSupply()).to.equal(2n * UNITS);
      const registry = await core.getAddress();
      expect([await facade.identityRegistry(), await facade.compliance(), await facade.onchainID()]).to.deep.equal([
        ...[registry, registry, NOBODY],
      ]);
      expect([await facade.decimals(), await facade.version(), await facade.name()]).to.deep.equal([
        ...[18n, "1", "12 Main Street"],
      ]);
      await expect(agency.connect(alice).setFeeRecipient(alice)).to.be.revertedWithCustomError(core, "RwaUnauthorized");
    });
  });
});
