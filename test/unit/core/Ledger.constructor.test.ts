import { expect } from "chai";
import { ethers, ledgerFixture, loadFixture } from "../../helpers/ledger-fixture.js";

const at = (index: number): string => ethers.getAddress(ethers.toBeHex(0x1000 + index, 20));

async function deploy(pairs: [string, string][], changes: { weth?: string; authority?: string } = {}) {
  const { authority, weth, permit2 } = await loadFixture(ledgerFixture);
  return ethers.deployContract("Ledger", [changes.authority ?? authority, changes.weth ?? weth, permit2, pairs]);
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
        [[at(4), at(4)]],
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
      await expect(deploy([], { weth: ethers.ZeroAddress }))
        .to.be.revertedWithCustomError(ledger, "LedgerUnknownToken")
        .withArgs(ethers.ZeroAddress);
    });

    it("reverts with an authority without code", async () => {
      const { ledger, alice } = await loadFixture(ledgerFixture);
      for (const authority of [ethers.ZeroAddress, alice.address]) {
        await expect(deploy([], { authority }))
          .to.be.revertedWithCustomError(ledger, "LedgerUnauthorized")
          .withArgs(authority);
      }
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
      const { ledger, facades, authority, weth, permit2 } = await loadFixture(ledgerFixture);
      expect(await ledger.AUTHORITY()).to.equal(await authority.getAddress());
      expect(await ledger.WETH()).to.equal(await weth.getAddress());
      expect(await ledger.PERMIT2()).to.equal(await permit2.getAddress());
      expect(await facades.LEDGER()).to.equal(await ledger.getAddress());
      const facade = await ethers.getContractAt("LedgerFacade", await facades.IMPLEMENTATION());
      expect(await facade.LEDGER()).to.equal(await ledger.getAddress());
    });
  });

  describe("homeOf", () => {
    it("gives an id that is neither a token nor issued an empty word of its own", async () => {
      const { ledger, alice, ids } = await loadFixture(ledgerFixture);
      for (const id of [1n << 160n, ids.weth | (1n << 160n), ids.usdc | (1n << 254n), (1n << 255n) - 1n]) {
        expect(await ledger.homeOf(id)).to.deep.equal([id, 0n]);
        expect(await ledger.balanceOf(alice, id)).to.equal(0n);
        expect(await ledger.wordOf(alice, id)).to.equal(0n);
      }
      expect((await ledger.homeOf(0n)).key).to.equal(0n);
      expect(await ledger.wordOf(alice, 0n)).to.equal(0n);
    });

    it("puts both sides of an issuer's salt into one word", async () => {
      const { ledger, ledgerLens, alice } = await loadFixture(ledgerFixture);
      const id = await ledgerLens.issuedId(alice, ethers.id("salt"), 0n, 1n);
      expect(await ledger.homeOf(id)).to.deep.equal([id - 1n, 1n]);
      expect(await ledger.homeOf(id - 1n)).to.deep.equal([id - 1n, 0n]);
    });
  });
});
