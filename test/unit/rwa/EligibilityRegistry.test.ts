import { expect } from "chai";
import type { IEligibilityRegistry } from "../../../typechain-types/index.js";
import { ethers, loadFixture, networkHelpers, NEVER } from "../../helpers/ledger-fixture.js";
import { COUNTRY, ELIGIBLE, rwaFacadeFixture } from "../../helpers/rwa-fixture.js";

type Attestation = IEligibilityRegistry.AttestationStruct;

const TYPES = {
  Attestation: [
    ...[{ name: "account", type: "address" }],
    ...[
      { name: "sendUntil", type: "uint40" },
      { name: "receiveUntil", type: "uint40" },
    ],
    ...[
      { name: "country", type: "uint16" },
      { name: "classes", type: "uint8" },
    ],
    ...[
      { name: "issuedAt", type: "uint40" },
      { name: "deadline", type: "uint40" },
    ],
    ...[{ name: "attester", type: "address" }],
  ],
};

async function domainOf(registry: IEligibilityRegistry) {
  const { name, version, chainId, verifyingContract } = await registry.eip712Domain();
  return { name, version, chainId, verifyingContract };
}

/** An attestation of the admin for Dave, of now, and its signature. */
async function attestationFixture() {
  const fixture = await rwaFacadeFixture();
  const { registry, admin, dave } = fixture;
  const issuedAt = BigInt(await networkHelpers.time.latest());
  const attestation = {
    ...{ account: dave.address, eligibility: { ...ELIGIBLE, classes: 3n }, issuedAt, deadline: NEVER - 1n },
    ...{ attester: admin.address },
  } satisfies Attestation;
  const sign = async (changed: typeof attestation, signer = admin) => {
    const { eligibility, ...rest } = changed;
    return signer.signTypedData(await domainOf(registry), TYPES, { ...eligibility, ...rest });
  };
  return { ...fixture, attestation, sign, signature: await sign(attestation) };
}

describe("EligibilityRegistry", () => {
  describe("setAccount", () => {
    it("refuses strangers, the zero address, unknown countries and cores", async () => {
      const { registry, ledger, amm, alice, dave } = await loadFixture(rwaFacadeFixture);
      await expect(registry.connect(alice).setAccount(dave, ELIGIBLE))
        .to.be.revertedWithCustomError(registry, "EligibilityUnauthorized")
        .withArgs(alice.address);
      await expect(registry.setAccount(ethers.ZeroAddress, ELIGIBLE)).to.be.revertedWithCustomError(
        registry,
        "EligibilityZeroAccount",
      );
      await expect(registry.setAccount(dave, { ...ELIGIBLE, country: 1024n }))
        .to.be.revertedWithCustomError(registry, "EligibilityInvalidCountry")
        .withArgs(1024n);
      expect(await ledger.isCore(amm)).to.equal(true);
      await expect(registry.setAccount(amm, ELIGIBLE))
        .to.be.revertedWithCustomError(registry, "EligibilityIsCore")
        .withArgs(await amm.getAddress());
    });

    it("states what the account may do, and until when", async () => {
      const { registry, core, admin, dave } = await loadFixture(rwaFacadeFixture);
      const now = BigInt(await networkHelpers.time.latest());
      const stated = { sendUntil: now + 100n, receiveUntil: now + 50n, country: COUNTRY.france, classes: 5n };
      await networkHelpers.time.setNextBlockTimestamp(now + 1n);
      await expect(registry.setAccount(dave, stated))
        .to.emit(registry, "EligibilitySet")
        .withArgs(dave.address, admin.address, now + 100n, now + 50n, COUNTRY.france, 5n, now + 1n);
      const [eligibility, updatedAt] = await registry.eligibilityOf(dave);
      expect([...eligibility, updatedAt]).to.deep.equal([now + 100n, now + 50n, BigInt(COUNTRY.france), 5n, now + 1n]);
      await networkHelpers.time.increaseTo(now + 50n);
      expect([await core.canSend(dave), await core.canReceive(dave)]).to.deep.equal([true, true]);
      await networkHelpers.time.increaseTo(now + 51n);
      expect([await core.canSend(dave), await core.canReceive(dave)]).to.deep.equal([true, false]);
      await networkHelpers.time.increaseTo(now + 101n);
      expect([await core.canSend(dave), await core.canReceive(dave)]).to.deep.equal([false, false]);
    });

    it("leaves the core's own notes of the account", async () => {
      const { registry, agency, core, id, carol, alice } = await loadFixture(rwaFacadeFixture);
      await agency.connect(carol).setAccountFrozen(id, alice, true);
      await registry.setAccount(alice, { sendUntil: 0n, receiveUntil: 0n, country: 0n, classes: 0n });
      await registry.setAccount(alice, ELIGIBLE);
      expect(await core.refusalOf(id, alice, alice, 1n)).to.equal(4n); // still frozen
    });
  });

  describe("setAccounts", () => {
    it("refuses strangers, too many and lists that do not match", async () => {
      const { registry, alice, dave } = await loadFixture(rwaFacadeFixture);
      await expect(registry.connect(alice).setAccounts([dave], [ELIGIBLE])).to.be.revertedWithCustomError(
        registry,
        "EligibilityUnauthorized",
      );
      const many = Array.from({ length: 201 }, () => dave.address);
      await expect(registry.setAccounts(many, []))
        .to.be.revertedWithCustomError(registry, "EligibilityBatchTooLong")
        .withArgs(201n, 200n);
      await expect(registry.setAccounts([dave], []))
        .to.be.revertedWithCustomError(registry, "EligibilityLengthMismatch")
        .withArgs(1n, 0n);
    });

    it("states many accounts; of one that stands twice the last counts", async () => {
      const { registry, core, dave, erin } = await loadFixture(rwaFacadeFixture);
      await registry.setAccounts([dave, erin, dave], [ELIGIBLE, ELIGIBLE, { ...ELIGIBLE, sendUntil: 0n }]);
      expect([await core.canSend(dave), await core.canReceive(dave)]).to.deep.equal([false, true]);
      expect(await core.canSend(erin)).to.equal(true);
    });

    it("states as many accounts at once as a batch may have", async () => {
      const { registry, core, dave } = await loadFixture(rwaFacadeFixture);
      const accounts = Array.from({ length: 200 }, (_, i) =>
        i === 0 ? dave.address : ethers.toBeHex(0x10000 + i, 20),
      );
      await registry.setAccounts(
        accounts,
        accounts.map(() => ELIGIBLE),
      );
      for (const account of [dave.address, accounts.at(-1) ?? ""]) expect(await core.canSend(account)).to.equal(true);
    });
  });

  describe("setProtocol", () => {
    it("refuses strangers, what is no core, and who was stated or is one already", async () => {
      const { registry, ledger, amm, alice, dave, issuer } = await loadFixture(rwaFacadeFixture);
      await expect(registry.connect(alice).setProtocol(amm)).to.be.revertedWithCustomError(
        registry,
        "EligibilityUnauthorized",
      );
      await expect(registry.setProtocol(dave))
        .to.be.revertedWithCustomError(registry, "EligibilityNotProtocol")
        .withArgs(dave.address);
      const late = await ethers.deployContract("MockIssuer", [ledger]);
      await registry.setAccount(late, ELIGIBLE);
      await ledger.listCore(late);
      await expect(registry.setProtocol(late)).to.be.revertedWithCustomError(registry, "EligibilityNotProtocol");
      await expect(registry.setProtocol(issuer))
        .to.emit(registry, "ProtocolSet")
        .withArgs(await issuer.getAddress());
      await expect(registry.setProtocol(issuer)).to.be.revertedWithCustomError(registry, "EligibilityNotProtocol");
      await expect(registry.setAccount(issuer, ELIGIBLE)).to.be.revertedWithCustomError(registry, "EligibilityIsCore");
      expect([await registry.isProtocol(issuer), await registry.isProtocol(amm)]).to.deep.equal([true, false]);
    });
  });

  describe("refresh", () => {
    it("takes an attestation from anybody, once", async () => {
      const { registry, core, admin, alice, dave, attestation, signature } = await loadFixture(attestationFixture);
      await expect(registry.connect(alice).refresh(attestation, signature))
        .to.emit(registry, "EligibilitySet")
        .withArgs(
          dave.address,
          admin.address,
          ELIGIBLE.sendUntil,
          ELIGIBLE.receiveUntil,
          276n,
          3n,
          attestation.issuedAt,
        );
      expect(await core.canReceive(dave)).to.equal(true);
      await expect(registry.refresh(attestation, signature))
        .to.be.revertedWithCustomError(registry, "EligibilityStale")
        .withArgs(attestation.issuedAt, attestation.issuedAt);
    });

    it("refuses one that is older than the last statement, so that nothing taken away comes back (RWA_10)", async () => {
      const { registry, core, dave, attestation, signature } = await loadFixture(attestationFixture);
      await registry.setAccount(dave, { ...ELIGIBLE, sendUntil: 0n, receiveUntil: 0n });
      await expect(registry.refresh(attestation, signature)).to.be.revertedWithCustomError(
        registry,
        "EligibilityStale",
      );
      expect(await core.canReceive(dave)).to.equal(false);
    });

    it("refuses one of the future, one too late, and one that was changed", async () => {
      const { registry, attestation, signature, sign } = await loadFixture(attestationFixture);
      const early = { ...attestation, issuedAt: attestation.issuedAt + 1000n };
      await expect(registry.refresh(early, await sign(early))).to.be.revertedWithCustomError(
        registry,
        "EligibilityStale",
      );
      const late = { ...attestation, deadline: attestation.issuedAt };
      await expect(registry.refresh(late, await sign(late))).to.be.revertedWithCustomError(
        registry,
        "EligibilityExpired",
      );
      for (const changed of [
        { ...attestation, eligibility: { ...ELIGIBLE, classes: 4n } },
        { ...attestation, account: attestation.attester },
        { ...attestation, deadline: attestation.deadline - 1n },
      ]) {
        await expect(registry.refresh(changed, signature))
          .to.be.revertedWithCustomError(registry, "EligibilityInvalidSignature")
          .withArgs(attestation.attester);
      }
      await expect(registry.refresh(attestation, "0x")).to.be.revertedWithCustomError(
        registry,
        "EligibilityInvalidSignature",
      );
    });

    it("refuses an attester that may not write himself", async () => {
      const { registry, alice, attestation, sign } = await loadFixture(attestationFixture);
      const foreign = { ...attestation, attester: alice.address };
      await expect(registry.refresh(foreign, await sign(foreign, alice)))
        .to.be.revertedWithCustomError(registry, "EligibilityUnauthorized")
        .withArgs(alice.address);
    });

    it("takes a contract's word by ERC-1271, where the contract is an agent", async () => {
      const { registry, core, authority, admin, dave, attestation, sign } = await loadFixture(attestationFixture);
      const wallet = await ethers.deployContract("Erc1271Wallet", [admin]);
      const role = 7n;
      const manager = new ethers.Contract(
        await authority.getAddress(),
        ["function grantRole(uint64,address,uint32)", "function setTargetFunctionRole(address,bytes4[],uint64)"],
        admin,
      );
      const selector = registry.interface.getFunction("setAccount").selector;
      await manager.getFunction("setTargetFunctionRole")(await core.getAddress(), [selector], role);
      await manager.getFunction("grantRole")(role, await wallet.getAddress(), 0);
      const theirs = { ...attestation, attester: await wallet.getAddress() };
      await registry.refresh(theirs, await sign(theirs));
      expect(await core.canSend(dave)).to.equal(true);
    });

    it("has the digest that wallets sign", async () => {
      const { registry, attestation } = await loadFixture(attestationFixture);
      const { eligibility, ...rest } = attestation;
      const digest = ethers.TypedDataEncoder.hash(await domainOf(registry), TYPES, { ...eligibility, ...rest });
      expect(await registry.attestationDigest(attestation)).to.equal(digest);
    });
  });

  it("does nothing at the part's own address", async () => {
    const { core, registry, agency, dave, attestation, signature } = await loadFixture(attestationFixture);
    const part = await core.AGENCY();
    const direct = registry.attach(part) as IEligibilityRegistry;
    await expect(direct.setAccount(dave, ELIGIBLE)).to.be.revertedWithCustomError(core, "RwaNotCore").withArgs(part);
    await expect(direct.refresh(attestation, signature)).to.be.revertedWithCustomError(core, "RwaNotCore");
    await expect((agency.attach(part) as typeof agency).setFeeRecipient(dave)).to.be.revertedWithCustomError(
      core,
      "RwaNotCore",
    );
  });
});
