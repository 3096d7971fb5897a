import { expect } from "chai";
import { revokeTypedData } from "../../../src/index.js";
import {
  directoryFixture,
  ethers,
  loadFixture,
  networkHelpers,
  NEVER,
  pageOf,
  registrationOf,
  sign,
  walletOf,
} from "../../helpers/directory-fixture.js";

/** Page 0: Alice's key and two others. */
async function revocationFixture() {
  const fixture = await directoryFixture();
  const { directory, alice } = fixture;
  await directory.register([await registrationOf(fixture, 0, { signer: alice }), ...(await pageOf(fixture, 2, 1))]);
  return fixture;
}

describe("AccountDirectory", () => {
  describe("revoke", () => {
    it("reverts for an id without a key", async () => {
      const { directory, book } = await loadFixture(revocationFixture);
      await book.list([walletOf(7).address]);
      for (const id of [3n, 256n, 2n ** 31n, 2n ** 32n, 2n ** 256n - 1n]) {
        await expect(directory.revoke(id)).to.be.revertedWithCustomError(directory, "DirectoryUnknownId").withArgs(id);
      }
    });

    it("reverts for everyone but the account (SET_10)", async () => {
      const { directory, alice, bob } = await loadFixture(revocationFixture);
      await expect(directory.connect(bob).revoke(0n))
        .to.be.revertedWithCustomError(directory, "DirectoryNotAccount")
        .withArgs(bob.address, alice.address);
    });

    it("reverts the second time", async () => {
      const { directory, alice } = await loadFixture(revocationFixture);
      await directory.connect(alice).revoke(0n);
      await expect(directory.connect(alice).revoke(0n))
        .to.be.revertedWithCustomError(directory, "DirectoryAlreadyRevoked")
        .withArgs(0n);
    });

    it("sets the bits of the id and of its page, and says so (SET_10)", async () => {
      const fixture = await loadFixture(revocationFixture);
      const { directory, alice } = fixture;
      await networkHelpers.mine();
      await directory.register([
        ...(await pageOf(fixture, 5, 10)),
        await registrationOf(fixture, 15, { signer: alice }),
        await registrationOf(fixture, 16, { signer: alice }),
      ]);
      await expect(directory.connect(alice).revoke(256n + 5n))
        .to.emit(directory, "AccountRevoked")
        .withArgs(alice.address, 261n);
      expect(await directory.revokedPages(0)).to.equal(2n);
      expect(await directory.revokedIn(1)).to.equal(1n << 5n);
      await directory.connect(alice).revoke(256n + 6n);
      await directory.connect(alice).revoke(0n);
      expect(await directory.revokedPages(0)).to.equal(3n);
      expect(await directory.revokedIn(0)).to.equal(1n);
      expect(await directory.revokedIn(1)).to.equal(3n << 5n);
      const revoked = await Promise.all([0, 1, 255, 256, 260, 261, 262].map((id) => directory.isRevoked(id)));
      expect(revoked).to.deep.equal([true, false, false, false, false, true, true]);
      expect((await directory.recordOf(0n)).account).to.equal(alice.address); // still summed
    });

    it("does not let the same registration come back (SET_21)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory, alice } = fixture;
      const registration = await registrationOf(fixture, 0, { signer: alice });
      await directory.register([registration]);
      await directory.connect(alice).revoke(0n);
      await expect(directory.register([registration]))
        .to.be.revertedWithCustomError(directory, "DirectoryKeyTaken")
        .withArgs(0n, 0n);
      expect(await directory.idOfKey(registration.key)).to.equal(0n);
      await directory.register([await registrationOf(fixture, 1, { signer: alice })]); // a new key is welcome
    });
  });

  describe("revokeBySignature", () => {
    const signed = async (
      { address, chainId }: { address: string; chainId: bigint },
      signer: Parameters<typeof sign>[0],
      id: bigint,
      deadline: bigint,
    ) => sign(signer, revokeTypedData({ directory: address, chainId, id, deadline }));

    it("reverts for an id without a key", async () => {
      const fixture = await loadFixture(revocationFixture);
      const { directory } = fixture;
      const signature = await signed(fixture, walletOf(1), 9n, NEVER);
      await expect(directory.revokeBySignature(9n, NEVER, signature))
        .to.be.revertedWithCustomError(directory, "DirectoryUnknownId")
        .withArgs(9n);
    });

    it("reverts after the deadline, but not in its last second", async () => {
      const fixture = await loadFixture(revocationFixture);
      const { directory } = fixture;
      const now = BigInt(await networkHelpers.time.latest()) + 100n;
      const late = await signed(fixture, walletOf(1), 1n, now - 1n);
      await networkHelpers.time.setNextBlockTimestamp(now);
      await expect(directory.revokeBySignature(1n, now - 1n, late))
        .to.be.revertedWithCustomError(directory, "DirectorySignatureExpired")
        .withArgs(now - 1n, now);
      const timely = await signed(fixture, walletOf(1), 1n, now + 1n);
      await networkHelpers.time.setNextBlockTimestamp(now + 1n);
      await directory.revokeBySignature(1n, now + 1n, timely);
      expect(await directory.isRevoked(1n)).to.equal(true);
    });

    it("reverts for the signature of another account, of another id and of another deadline (SET_10)", async () => {
      const fixture = await loadFixture(revocationFixture);
      const { directory } = fixture;
      const bad = [
        await signed(fixture, walletOf(2), 1n, NEVER),
        await signed(fixture, walletOf(1), 2n, NEVER),
        await signed(fixture, walletOf(1), 1n, NEVER - 1n),
        (await registrationOf(fixture, 1)).signature,
        "0x",
      ];
      for (const signature of bad) {
        await expect(directory.revokeBySignature(1n, NEVER, signature))
          .to.be.revertedWithCustomError(directory, "DirectoryBadSignature")
          .withArgs(walletOf(1).address);
      }
    });

    it("revokes for whoever brings it, once", async () => {
      const fixture = await loadFixture(revocationFixture);
      const { directory, bob } = fixture;
      const signature = await signed(fixture, walletOf(1), 1n, NEVER);
      await expect(directory.connect(bob).revokeBySignature(1n, NEVER, signature))
        .to.emit(directory, "AccountRevoked")
        .withArgs(walletOf(1).address, 1n);
      await expect(directory.revokeBySignature(1n, NEVER, signature)).to.be.revertedWithCustomError(
        directory,
        "DirectoryAlreadyRevoked",
      );
    });

    it("asks a contract account", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory, alice } = fixture;
      const wallet = await ethers.deployContract("Erc1271Wallet", [alice]);
      const account = await wallet.getAddress();
      await directory.register([await registrationOf(fixture, 0, { account, signer: alice })]);
      await directory.revokeBySignature(0n, NEVER, await signed(fixture, alice, 0n, NEVER));
      expect(await directory.isRevoked(0n)).to.equal(true);
    });
  });
});
