import { expect } from "chai";
import { distributionId } from "../../../src/index.js";
import { ethers, FLAG, issuedId, loadFixture } from "../../helpers/ledger-fixture.js";
import { BOND, create, DAY, DELAY, FUNDS, HOUR, merkleFixture } from "../../helpers/merkle-fixture.js";

const SALT = ethers.id("another");

describe("MerkleDistributor", () => {
  describe("createDistribution", () => {
    it("reverts for what is no asset, and for one with RULES or NOTIFY", async () => {
      const { distributor, terms, alice, issuer } = await loadFixture(merkleFixture);
      const rules = await issuedId({ owner: issuer, salt: SALT, flags: FLAG.rules0 });
      const notify = await issuedId({ owner: issuer, salt: SALT, flags: FLAG.notify0 });
      for (const asset of [0n, 1n << 160n, (1n << 255n) - 1n, rules, notify]) {
        await expect(distributor.connect(alice).createDistribution({ ...terms, asset }))
          .to.be.revertedWithCustomError(distributor, "MerkleInvalidAsset")
          .withArgs(asset);
      }
    });

    it("reverts without an updater or an arbiter", async () => {
      const { distributor, terms } = await loadFixture(merkleFixture);
      for (const none of [{ updater: ethers.ZeroAddress }, { arbiter: ethers.ZeroAddress }]) {
        await expect(distributor.createDistribution({ ...terms, ...none })).to.be.revertedWithCustomError(
          distributor,
          "MerkleZeroAddress",
        );
      }
    });

    it("reverts for a delay outside of one hour to 30 days", async () => {
      const { distributor, terms } = await loadFixture(merkleFixture);
      for (const delay of [0n, HOUR - 1n, 30n * DAY + 1n, 2n ** 40n]) {
        await expect(distributor.createDistribution({ ...terms, delay }))
          .to.be.revertedWithCustomError(distributor, "MerkleInvalidDelay")
          .withArgs(delay, HOUR, 30n * DAY);
      }
      for (const delay of [HOUR, 30n * DAY]) await distributor.createDistribution({ ...terms, delay });
    });

    it("reverts for a bond above 2^96 − 1", async () => {
      const { distributor, terms, alice } = await loadFixture(merkleFixture);
      await expect(distributor.createDistribution({ ...terms, bond: 1n << 96n }))
        .to.be.revertedWithCustomError(distributor, "MerkleBondTooLarge")
        .withArgs(1n << 96n, (1n << 96n) - 1n);
      const id = await create(distributor, alice, { ...terms, bond: (1n << 96n) - 1n });
      expect((await distributor.distributionOf(id)).bond).to.equal((1n << 96n) - 1n);
    });

    it("reverts for the same terms of the same creator", async () => {
      const { distributor, terms, id, alice } = await loadFixture(merkleFixture);
      await expect(distributor.connect(alice).createDistribution(terms))
        .to.be.revertedWithCustomError(distributor, "MerkleAlreadyExists")
        .withArgs(id);
    });

    it("has an id that is a hash of all that it is", async () => {
      const { distributor, terms, id, alice, bob } = await loadFixture(merkleFixture);
      const { chainId } = await ethers.provider.getNetwork();
      const place = { chainId, distributor: await distributor.getAddress() };
      expect(distributionId({ ...place, creator: alice.address, terms })).to.equal(id);
      const others = [
        { asset: terms.asset + 1n },
        { updater: bob.address },
        { arbiter: bob.address },
        { delay: DELAY + 1n },
        { bond: BOND + 1n },
        { salt: SALT },
      ].map((part) => distributionId({ ...place, creator: alice.address, terms: { ...terms, ...part } }));
      const creators = distributionId({ ...place, creator: bob.address, terms });
      const chains = distributionId({ ...place, chainId: chainId + 1n, creator: alice.address, terms });
      expect(new Set([id, creators, chains, ...others]).size).to.equal(9);
      expect(await distributor.idOf(bob, terms)).to.equal(creators);
    });

    it("names terms that stay, and takes a plain issued asset, too", async () => {
      const { distributor, terms, alice, issuer } = await loadFixture(merkleFixture);
      const asset = await issuedId({ owner: issuer, salt: SALT, flags: FLAG.rules0, side: 1n });
      const special = { ...terms, asset, salt: SALT };
      const id = await distributor.idOf(alice, special);
      await expect(distributor.connect(alice).createDistribution(special))
        .to.emit(distributor, "DistributionCreated")
        .withArgs(id, alice, asset, Object.values(special));
      expect(await distributor.distributionOf(id)).to.deep.equal([
        ...[asset, terms.updater, terms.arbiter, DELAY, BOND, 0n, 0n],
      ]);
      expect(await distributor.rootOf(id)).to.deep.equal([ethers.ZeroHash, ethers.ZeroHash]);
    });

    it("leaves what does not exist at zero", async () => {
      const { distributor } = await loadFixture(merkleFixture);
      const { updater, reserve } = await distributor.distributionOf(SALT);
      expect([updater, reserve]).to.deep.equal([ethers.ZeroAddress, 0n]);
      expect(await distributor.pendingRootOf(SALT)).to.deep.equal([
        ...[0n, ethers.ZeroHash, ethers.ZeroHash, 0n, ethers.ZeroAddress, 0n],
      ]);
    });
  });

  describe("fund", () => {
    it("reverts for what does not exist, for nothing, and without balance or allowance", async () => {
      const { distributor, ledger, id, alice, carol, terms } = await loadFixture(merkleFixture);
      await expect(distributor.connect(alice).fund(SALT, 1n))
        .to.be.revertedWithCustomError(distributor, "MerkleUnknownDistribution")
        .withArgs(SALT);
      await expect(distributor.connect(alice).fund(id, 0n)).to.be.revertedWithCustomError(
        distributor,
        "MerkleZeroAmount",
      );
      await expect(distributor.connect(carol).fund(id, 1n))
        .to.be.revertedWithCustomError(ledger, "LedgerInsufficientAllowance")
        .withArgs(carol, distributor, terms.asset, 0n, 1n);
      const most = await ledger.balanceOf(alice, terms.asset);
      for (const amount of [most + 1n, 1n << 112n, ethers.MaxUint256]) {
        await expect(distributor.connect(alice).fund(id, amount))
          .to.be.revertedWithCustomError(ledger, "LedgerInsufficientBalance")
          .withArgs(alice, terms.asset, most, amount);
      }
    });

    it("adds to the funds of one distribution, from anybody", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, id, alice, bob, terms, held } = fixture;
      const other = await create(distributor, bob, terms);
      const before = await held(bob);
      await expect(distributor.connect(bob).fund(id, 77n)).to.emit(distributor, "Funded").withArgs(id, bob, 77n);
      expect(await held(bob)).to.equal(before - 77n);
      expect(await held(distributor)).to.equal(FUNDS + 77n);
      const { reserve, funded } = await distributor.distributionOf(id);
      expect([reserve, funded]).to.deep.equal([FUNDS + 77n, FUNDS + 77n]);
      expect((await distributor.distributionOf(other)).reserve).to.equal(0n);
      await fixture.ledger.connect(alice).setOperator(distributor, false);
      await fixture.ledger.connect(alice).approve(distributor, terms.asset, 5n);
      await distributor.connect(alice).fund(other, 5n);
      expect((await distributor.distributionOf(other)).reserve).to.equal(5n);
    });
  });

  describe("fundFromWallet", () => {
    it("reverts for what does not exist, an issued asset, nothing, and without allowance", async () => {
      const { distributor, id, alice, carol, token0, ledger, terms, issuer } = await loadFixture(merkleFixture);
      await expect(distributor.fundFromWallet(SALT, 1n)).to.be.revertedWithCustomError(
        distributor,
        "MerkleUnknownDistribution",
      );
      const asset = await issuedId({ owner: issuer, salt: SALT, flags: 0n });
      const issued = await create(distributor, alice, { ...terms, asset });
      await expect(distributor.connect(alice).fundFromWallet(issued, 1n))
        .to.be.revertedWithCustomError(distributor, "MerkleNotToken")
        .withArgs(asset);
      await expect(distributor.connect(alice).fundFromWallet(id, 0n)).to.be.revertedWithCustomError(
        ledger,
        "LedgerZeroAmount",
      );
      await expect(distributor.connect(carol).fundFromWallet(id, 1n)).to.be.revertedWithCustomError(
        token0,
        "ERC20InsufficientAllowance",
      );
    });

    it("adds the caller's tokens", async () => {
      const { distributor, id, alice, token0, ledger, held } = await loadFixture(merkleFixture);
      const before = await token0.balanceOf(alice);
      await expect(distributor.connect(alice).fundFromWallet(id, 1234n))
        .to.emit(distributor, "Funded")
        .withArgs(id, alice, 1234n);
      expect(await token0.balanceOf(alice)).to.equal(before - 1234n);
      expect(await held(distributor)).to.equal(FUNDS + 1234n);
      expect((await distributor.distributionOf(id)).reserve).to.equal(FUNDS + 1234n);
      expect(await token0.balanceOf(distributor)).to.equal(0n);
      expect(await token0.allowance(distributor, ledger)).to.equal(0n);
    });

    it("credits what arrives: a token with a fee on transfers is refused, its shortfall is nobody else's", async () => {
      const { distributor, alice, terms } = await loadFixture(merkleFixture);
      const taxed = await ethers.deployContract("FeeOnTransferToken", ["Taxed", "TAX", 18, 100n]);
      const id = await create(distributor, alice, { ...terms, asset: BigInt(await taxed.getAddress()) });
      await taxed.mint(alice, 10_000n);
      await taxed.connect(alice).approve(distributor, 10_000n);
      await expect(distributor.connect(alice).fundFromWallet(id, 1000n)).to.be.revertedWithCustomError(
        taxed,
        "ERC20InsufficientBalance",
      );
      await taxed.connect(alice).transfer(distributor, 100n); // donated: 99 arrive
      await distributor.connect(alice).fundFromWallet(id, 1000n);
      expect((await distributor.distributionOf(id)).reserve).to.equal(990n);
    });
  });
});
