import { expect } from "chai";
import { ethers, ledgerFixture, loadFixture } from "../../helpers/ledger-fixture.js";

const at = (index: number): string => ethers.getAddress(ethers.toBeHex(0x1000 + index, 20));

async function deploy(pairs: [string, string][], weth?: string) {
  const { authority, weth: wrapped, permit2 } = await loadFixture(ledgerFixture);
  return ethers.deployContract("Ledger", [authority, weth ?? wrapped, permit2, pairs]);
}

describe("Ledger", () => {
  describe("constructor", () => {
    it("reverts with more than four home pairs", async () => {
      const { ledger } = await loadFixture(ledgerFixture);
      const pairs = Array.from({ length: 5 }, (_, i): [string, string] => [at(2 * i), at(2 * i + 1)]);
      await expect(deploy(pairs)).to.be.revertedWithCustomError(ledger, "LedgerAmountTooLarge").withArgs(5n, 4n);
    });

    it("reverts on a pair with a zero address, with one token twice, and on a token in two pairs", async () => {
      const { ledger } = await loadFixture(ledgerFixture);
      const bad: [string, string][][] = [
        [[ethers.ZeroAddress, at(1)]],
        [[at(1), ethers.ZeroAddress]],
        [[at(1), at(1)]],
        [
          [at(1), at(2)],
          [at(1), at(3)],
        ],
        [
          [at(1), at(2)],
          [at(3), at(1)],
        ],
        [
          [at(1), at(2)],
          [at(2), at(3)],
        ],
        [
          [at(1), at(2)],
          [at(3), at(2)],
        ],
      ];
      for (const pairs of bad) {
        const [token0, token1] = pairs.at(-1) ?? [];
        await expect(deploy(pairs))
          .to.be.revertedWithCustomError(ledger, "LedgerInvalidHomePair")
          .withArgs(token0, token1);
      }
    });

    it("reverts without wrapped ether", async () => {
      const { ledger } = await loadFixture(ledgerFixture);
      await expect(deploy([], ethers.ZeroAddress))
        .to.be.revertedWithCustomError(ledger, "LedgerUnknownToken")
        .withArgs(ethers.ZeroAddress);
    });

    it("gives each of four pairs one word, and every other token its own", async () => {
      const pairs = Array.from({ length: 4 }, (_, i): [string, string] => [at(2 * i), at(2 * i + 1)]);
      const ledger = await deploy(pairs);
      for (const [first, second] of pairs) {
        expect(await ledger.homeOf(BigInt(first))).to.deep.equal([BigInt(first), 0n]);
        expect(await ledger.homeOf(BigInt(second))).to.deep.equal([BigInt(first), 1n]);
      }
      expect(await ledger.homeOf(BigInt(at(8)))).to.deep.equal([BigInt(at(8)), 0n]);
    });

    it("stores what it is given", async () => {
      const { ledger, authority, weth, permit2 } = await loadFixture(ledgerFixture);
      expect(await ledger.authority()).to.equal(await authority.getAddress());
      expect(await ledger.WETH()).to.equal(await weth.getAddress());
      expect(await ledger.PERMIT2()).to.equal(await permit2.getAddress());
      const facade = await ethers.getContractAt("LedgerFacade", await ledger.FACADE());
      expect(await facade.LEDGER()).to.equal(await ledger.getAddress());
      expect([await ledger.RULES_GAS(), await ledger.NOTICE_GAS()]).to.deep.equal([100_000n, 200_000n]);
    });
  });

  describe("homeOf", () => {
    it("reverts for an id that is neither a token nor issued", async () => {
      const { ledger } = await loadFixture(ledgerFixture);
      for (const id of [0n, 1n << 160n, (1n << 255n) - 1n]) {
        await expect(ledger.homeOf(id)).to.be.revertedWithCustomError(ledger, "LedgerUnknownId").withArgs(id);
        await expect(ledger.balanceOf(ledger, id)).to.be.revertedWithCustomError(ledger, "LedgerUnknownId");
        await expect(ledger.wordOf(ledger, id)).to.be.revertedWithCustomError(ledger, "LedgerUnknownId");
      }
    });

    it("puts both sides of an issuer's salt into one word", async () => {
      const { ledger, ledgerLens, alice } = await loadFixture(ledgerFixture);
      const id = await ledgerLens.issuedId(alice, ethers.id("salt"), 0n, 1n);
      expect(await ledger.homeOf(id)).to.deep.equal([id - 1n, 1n]);
      expect(await ledger.homeOf(id - 1n)).to.deep.equal([id - 1n, 0n]);
    });
  });
});
