import { expect } from "chai";
import { type RewardTree } from "../../../src/index.js";
import { ethers, issuedId, loadFixture } from "../../helpers/ledger-fixture.js";
import { claimArgs, create, currentFixture, FUNDS, merkleFixture, publish } from "../../helpers/merkle-fixture.js";

const PAID = 1000n;

describe("MerkleDistributor", () => {
  describe("claim", () => {
    it("reverts for what the root does not say: another amount, account, distribution, no root, another proof", async () => {
      const { distributor, tree, carol, dave, terms, alice } = await loadFixture(currentFixture);
      const [id, account, cumulative, proof] = claimArgs(tree, carol.address);
      const unknown = ethers.id("nothing");
      const other = await create(distributor, alice, { ...terms, salt: unknown });
      const wrong: [string, string, bigint, string[]][] = [
        [id, account, cumulative + 1n, proof],
        [id, account, cumulative - 1n, proof],
        [id, dave.address, cumulative, proof],
        [other, account, cumulative, proof],
        [unknown, account, cumulative, proof],
        [id, account, cumulative, proof.slice(1)],
        [id, account, cumulative, [...proof, ethers.ZeroHash]],
        [id, account, cumulative, [...proof].reverse()],
      ];
      for (const args of wrong.slice(0, proof.length > 1 ? wrong.length : -1)) {
        await expect(distributor.claim(...args))
          .to.be.revertedWithCustomError(distributor, "MerkleInvalidProof")
          .withArgs(...args.slice(0, 3));
        expect(await distributor.claimable(...args)).to.equal(0n);
      }
    });

    it("reverts when nothing is owed: claimed already, and by a root that says less (MRK_03)", async () => {
      const fixture = await loadFixture(currentFixture);
      const { distributor, tree, carol, dave, id, entries, held } = fixture;
      await distributor.claim(...claimArgs(tree, carol.address));
      await expect(distributor.claim(...claimArgs(tree, carol.address)))
        .to.be.revertedWithCustomError(distributor, "MerkleNothingToClaim")
        .withArgs(id, carol, PAID, PAID);
      const less = entries.map(({ account, amount }) => ({ account, amount: amount - 300n }));
      const next = await publish(fixture, less);
      await expect(distributor.claim(...claimArgs(next, carol.address)))
        .to.be.revertedWithCustomError(distributor, "MerkleNothingToClaim")
        .withArgs(id, carol, PAID - 300n, PAID);
      expect(await distributor.claimable(...claimArgs(next, carol.address))).to.equal(0n);
      await distributor.claimMany([next.claimOf(carol.address)]);
      expect(await distributor.claimedOf(id, carol)).to.equal(PAID);
      expect(await held(carol)).to.equal(PAID);
      await distributor.claim(...claimArgs(next, dave.address));
      expect(await held(dave)).to.equal(1700n);
      const more = await publish(fixture, entries);
      await distributor.claim(...claimArgs(more, dave.address));
      expect(await held(dave)).to.equal(2000n);
    });

    it("reverts when the distribution has too little, with the numbers, until it is funded", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, id, carol, dave, alice, bob, terms, held } = fixture;
      const rich = await create(distributor, bob, terms);
      await distributor.connect(bob).fund(rich, 1_000_000n);
      const tree = await publish(fixture, [
        { account: carol.address, amount: FUNDS },
        { account: dave.address, amount: 7n },
      ]);
      await distributor.claim(...claimArgs(tree, carol.address));
      await expect(distributor.claim(...claimArgs(tree, dave.address)))
        .to.be.revertedWithCustomError(distributor, "MerkleInsufficientFunds")
        .withArgs(id, 7n, 0n);
      await distributor.connect(alice).fund(id, 6n);
      await expect(distributor.claim(...claimArgs(tree, dave.address)))
        .to.be.revertedWithCustomError(distributor, "MerkleInsufficientFunds")
        .withArgs(id, 7n, 6n);
      expect(await distributor.claimable(...claimArgs(tree, dave.address))).to.equal(0n);
      await distributor.connect(alice).fund(id, 1n);
      expect(await distributor.claimable(...claimArgs(tree, dave.address))).to.equal(7n);
      await distributor.claim(...claimArgs(tree, dave.address));
      expect(await held(dave)).to.equal(7n);
    });

    it("pays the account's ledger balance, whoever calls (MRK_01)", async () => {
      const { distributor, tree, id, alice, carol, dave, held } = await loadFixture(currentFixture);
      for (const [caller, owner, amount] of [
        [alice, carol, 1000n],
        [dave, dave, 2000n],
      ] as const) {
        const args = claimArgs(tree, owner.address);
        expect(await distributor.claimable(...args)).to.equal(amount);
        expect(await distributor.connect(caller).claim.staticCall(...args)).to.equal(amount);
        await expect(distributor.connect(caller).claim(...args))
          .to.emit(distributor, "Claimed")
          .withArgs(id, owner, owner, amount, amount);
        expect(await held(owner)).to.equal(amount);
        expect(await distributor.claimedOf(id, owner)).to.equal(amount);
      }
      const { funded, reserve } = await distributor.distributionOf(id);
      expect([funded, reserve, await held(distributor)]).to.deep.equal([FUNDS, FUNDS - 3000n, FUNDS - 3000n]);
    });

    it("pays by a later root what was earned since the last claim, over roots that were missed", async () => {
      const fixture = await loadFixture(currentFixture);
      const { distributor, tree, carol, dave, held } = fixture;
      await distributor.claim(...claimArgs(tree, carol.address));
      const second = tree.withRound([{ account: carol.address, amount: 11n }]);
      const third = second.withRound([
        { account: carol.address, amount: 22n },
        { account: dave.address, amount: 33n },
      ]);
      await publish(fixture, second.entries);
      await publish(fixture, third.entries);
      await distributor.claim(...claimArgs(third, carol.address));
      await distributor.claim(...claimArgs(third, dave.address));
      expect([await held(carol), await held(dave)]).to.deep.equal([1033n, 2033n]);
      await expect(distributor.claim(...claimArgs(second, dave.address))).to.be.revertedWithCustomError(
        distributor,
        "MerkleInvalidProof",
      );
    });

    it("pays by a tree of one leaf, without a proof", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, carol, id, held } = fixture;
      const tree = await publish(fixture, [{ account: carol.address, amount: 5n }]);
      await distributor.claim(id, carol, 5n, []);
      expect(await held(carol)).to.equal(5n);
      expect(tree.claimOf(carol.address).proof).to.deep.equal([]);
    });
  });

  describe("claimTo", () => {
    it("reverts for others than the account and its operator on the ledger", async () => {
      const { distributor, ledger, tree, carol, dave, terms } = await loadFixture(currentFixture);
      await ledger.connect(carol).approve(dave, terms.asset, ethers.MaxUint256);
      await expect(distributor.connect(dave).claimTo(...claimArgs(tree, carol.address), dave))
        .to.be.revertedWithCustomError(distributor, "MerkleNotOperator")
        .withArgs(dave, carol);
    });

    it("reverts as `claim` does, and for a receiver that cannot receive", async () => {
      const { distributor, ledger, tree, carol } = await loadFixture(currentFixture);
      const args = claimArgs(tree, carol.address);
      for (const to of [ethers.ZeroAddress, await ledger.getAddress()]) {
        await expect(distributor.connect(carol).claimTo(...args, to))
          .to.be.revertedWithCustomError(ledger, "LedgerInvalidRecipient")
          .withArgs(to);
      }
      await distributor.connect(carol).claimTo(...args, carol);
      await expect(distributor.connect(carol).claimTo(...args, carol)).to.be.revertedWithCustomError(
        distributor,
        "MerkleNothingToClaim",
      );
    });

    it("pays another ledger balance by the word of the account or its operator", async () => {
      const { distributor, ledger, tree, id, carol, dave, erin, bob, held } = await loadFixture(currentFixture);
      const before = await held(bob);
      await expect(distributor.connect(carol).claimTo(...claimArgs(tree, carol.address), bob))
        .to.emit(distributor, "Claimed")
        .withArgs(id, carol, bob, 1000n, 1000n);
      await ledger.connect(dave).setOperator(erin, true);
      await distributor.connect(erin).claimTo(...claimArgs(tree, dave.address), bob);
      expect((await held(bob)) - before).to.equal(3000n);
      expect([await held(carol), await held(dave)]).to.deep.equal([0n, 0n]);
    });
  });

  describe("claimToWallet", () => {
    it("reverts for others, and for an issued asset", async () => {
      const fixture = await loadFixture(currentFixture);
      const { distributor, protocol, ledger, tree, alice, bob, carol, terms } = fixture;
      await expect(distributor.connect(bob).claimToWallet(...claimArgs(tree, carol.address), bob))
        .to.be.revertedWithCustomError(distributor, "MerkleNotOperator")
        .withArgs(bob, carol);
      const asset = await issuedId({ owner: protocol, salt: ethers.id("plain"), flags: 0n });
      const id = await create(distributor, alice, { ...terms, asset });
      const own = await publish(fixture, [{ account: carol.address, amount: 1n }], id);
      await expect(distributor.connect(carol).claimToWallet(...claimArgs(own, carol.address), carol))
        .to.be.revertedWithCustomError(distributor, "MerkleInsufficientFunds")
        .withArgs(id, 1n, 0n);
      expect(await ledger.balanceOf(distributor, asset)).to.equal(0n);
    });

    it("pays a wallet", async () => {
      const { distributor, tree, id, token0, carol, bob, held } = await loadFixture(currentFixture);
      const before = await token0.balanceOf(bob);
      const args = claimArgs(tree, carol.address);
      expect(await distributor.connect(carol).claimToWallet.staticCall(...args, bob)).to.equal(1000n);
      await expect(distributor.connect(carol).claimToWallet(...args, bob))
        .to.emit(distributor, "Claimed")
        .withArgs(id, carol, bob, 1000n, 1000n);
      expect((await token0.balanceOf(bob)) - before).to.equal(1000n);
      expect([await held(carol), await held(distributor)]).to.deep.equal([0n, FUNDS - 1000n]);
    });
  });

  describe("claimMany", () => {
    const claimOf = (tree: RewardTree, account: string) => tree.claimOf(account);

    it("reverts as `claim` does, but for claims by which nothing is owed", async () => {
      const { distributor, tree, carol, dave, id } = await loadFixture(currentFixture);
      const [first, second] = [claimOf(tree, carol.address), claimOf(tree, dave.address)];
      await expect(distributor.claimMany([first, { ...second, cumulative: 2001n }]))
        .to.be.revertedWithCustomError(distributor, "MerkleInvalidProof")
        .withArgs(id, dave, 2001n);
      await distributor.claim(...claimArgs(tree, carol.address));
      expect(await distributor.claimMany.staticCall([first, second])).to.deep.equal([0n, 2000n]);
      expect(await distributor.claimMany.staticCall([])).to.deep.equal([]);
    });

    it("pays each account of each distribution", async () => {
      const fixture = await loadFixture(currentFixture);
      const { distributor, tree, terms, ids, bob, carol, dave, erin, held, id } = fixture;
      const other = await create(distributor, bob, { ...terms, asset: ids.token1 });
      await distributor.connect(bob).fund(other, 500n);
      const second = await publish(fixture, [{ account: carol.address, amount: 1n }], other);
      const claims = [
        claimOf(tree, carol.address),
        claimOf(second, carol.address),
        claimOf(tree, dave.address),
        claimOf(tree, erin.address),
      ];
      expect(await distributor.claimMany.staticCall(claims)).to.deep.equal([1000n, 1n, 2000n, 3000n]);
      await expect(distributor.claimMany(claims)).to.emit(distributor, "Claimed").withArgs(other, carol, carol, 1n, 1n);
      const balances = [held(carol), held(carol, ids.token1), held(dave), held(erin)];
      expect(await Promise.all(balances)).to.deep.equal([1000n, 1n, 2000n, 3000n]);
      expect((await distributor.distributionOf(id)).reserve).to.equal(FUNDS - 6000n);
      expect((await distributor.distributionOf(other)).reserve).to.equal(499n);
    });
  });
});
