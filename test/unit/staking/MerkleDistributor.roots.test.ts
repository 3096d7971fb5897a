import { expect } from "chai";
import { ethers, loadFixture, networkHelpers } from "../../helpers/ledger-fixture.js";
import {
  at,
  BOND,
  claimArgs,
  currentFixture,
  DECISION_PERIOD,
  DELAY,
  GAS,
  merkleFixture,
  now,
  STATE,
  submit,
  URI,
} from "../../helpers/merkle-fixture.js";

const ROOT = ethers.id("root");
const OTHER = ethers.id("other root");
const CONTENT = ethers.id("content");
const NOWHERE = ethers.id("nowhere");
const publication = { root: ROOT, contentHash: CONTENT };

describe("MerkleDistributor", () => {
  describe("submitRoot", () => {
    it("reverts for what does not exist, for others than the updater, and for zero", async () => {
      const { distributor, id, alice, arbiter, updater } = await loadFixture(merkleFixture);
      await expect(distributor.connect(updater).submitRoot(NOWHERE, ROOT, CONTENT, URI))
        .to.be.revertedWithCustomError(distributor, "MerkleUnknownDistribution")
        .withArgs(NOWHERE);
      for (const other of [alice, arbiter]) {
        await expect(distributor.connect(other).submitRoot(id, ROOT, CONTENT, URI))
          .to.be.revertedWithCustomError(distributor, "MerkleNotUpdater")
          .withArgs(other, updater);
      }
      await expect(distributor.connect(updater).submitRoot(id, ethers.ZeroHash, CONTENT, URI)) //
        .to.be.revertedWithCustomError(distributor, "MerkleZeroRoot");
    });

    it("reverts while the pending root is disputed (MRK_05)", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, id, bob } = fixture;
      await submit(fixture, id, publication);
      await distributor.connect(bob).dispute(id, ROOT);
      const decideBy = (await now()) + DECISION_PERIOD;
      await expect(submit(fixture, id, publication))
        .to.be.revertedWithCustomError(distributor, "MerkleDisputed")
        .withArgs(id, decideBy);
    });

    it("has a root wait, and be current from the second on that it is due, without a call (MRK_04)", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, id } = fixture;
      const due = (await now()) + 10n + DELAY;
      await expect(at(due - DELAY, () => submit(fixture, id, publication)))
        .to.emit(distributor, "RootSubmitted")
        .withArgs(id, ROOT, CONTENT, URI, due);
      const pending = [STATE.waiting, ROOT, CONTENT, due, ethers.ZeroAddress, 0n];
      expect(await distributor.pendingRootOf(id)).to.deep.equal(pending);
      await networkHelpers.time.increaseTo(due - 1n);
      expect(await distributor.rootOf(id)).to.deep.equal([ethers.ZeroHash, ethers.ZeroHash]);
      await networkHelpers.time.increaseTo(due);
      expect(await distributor.rootOf(id)).to.deep.equal([ROOT, CONTENT]);
      expect((await distributor.pendingRootOf(id)).state).to.equal(STATE.none);
    });

    it("keeps the root that has become current while the next one waits (MRK_04)", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, id } = fixture;
      await submit(fixture, id, publication);
      await networkHelpers.time.increase(DELAY);
      await expect(submit(fixture, id, { root: OTHER, contentHash: NOWHERE })).to.not.emit(
        distributor,
        "RootWithdrawn",
      );
      expect(await distributor.rootOf(id)).to.deep.equal([ROOT, CONTENT]);
      await networkHelpers.time.increase(DELAY);
      expect(await distributor.rootOf(id)).to.deep.equal([OTHER, NOWHERE]);
    });

    it("replaces a root that waits, and the delay begins anew", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, id } = fixture;
      await submit(fixture, id, publication);
      await networkHelpers.time.increase(DELAY - 10n);
      await expect(submit(fixture, id, { root: OTHER, contentHash: NOWHERE }))
        .to.emit(distributor, "RootWithdrawn")
        .withArgs(id, ROOT);
      const due = (await now()) + DELAY;
      await networkHelpers.time.increaseTo(due - 1n);
      expect((await distributor.rootOf(id)).root).to.equal(ethers.ZeroHash);
      await networkHelpers.time.increaseTo(due);
      expect((await distributor.rootOf(id)).root).to.equal(OTHER);
    });

    it("replaces a root that the arbiter has confirmed, and the next one can be disputed", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, id, bob, arbiter } = fixture;
      await submit(fixture, id, publication);
      await distributor.connect(bob).dispute(id, ROOT);
      await distributor.connect(arbiter).resolveDispute(id, ROOT, false);
      await submit(fixture, id, publication);
      expect((await distributor.pendingRootOf(id)).state).to.equal(STATE.waiting);
      await distributor.connect(bob).dispute(id, ROOT);
    });

    it("gives back the bond of a dispute that nobody decided (MRK_06)", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, id, bob, held } = fixture;
      await submit(fixture, id, publication);
      const before = await held(bob);
      await distributor.connect(bob).dispute(id, ROOT);
      const decideBy = (await now()) + DECISION_PERIOD;
      await networkHelpers.time.increaseTo(decideBy - 1n);
      await expect(at(decideBy, () => submit(fixture, id, { root: OTHER, contentHash: CONTENT })))
        .to.emit(distributor, "DisputeExpired")
        .withArgs(id, bob, ROOT, BOND);
      expect(await held(bob)).to.equal(before);
      const pending = [STATE.waiting, OTHER, CONTENT, decideBy + DELAY, ethers.ZeroAddress, 0n];
      expect(await distributor.pendingRootOf(id)).to.deep.equal(pending);
      expect((await distributor.rootOf(id)).root).to.equal(ethers.ZeroHash);
    });
  });

  describe("withdrawRoot", () => {
    it("reverts for others, without a root, with one that is current, and with a disputed one", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, id, updater, arbiter, bob } = fixture;
      await expect(distributor.connect(arbiter).withdrawRoot(id))
        .to.be.revertedWithCustomError(distributor, "MerkleNotUpdater")
        .withArgs(arbiter, updater);
      const withdraw = () => distributor.connect(updater).withdrawRoot(id);
      await expect(withdraw()).to.be.revertedWithCustomError(distributor, "MerkleNothingPending").withArgs(id);
      await submit(fixture, id, publication);
      await networkHelpers.time.increase(DELAY);
      await expect(withdraw()).to.be.revertedWithCustomError(distributor, "MerkleNothingPending");
      await submit(fixture, id, { root: OTHER, contentHash: CONTENT });
      await distributor.connect(bob).dispute(id, OTHER);
      const decideBy = (await now()) + DECISION_PERIOD;
      for (let wait = 0; wait < 2; ++wait) {
        await expect(withdraw()).to.be.revertedWithCustomError(distributor, "MerkleDisputed").withArgs(id, decideBy);
        await networkHelpers.time.increase(DECISION_PERIOD);
      }
    });

    it("takes back a root that waits, in its last second too, and leaves the current one", async () => {
      const fixture = await loadFixture(currentFixture);
      const { distributor, id, updater, tree } = fixture;
      await submit(fixture, id, publication);
      const due = (await now()) + DELAY;
      await expect(at(due - 1n, () => distributor.connect(updater).withdrawRoot(id)))
        .to.emit(distributor, "RootWithdrawn")
        .withArgs(id, ROOT);
      await networkHelpers.time.increase(2n * DELAY);
      expect((await distributor.rootOf(id)).root).to.equal(tree.root);
      expect((await distributor.pendingRootOf(id)).state).to.equal(STATE.none);
      await expect(distributor.connect(updater).withdrawRoot(id)).to.be.revertedWithCustomError(
        distributor,
        "MerkleNothingPending",
      );
    });
  });

  describe("dispute", () => {
    it("reverts for what does not exist, without a root, for another root, and with the root current", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, id, bob } = fixture;
      const dispute = (root: string) => distributor.connect(bob).dispute(id, root, GAS);
      await expect(distributor.connect(bob).dispute(NOWHERE, ROOT)).to.be.revertedWithCustomError(
        distributor,
        "MerkleUnknownDistribution",
      );
      await expect(dispute(ROOT)).to.be.revertedWithCustomError(distributor, "MerkleNothingPending").withArgs(id);
      await submit(fixture, id, publication);
      const due = (await now()) + DELAY;
      await expect(dispute(OTHER)).to.be.revertedWithCustomError(distributor, "MerkleWrongRoot").withArgs(ROOT, OTHER);
      await networkHelpers.time.increaseTo(due - 1n);
      await expect(at(due, () => dispute(ROOT))).to.be.revertedWithCustomError(distributor, "MerkleNothingPending");
    });

    it("reverts when it is disputed already, expired too, and when the arbiter has confirmed it", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, id, alice, bob, arbiter } = fixture;
      await submit(fixture, id, publication);
      await distributor.connect(bob).dispute(id, ROOT);
      const decideBy = (await now()) + DECISION_PERIOD;
      const dispute = () => distributor.connect(alice).dispute(id, ROOT);
      await expect(dispute()).to.be.revertedWithCustomError(distributor, "MerkleDisputed").withArgs(id, decideBy);
      const snapshot = await networkHelpers.takeSnapshot();
      await networkHelpers.time.increase(DECISION_PERIOD);
      await expect(dispute()).to.be.revertedWithCustomError(distributor, "MerkleDisputed");
      await snapshot.restore();
      await distributor.connect(arbiter).resolveDispute(id, ROOT, false);
      await expect(dispute()).to.be.revertedWithCustomError(distributor, "MerkleConfirmed").withArgs(id);
    });

    it("reverts without the bond", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, ledger, id, carol, terms } = fixture;
      await submit(fixture, id, publication);
      await ledger.connect(carol).setOperator(distributor, true);
      await expect(distributor.connect(carol).dispute(id, ROOT))
        .to.be.revertedWithCustomError(ledger, "LedgerInsufficientBalance")
        .withArgs(carol, terms.asset, 0n, BOND);
    });

    it("stops a root in its last second, for the bond, which is no funds of the distribution", async () => {
      const fixture = await loadFixture(currentFixture);
      const { distributor, id, bob, held, tree } = fixture;
      await submit(fixture, id, publication);
      const due = (await now()) + DELAY;
      const [mine, its] = [await held(bob), await held(distributor)];
      const { reserve } = await distributor.distributionOf(id);
      await expect(at(due - 1n, () => distributor.connect(bob).dispute(id, ROOT)))
        .to.emit(distributor, "RootDisputed")
        .withArgs(id, bob, ROOT, BOND, due - 1n + DECISION_PERIOD);
      expect([await held(bob), await held(distributor)]).to.deep.equal([mine - BOND, its + BOND]);
      expect((await distributor.distributionOf(id)).reserve).to.equal(reserve);
      const pending = [STATE.disputed, ROOT, CONTENT, due, bob.address, due - 1n + DECISION_PERIOD];
      expect(await distributor.pendingRootOf(id)).to.deep.equal(pending);
      await networkHelpers.time.increase(2n * DECISION_PERIOD);
      expect((await distributor.rootOf(id)).root).to.equal(tree.root);
    });

    it("costs nothing where the bond is 0", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, terms, alice, carol, arbiter, held } = fixture;
      const free = { ...terms, bond: 0n };
      await distributor.connect(alice).createDistribution(free);
      const id = await distributor.idOf(alice, free);
      for (const isUpheld of [false, true]) {
        await submit(fixture, id, publication);
        await distributor.connect(carol).dispute(id, ROOT);
        await distributor.connect(arbiter).resolveDispute(id, ROOT, isUpheld);
      }
      expect(await held(carol)).to.equal(0n);
      expect((await distributor.distributionOf(id)).funded).to.equal(0n);
    });
  });

  describe("resolveDispute", () => {
    it("reverts for others, without a dispute, for another root, and too late (MRK_06)", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, id, bob, updater, arbiter } = fixture;
      await submit(fixture, id, publication);
      const resolve = (root: string, isUpheld = true) =>
        distributor.connect(arbiter).resolveDispute(id, root, isUpheld, GAS);
      for (const other of [bob, updater]) {
        await expect(distributor.connect(other).resolveDispute(id, ROOT, false))
          .to.be.revertedWithCustomError(distributor, "MerkleNotArbiter")
          .withArgs(other, arbiter);
      }
      await expect(resolve(ROOT)).to.be.revertedWithCustomError(distributor, "MerkleNotDisputed").withArgs(id);
      await distributor.connect(bob).dispute(id, ROOT);
      const decideBy = (await now()) + DECISION_PERIOD;
      await expect(resolve(OTHER)).to.be.revertedWithCustomError(distributor, "MerkleWrongRoot").withArgs(ROOT, OTHER);
      await networkHelpers.time.increaseTo(decideBy - 1n);
      for (const isUpheld of [true, false]) {
        const timestamp = isUpheld ? decideBy : decideBy + 1n;
        await expect(at(timestamp, () => resolve(ROOT, isUpheld)))
          .to.be.revertedWithCustomError(distributor, "MerkleTooLate")
          .withArgs(timestamp, decideBy);
      }
    });

    it("drops the root and gives the bond back when it is upheld, in the last second too (MRK_06)", async () => {
      const fixture = await loadFixture(currentFixture);
      const { distributor, id, bob, arbiter, held, tree } = fixture;
      await submit(fixture, id, publication);
      const before = await held(bob);
      await distributor.connect(bob).dispute(id, ROOT);
      const decideBy = (await now()) + DECISION_PERIOD;
      const { funded } = await distributor.distributionOf(id);
      await expect(at(decideBy - 1n, () => distributor.connect(arbiter).resolveDispute(id, ROOT, true)))
        .to.emit(distributor, "DisputeUpheld")
        .withArgs(id, bob, ROOT, BOND);
      expect(await held(bob)).to.equal(before);
      expect((await distributor.distributionOf(id)).funded).to.equal(funded);
      expect((await distributor.pendingRootOf(id)).state).to.equal(STATE.none);
      await networkHelpers.time.increase(DELAY);
      expect((await distributor.rootOf(id)).root).to.equal(tree.root);
    });

    it("lets the root wait on and takes the bond into the funds when it is rejected", async () => {
      const fixture = await loadFixture(currentFixture);
      const { distributor, id, bob, arbiter, held } = fixture;
      await submit(fixture, id, publication);
      const due = (await now()) + DELAY;
      const before = await distributor.distributionOf(id);
      const mine = await held(bob);
      await distributor.connect(bob).dispute(id, ROOT);
      await expect(distributor.connect(arbiter).resolveDispute(id, ROOT, false))
        .to.emit(distributor, "DisputeRejected")
        .withArgs(id, bob, ROOT, BOND, due);
      expect(await held(bob)).to.equal(mine - BOND);
      const { funded, reserve } = await distributor.distributionOf(id);
      expect([funded, reserve]).to.deep.equal([before.funded + BOND, before.reserve + BOND]);
      expect(await distributor.pendingRootOf(id)).to.deep.equal([
        ...[STATE.confirmed, ROOT, CONTENT, due, ethers.ZeroAddress, 0n],
      ]);
      await networkHelpers.time.increaseTo(due - 1n);
      expect((await distributor.rootOf(id)).root).to.not.equal(ROOT);
      await networkHelpers.time.increaseTo(due);
      expect((await distributor.rootOf(id)).root).to.equal(ROOT);
    });

    it("makes the root current at once when its delay has passed meanwhile", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, id, bob, arbiter } = fixture;
      await submit(fixture, id, publication);
      await distributor.connect(bob).dispute(id, ROOT);
      await networkHelpers.time.increase(DELAY + 1n);
      expect((await distributor.rootOf(id)).root).to.equal(ethers.ZeroHash);
      await distributor.connect(arbiter).resolveDispute(id, ROOT, false);
      expect((await distributor.rootOf(id)).root).to.equal(ROOT);
    });
  });

  describe("expireDispute", () => {
    it("reverts for what does not exist, without a dispute, and while the arbiter has time", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, id, bob, carol } = fixture;
      await expect(distributor.expireDispute(NOWHERE)).to.be.revertedWithCustomError(
        distributor,
        "MerkleUnknownDistribution",
      );
      await submit(fixture, id, publication);
      const expire = () => distributor.connect(carol).expireDispute(id, GAS);
      await expect(expire()).to.be.revertedWithCustomError(distributor, "MerkleNotDisputed").withArgs(id);
      await distributor.connect(bob).dispute(id, ROOT);
      const decideBy = (await now()) + DECISION_PERIOD;
      await networkHelpers.time.increaseTo(decideBy - 2n);
      await expect(at(decideBy - 1n, expire))
        .to.be.revertedWithCustomError(distributor, "MerkleTooEarly")
        .withArgs(decideBy - 1n, decideBy);
    });

    it("drops the root and gives the bond back, by anybody's call (MRK_06)", async () => {
      const fixture = await loadFixture(currentFixture);
      const { distributor, id, bob, carol, dave, held, tree } = fixture;
      await submit(fixture, id, publication);
      const before = await held(bob);
      await distributor.connect(bob).dispute(id, ROOT);
      await networkHelpers.time.increase(DECISION_PERIOD);
      expect((await distributor.pendingRootOf(id)).state).to.equal(STATE.expired);
      expect((await distributor.rootOf(id)).root).to.equal(tree.root);
      await distributor.connect(dave).claim(...claimArgs(tree, dave.address));
      await expect(distributor.connect(carol).expireDispute(id))
        .to.emit(distributor, "DisputeExpired")
        .withArgs(id, bob, ROOT, BOND);
      expect(await held(bob)).to.equal(before);
      expect((await distributor.pendingRootOf(id)).state).to.equal(STATE.none);
      await expect(distributor.expireDispute(id)).to.be.revertedWithCustomError(distributor, "MerkleNotDisputed");
      expect((await distributor.rootOf(id)).root).to.equal(tree.root);
    });
  });
});
