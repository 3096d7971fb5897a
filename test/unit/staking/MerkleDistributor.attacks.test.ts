import { expect } from "chai";
import { AbiCoder, concat, keccak256 } from "ethers";
import { RewardTree } from "../../../src/index.js";
import { ethers, loadFixture, networkHelpers } from "../../helpers/ledger-fixture.js";
import {
  BOND,
  claimArgs,
  create,
  currentFixture,
  DECISION_PERIOD,
  DELAY,
  FUNDS,
  GAS,
  merkleFixture,
  publish,
  STATE,
  submit,
} from "../../helpers/merkle-fixture.js";

const SALT = ethers.id("another");

/** The leaf as one hash of its 96 bytes, without the second. */
function singleHash(id: string, account: string, cumulative: bigint): string {
  const values = [id, account, cumulative];
  return keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "address", "uint256"], values));
}

describe("MerkleDistributor", () => {
  describe("attacks", () => {
    it("proof of one distribution used in another, of equal root too (MRK_02)", async () => {
      const fixture = await loadFixture(currentFixture);
      const { distributor, tree, terms, bob, carol, held } = fixture;
      const other = await create(distributor, bob, terms);
      await distributor.connect(bob).fund(other, FUNDS);
      await submit(fixture, other, tree.publication());
      await networkHelpers.time.increase(DELAY);
      expect((await distributor.rootOf(other)).root).to.equal(tree.root);
      const [, account, cumulative, proof] = claimArgs(tree, carol.address);
      await expect(distributor.claim(other, account, cumulative, proof))
        .to.be.revertedWithCustomError(distributor, "MerkleInvalidProof")
        .withArgs(other, account, cumulative);
      expect(await held(carol)).to.equal(0n);
    });

    it("funds of one distribution claimed by another's root (MRK_01)", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, terms, alice, bob, carol, id } = fixture;
      const own = await create(distributor, bob, { ...terms, salt: SALT });
      await distributor.connect(bob).fund(own, 1n);
      const greedy = await publish(fixture, [{ account: carol.address, amount: FUNDS }], own);
      await expect(distributor.claim(...claimArgs(greedy, carol.address)))
        .to.be.revertedWithCustomError(distributor, "MerkleInsufficientFunds")
        .withArgs(own, FUNDS, 1n);
      expect((await distributor.distributionOf(id)).reserve).to.equal(FUNDS);
      await fixture.ledger.connect(alice).transfer(distributor, terms.asset, FUNDS); // donated
      await expect(distributor.claim(...claimArgs(greedy, carol.address))).to.be.revertedWithCustomError(
        distributor,
        "MerkleInsufficientFunds",
      );
    });

    it("bond of another's dispute paid out as rewards (MRK_01)", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, bob, carol, id, arbiter, held } = fixture;
      const tree = await publish(fixture, [{ account: carol.address, amount: FUNDS + 1n }]);
      await submit(fixture, id, { root: SALT, contentHash: SALT });
      const before = await held(bob);
      await distributor.connect(bob).dispute(id, SALT);
      await expect(distributor.claim(...claimArgs(tree, carol.address)))
        .to.be.revertedWithCustomError(distributor, "MerkleInsufficientFunds")
        .withArgs(id, FUNDS + 1n, FUNDS);
      await distributor.connect(arbiter).resolveDispute(id, SALT, true);
      expect(await held(bob)).to.equal(before);
    });

    it("repeated claim, by every way there is (MRK_03)", async () => {
      const { distributor, tree, carol, bob, held } = await loadFixture(currentFixture);
      const args = claimArgs(tree, carol.address);
      await distributor.claim(...args);
      const mine = distributor.connect(carol);
      for (const again of [
        () => mine.claim(...args),
        () => mine.claimTo(...args, bob),
        () => mine.claimToWallet(...args, bob),
      ]) {
        await expect(again()).to.be.revertedWithCustomError(distributor, "MerkleNothingToClaim");
      }
      await mine.claimMany([tree.claimOf(carol.address), tree.claimOf(carol.address)]);
      expect(await held(carol)).to.equal(1000n);
    });

    it("duplicate in claimMany (MRK_03)", async () => {
      const { distributor, tree, carol, dave, held, id } = await loadFixture(currentFixture);
      const [one, other] = [tree.claimOf(carol.address), tree.claimOf(dave.address)];
      const claims = [one, other, one, other, one];
      expect(await distributor.claimMany.staticCall(claims)).to.deep.equal([1000n, 2000n, 0n, 0n, 0n]);
      await distributor.claimMany(claims);
      expect([await held(carol), await held(dave)]).to.deep.equal([1000n, 2000n]);
      expect((await distributor.distributionOf(id)).reserve).to.equal(FUNDS - 3000n);
    });

    it("claim by a root that is in its delay (MRK_04)", async () => {
      const fixture = await loadFixture(currentFixture);
      const { distributor, tree, carol, id, held } = fixture;
      const next = tree.withRound([{ account: carol.address, amount: 1n }]);
      await submit(fixture, id, next.publication());
      const due = BigInt(await networkHelpers.time.latest()) + DELAY;
      await networkHelpers.time.increaseTo(due - 2n);
      await networkHelpers.time.setNextBlockTimestamp(due - 1n);
      await expect(distributor.claim(...claimArgs(next, carol.address), GAS)) //
        .to.be.revertedWithCustomError(distributor, "MerkleInvalidProof");
      expect(await distributor.claimable(...claimArgs(tree, carol.address))).to.equal(1000n);
      await networkHelpers.time.setNextBlockTimestamp(due);
      await distributor.claim(...claimArgs(next, carol.address));
      expect(await held(carol)).to.equal(1001n);
    });

    it("claim by a disputed root, after its delay too, and after it has expired (MRK_05)", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, bob, carol, id, held } = fixture;
      const tree = RewardTree.of({ distribution: id, entries: [{ account: carol.address, amount: FUNDS }] });
      await submit(fixture, id, tree.publication());
      await distributor.connect(bob).dispute(id, tree.root);
      const refused = async () => {
        await expect(distributor.claim(...claimArgs(tree, carol.address)))
          .to.be.revertedWithCustomError(distributor, "MerkleInvalidProof")
          .withArgs(id, carol, FUNDS);
        const claims = [tree.claimOf(carol.address)];
        await expect(distributor.claimMany(claims)).to.be.revertedWithCustomError(distributor, "MerkleInvalidProof");
      };
      for (const wait of [1n, DELAY, DECISION_PERIOD]) {
        await networkHelpers.time.increase(wait);
        await refused();
      }
      await distributor.expireDispute(id);
      await networkHelpers.time.increase(DELAY);
      await refused();
      expect(await held(carol)).to.equal(0n);
    });

    it("disputed root replaced before the arbiter decides (MRK_05)", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, bob, id, updater } = fixture;
      await submit(fixture, id, { root: SALT, contentHash: SALT });
      await distributor.connect(bob).dispute(id, SALT);
      await expect(submit(fixture, id, { root: ethers.id("evil"), contentHash: SALT })) //
        .to.be.revertedWithCustomError(distributor, "MerkleDisputed");
      await expect(distributor.connect(updater).withdrawRoot(id)).to.be.revertedWithCustomError(
        distributor,
        "MerkleDisputed",
      );
    });

    it("pending root replaced in front of its dispute, which then costs nothing (MRK_06)", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, bob, id, held } = fixture;
      await submit(fixture, id, { root: SALT, contentHash: SALT });
      const before = await held(bob);
      await submit(fixture, id, { root: ethers.id("right"), contentHash: SALT });
      await expect(distributor.connect(bob).dispute(id, SALT)) //
        .to.be.revertedWithCustomError(distributor, "MerkleWrongRoot");
      expect(await held(bob)).to.equal(before);
    });

    it("arbiter in league with a disputer: roots are held off, and current claims go on (MRK_06)", async () => {
      const fixture = await loadFixture(currentFixture);
      const { distributor, tree, bob, carol, dave, id, arbiter, held } = fixture;
      const next = tree.withRound([{ account: carol.address, amount: 1n }]);
      const before = await held(bob);
      for (let round = 0; round < 3; ++round) {
        await submit(fixture, id, next.publication());
        await distributor.connect(bob).dispute(id, next.root);
        await distributor.connect(arbiter).resolveDispute(id, next.root, true);
        expect((await distributor.rootOf(id)).root).to.equal(tree.root);
      }
      expect(await held(bob)).to.equal(before);
      await distributor.claim(...claimArgs(tree, dave.address));
    });

    it("arbiter in league with the updater: no more than the distribution's own funds, after the delay (MRK_01)", async () => {
      const fixture = await loadFixture(currentFixture);
      const { distributor, terms, alice, bob, carol, id, updater, arbiter, held } = fixture;
      const other = await create(distributor, alice, { ...terms, salt: SALT });
      await distributor.connect(alice).fund(other, FUNDS);
      const theft = RewardTree.of({
        distribution: id,
        entries: [{ account: updater.address, amount: FUNDS + BOND }],
      });
      await submit(fixture, id, theft.publication());
      await distributor.connect(bob).dispute(id, theft.root);
      await distributor.connect(arbiter).resolveDispute(id, theft.root, false);
      await expect(distributor.claim(...claimArgs(theft, updater.address))).to.be.revertedWithCustomError(
        distributor,
        "MerkleInvalidProof",
      );
      await distributor.claim(...claimArgs(fixture.tree, carol.address)); // whoever claims within the delay is paid
      await networkHelpers.time.increase(DELAY);
      await expect(distributor.claim(...claimArgs(theft, updater.address)))
        .to.be.revertedWithCustomError(distributor, "MerkleInsufficientFunds")
        .withArgs(id, FUNDS + BOND, FUNDS + BOND - 1000n);
      expect((await distributor.distributionOf(other)).reserve).to.equal(FUNDS);
      expect(await held(distributor)).to.equal(2n * FUNDS + BOND - 1000n);
    });

    it("second preimage: an inner node, and a leaf of 64 bytes, as a claim (MRK_02)", async () => {
      const fixture = await loadFixture(currentFixture);
      const { distributor, tree, carol, dave, erin, id } = fixture;
      // The root's two children are the 64 bytes that would have to be a leaf; it would need no proof.
      const nodes = [carol, dave, erin].flatMap(({ address }) => tree.claimOf(address).proof);
      const pairs = nodes.flatMap((left) => nodes.map((right) => [left, right] as const));
      const children = pairs.filter((pair) => keccak256(concat(pair)) === tree.root);
      expect(children).to.not.be.empty;
      for (const [left, right] of children) {
        await expect(distributor.claim(id, `0x${left.slice(26)}`, BigInt(right), [])) //
          .to.be.revertedWithCustomError(distributor, "MerkleInvalidProof");
      }
    });

    it("leaf that is hashed once (MRK_02)", async () => {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, carol, id } = fixture;
      const root = singleHash(id, carol.address, 1n);
      await submit(fixture, id, { root, contentHash: SALT });
      await networkHelpers.time.increase(DELAY);
      await expect(distributor.claim(id, carol, 1n, [])) //
        .to.be.revertedWithCustomError(distributor, "MerkleInvalidProof");
      await submit(fixture, id, { root: keccak256(root), contentHash: SALT });
      await networkHelpers.time.increase(DELAY);
      await distributor.claim(id, carol, 1n, []);
    });

    it("claim for another, redirected (MRK_07)", async () => {
      const { distributor, ledger, tree, carol, dave, bob, held, terms } = await loadFixture(currentFixture);
      const args = claimArgs(tree, carol.address);
      const thief = distributor.connect(dave);
      await ledger.connect(dave).setOperator(carol, true); // the wrong way round
      await ledger.connect(carol).approve(dave, terms.asset, 1_000_000n);
      for (const steal of [() => thief.claimTo(...args, dave), () => thief.claimToWallet(...args, dave)]) {
        await expect(steal()).to.be.revertedWithCustomError(distributor, "MerkleNotOperator").withArgs(dave, carol);
      }
      await thief.claim(...args);
      await distributor.connect(bob).claimMany([tree.claimOf(carol.address)]);
      expect([await held(carol), await held(dave)]).to.deep.equal([1000n, 0n]);
    });

    it("funds taken from whoever made the distributor his operator (MRK_07)", async () => {
      const { distributor, ledger, id, alice, carol, terms } = await loadFixture(merkleFixture);
      expect(await ledger.isOperator(alice, distributor)).to.equal(true);
      const before = await ledger.balanceOf(alice, terms.asset);
      await expect(distributor.connect(carol).fund(id, 1n)).to.be.revertedWithCustomError(
        ledger,
        "LedgerInsufficientAllowance",
      );
      expect(await ledger.balanceOf(alice, terms.asset)).to.equal(before);
    });

    it("donation, in the ledger and in the wallet (MRK_01)", async () => {
      const { distributor, ledger, token0, id, alice, terms, held } = await loadFixture(currentFixture);
      const before = await distributor.distributionOf(id);
      await ledger.connect(alice).transfer(distributor, terms.asset, 99n);
      await token0.connect(alice).transfer(distributor, 88n);
      expect(await distributor.distributionOf(id)).to.deep.equal(before);
      expect(await held(distributor)).to.equal(FUNDS + 99n);
    });

    it("funds left over, taken by the creator, the updater or the arbiter: only by a root", async () => {
      const fixture = await loadFixture(currentFixture);
      const { distributor, tree, alice, id, held } = fixture;
      const names = distributor.interface.fragments.flatMap((fragment) =>
        fragment.type === "function" ? [(fragment as unknown as { name: string }).name] : [],
      );
      expect(names.filter((name) => /withdraw|recover|sweep|rescue|skim/i.test(name))).to.deep.equal(["withdrawRoot"]);
      const left = FUNDS - tree.total;
      const last = tree.withRound([{ account: alice.address, amount: left }]);
      last.checkFunds((await distributor.distributionOf(id)).funded);
      const before = await held(alice);
      await publish(fixture, last.entries);
      await distributor.claim(...claimArgs(last, alice.address));
      expect((await held(alice)) - before).to.equal(left);
      for (const { account } of fixture.entries) await distributor.claim(...claimArgs(last, account));
      expect((await distributor.distributionOf(id)).reserve).to.equal(0n);
    });
  });

  describe("in a callback of its token", () => {
    async function callbackFixture() {
      const fixture = await loadFixture(merkleFixture);
      const { distributor, ledger, terms, alice, bob, carol } = fixture;
      const token = await ethers.deployContract("CallbackToken", ["Callback", "CBK", 18]);
      await token.mint(alice, 10_000n);
      await token.connect(alice).approve(ledger, 10_000n);
      await token.connect(alice).approve(distributor, 10_000n);
      await ledger.connect(alice).deposit(token, 5000n, 5000n, alice);
      const id = await create(distributor, alice, { ...terms, asset: BigInt(await token.getAddress()) });
      await distributor.connect(alice).fund(id, 3000n);
      const entries = [carol, bob].map(({ address }) => ({ account: address, amount: 1000n }));
      const tree = await publish(fixture, entries, id);
      return { ...fixture, token, id, tree };
    }

    for (const isBefore of [true, false]) {
      const moment = isBefore ? "before" : "after";
      it(`a claim to a wallet is written, and no other can be made: ${moment} the transfer`, async () => {
        const { distributor, ledger, token, tree, id, bob, carol } = await callbackFixture();
        const snapshot = await networkHelpers.takeSnapshot();
        for (const owner of [carol, bob]) {
          await snapshot.restore();
          const data = distributor.interface.encodeFunctionData("claim", claimArgs(tree, owner.address));
          await token.setCallback(distributor, data, isBefore);
          await distributor.connect(carol).claimToWallet(...claimArgs(tree, carol.address), carol);
          expect([await token.calls(), await token.lastSuccess()]).to.deep.equal([1n, false]);
          const error = owner === carol ? "MerkleNothingToClaim" : "LedgerLocked";
          const { interface: from } = owner === carol ? distributor : ledger;
          expect(from.parseError(await token.lastReturnData())?.name).to.equal(error);
          expect((await distributor.distributionOf(id)).reserve).to.equal(2000n);
          expect(await token.balanceOf(carol)).to.equal(1000n);
        }
      });

      it(`a funding counts once, with what is funded within it: ${moment} the transfer`, async () => {
        const { distributor, ledger, token, tree, id, alice, carol } = await callbackFixture();
        const snapshot = await networkHelpers.takeSnapshot();
        for (const transfer of [1, 2]) {
          await snapshot.restore();
          const data = distributor.interface.encodeFunctionData("claim", claimArgs(tree, carol.address));
          await token.configure(distributor, data, isBefore, false, transfer);
          await distributor.connect(alice).fundFromWallet(id, 700n);
          const { funded, reserve, asset } = await distributor.distributionOf(id);
          const paid = await ledger.balanceOf(carol, asset);
          expect(await token.calls()).to.equal(BigInt(transfer));
          expect(paid).to.equal(1000n); // the first transfer is before anything is written
          expect([funded, reserve]).to.deep.equal([3700n, 3700n - paid]);
          expect(await ledger.balanceOf(distributor, asset)).to.equal(reserve);
        }
      });
    }
  });

  it("answers states that follow from time alone", async () => {
    const fixture = await loadFixture(merkleFixture);
    const { distributor, bob, id } = fixture;
    await submit(fixture, id, { root: SALT, contentHash: SALT });
    const states: bigint[] = [];
    const note = async () => states.push((await distributor.pendingRootOf(id)).state);
    await note();
    await distributor.connect(bob).dispute(id, SALT);
    await note();
    await networkHelpers.time.increase(DECISION_PERIOD);
    await note();
    await distributor.expireDispute(id);
    await note();
    expect(states).to.deep.equal([STATE.waiting, STATE.disputed, STATE.expired, STATE.none]);
  });
});
