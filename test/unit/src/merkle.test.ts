import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";
import { id as hashOf, toBeHex, zeroPadValue } from "ethers";
import { MAX_AMOUNT, MerkleError, RewardTree, type RewardEntry } from "../../../src/index.js";
import { expectCode } from "../../helpers/expect-code.js";

const DISTRIBUTION = hashOf("distribution");
const OTHER = hashOf("other distribution");

/** `count` accounts, with 10, 20, 30 … units. */
function entriesOf(count: number): RewardEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    account: zeroPadValue(toBeHex(index + 1), 20),
    amount: BigInt(index + 1) * 10n,
  }));
}

const treeOf = (entries: readonly RewardEntry[]) => RewardTree.of({ distribution: DISTRIBUTION, entries });
const [A, B, C] = entriesOf(3).map(({ account }) => account) as [string, string, string];

/** The text with one place of it changed. */
function edited(text: string, edit: (dump: { tree: string[]; values: { value: unknown[] }[] }) => void): string {
  const dump = JSON.parse(text) as { tree: string[]; values: { value: unknown[] }[] };
  edit(dump);
  return JSON.stringify(dump);
}

describe("src/merkle", () => {
  describe("RewardTree.of", () => {
    it("refuses nobody, an account twice, no address, and the zero address", () => {
      expect(expectCode(() => treeOf([]), "MerkleEmpty")).to.be.instanceOf(MerkleError);
      const twice = [{ account: "0x" + "ab".repeat(20), amount: 1n }];
      const mixed = [...twice, { account: "0x" + "AB".repeat(20), amount: 1n }];
      expectCode(() => treeOf(mixed), "MerkleDuplicateAccount");
      for (const account of ["0x12", `0x${"0".repeat(40)}`]) {
        expectCode(() => treeOf([{ account, amount: 1n }]), "InvalidAddress");
      }
    });

    it("refuses an amount of zero, below, or above what the ledger holds, alone and in sum", () => {
      for (const amount of [0n, -1n, MAX_AMOUNT + 1n]) {
        const { values } = expectCode(() => treeOf([{ account: A, amount }]), "MerkleAmountOutOfRange");
        expect(values).to.include({ account: A, amount });
      }
      const sum = [
        { account: A, amount: MAX_AMOUNT },
        { account: B, amount: 1n },
      ];
      expectCode(() => treeOf(sum), "MerkleAmountOutOfRange");
      expect(treeOf(sum.slice(0, 1)).total).to.equal(MAX_AMOUNT);
    });

    it("refuses a distribution that is no id", () => {
      const build = () => RewardTree.of({ distribution: "0x12", entries: entriesOf(1) });
      expectCode(build, "InvalidBytes32");
    });

    it("does not depend on the order of entries", () => {
      const entries = entriesOf(7);
      const [one, other] = [treeOf(entries), treeOf([...entries].reverse())];
      expect(one.publication()).to.deep.equal(other.publication());
      expect(one.entries).to.deep.equal(entries);
      expect([one.size, one.total]).to.deep.equal([7, 280n]);
    });
  });

  describe("claimOf", () => {
    it("proves every account of trees of 1 to 33 leaves, as OpenZeppelin's library does", () => {
      for (const count of [1, 2, 3, 4, 5, 8, 9, 31, 32, 33]) {
        const tree = treeOf(entriesOf(count));
        for (const { account, amount } of tree.entries) {
          const claim = tree.claimOf(account);
          expect(claim).to.include({ id: DISTRIBUTION, account, cumulative: amount });
          const leaf = [DISTRIBUTION, account, amount];
          const encoding = ["bytes32", "address", "uint256"];
          expect(StandardMerkleTree.verify(tree.root, encoding, leaf, claim.proof), account).to.equal(true);
        }
      }
    });

    it("refuses an account that is not in the tree, which has earned nothing", () => {
      const tree = treeOf(entriesOf(2));
      expectCode(() => tree.claimOf(C), "MerkleNotInTree");
      expect([tree.cumulativeOf(A), tree.cumulativeOf(C)]).to.deep.equal([10n, 0n]);
    });
  });

  describe("RewardTree.load", () => {
    const tree = treeOf(entriesOf(5));
    const { text, root, contentHash } = tree.publication();

    it("reads what was published, and so does OpenZeppelin's library", () => {
      const loaded = RewardTree.load(text, { distribution: DISTRIBUTION, root, contentHash });
      expect(loaded.entries).to.deep.equal(tree.entries);
      expect(loaded.claimOf(B)).to.deep.equal(tree.claimOf(B));
      const dump = JSON.parse(text) as Parameters<typeof StandardMerkleTree.load>[0];
      expect(StandardMerkleTree.load(dump).root).to.equal(root);
      expect(contentHash).to.equal(hashOf(text));
    });

    it("refuses what is expected to be something else", () => {
      expectCode(() => RewardTree.load(text, { distribution: OTHER }), "MerkleOtherDistribution");
      expectCode(() => RewardTree.load(text, { root: OTHER }), "MerkleWrongRoot");
      expectCode(() => RewardTree.load(text, { contentHash: OTHER }), "MerkleWrongContent");
    });

    it("refuses what is not the text of a tree", () => {
      const value = (index: number, content: unknown) => (dump: { values: { value: unknown[] }[] }) => {
        const place = dump.values[0];
        if (place !== undefined) place.value[index] = content;
      };
      const texts: Record<string, string> = {
        "no JSON": text.slice(1),
        "a number": "1",
        "no values": "{}",
        "values that are none": '{"values":[1]}',
        "an amount of another type": edited(text, value(2, 10)),
        "an amount with a zero ahead": edited(text, value(2, "010")),
        "another amount": edited(text, value(2, "11")),
        "another account": edited(text, value(1, `0x${"0".repeat(39)}9`)),
        "another distribution": edited(text, value(0, OTHER)),
        "another node": edited(text, (dump) => (dump.tree[0] = OTHER)),
        "another form": `${text} `,
        "something more": text.replace("{", '{"more":1,'),
      };
      for (const [name, wrong] of Object.entries(texts)) {
        expect(() => RewardTree.load(wrong), name)
          .to.throw(MerkleError)
          .with.property("code", "MerkleMalformed");
      }
    });

    it("refuses content that could not have been built", () => {
      const twice = edited(text, (dump) => (dump.values[1] = dump.values[0] ?? { value: [] }));
      expectCode(() => RewardTree.load(twice), "MerkleDuplicateAccount");
      expectCode(() => RewardTree.load('{"values":[]}'), "MerkleEmpty");
    });
  });

  describe("withRound", () => {
    it("adds amounts to accounts, old and new, and leaves the tree before as it was", () => {
      const before = treeOf([
        { account: A, amount: 5n },
        { account: B, amount: 7n },
      ]);
      const after = before.withRound([
        { account: C, amount: 1n },
        { account: B.toUpperCase().replace("X", "x"), amount: 2n },
      ]);
      expect([A, B, C].map((account) => after.cumulativeOf(account))).to.deep.equal([5n, 9n, 1n]);
      expect([before.total, after.total]).to.deep.equal([12n, 15n]);
      expect(after.root).to.not.equal(before.root);
    });

    it("refuses rounds that `of` refuses, and sums beyond what the ledger holds", () => {
      const before = treeOf([{ account: A, amount: MAX_AMOUNT }]);
      expectCode(() => before.withRound([]), "MerkleEmpty");
      expectCode(() => before.withRound([{ account: A, amount: 0n }]), "MerkleAmountOutOfRange");
      expectCode(() => before.withRound([{ account: A, amount: 1n }]), "MerkleAmountOutOfRange");
      expectCode(() => before.withRound([{ account: B, amount: 1n }]), "MerkleAmountOutOfRange");
    });
  });

  describe("checkFunds", () => {
    it("says what is missing, with what was paid above the tree", () => {
      const tree = treeOf(entriesOf(3));
      tree.checkFunds(60n);
      tree.checkFunds(61n, { overpaid: 1n });
      const { values } = expectCode(() => tree.checkFunds(59n), "MerkleUnderfunded");
      expect(values).to.include({ total: 60n, funded: 59n, missing: 1n });
      expectCode(() => tree.checkFunds(60n, { overpaid: 1n }), "MerkleUnderfunded");
    });
  });
});
