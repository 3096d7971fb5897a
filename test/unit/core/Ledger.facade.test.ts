import { expect } from "chai";
import { ethers, expectRefused, issuedId, loadFixture, poolFixture } from "../../helpers/ledger-fixture.js";

async function facadeFixture() {
  const fixture = await poolFixture();
  const { ledger, facades, amm, poolId, shareId } = fixture;
  await facades.createFacade(amm, poolId, 0n, 0n);
  const facade = await ethers.getContractAt("LedgerFacade", await ledger.facadeOf(shareId));
  return { ...fixture, facade };
}

describe("Ledger", () => {
  describe("createFacade", () => {
    it("reverts beyond four flags and two sides", async () => {
      const fixture = await loadFixture(poolFixture);
      const { facades, amm, poolId } = fixture;
      for (const [flags, side] of [
        [16n, 0n],
        [0n, 2n],
      ] as const) {
        await expectRefused({
          fixture,
          send: () => facades.createFacade(amm, poolId, flags, side),
          contract: facades,
          error: "FacadeInvalidAsset",
          args: [flags, side],
        });
      }
    });

    it("reverts the second time", async () => {
      const fixture = await loadFixture(facadeFixture);
      const { facades, amm, poolId, shareId, facade } = fixture;
      await expectRefused({
        fixture,
        send: () => facades.createFacade(amm, poolId, 0n, 0n),
        contract: facades,
        error: "FacadeExists",
        args: [shareId, await facade.getAddress()],
      });
    });

    it("deploys one facade for each id and logs it", async () => {
      const { ledger, facades, amm, poolId, shareId, carol } = await loadFixture(poolFixture);
      const expected = await facades.createFacade.staticCall(amm, poolId, 0n, 0n);
      await expect(facades.connect(carol).createFacade(amm, poolId, 0n, 0n))
        .to.emit(facades, "FacadeCreated")
        .withArgs(shareId, expected, await amm.getAddress(), poolId);
      expect(await ledger.facadeOf(shareId)).to.equal(expected);
      await facades.createFacade(amm, poolId, 0n, 1n);
      expect(await ledger.facadeOf(shareId | 1n)).to.not.equal(expected);
      await facades.createFacade(amm, poolId, 15n, 1n); // all four flags
      expect(await ledger.facadeOf(await issuedId({ owner: amm, salt: poolId, flags: 15n, side: 1n }))).to.not.equal(
        ethers.ZeroAddress,
      );
      expect(await ledger.facadeOf(await issuedId({ owner: carol, salt: poolId }))).to.equal(ethers.ZeroAddress);
    });
  });

  describe("setFacade", () => {
    it("reverts for anybody but the factory", async () => {
      const fixture = await loadFixture(facadeFixture);
      const { ledger, admin, bob, shareId, ids, facade } = fixture;
      const signer = await ethers.getImpersonatedSigner(await facade.getAddress());
      for (const id of [shareId, ids.token0]) {
        for (const caller of [admin, bob]) {
          await expectRefused({
            fixture,
            send: () => ledger.connect(caller).setFacade(id, bob),
            error: "LedgerNotFacade",
            args: [caller.address, id],
          });
        }
        await expect(ledger.connect(signer).setFacade.staticCall(id, bob)).to.be.revertedWithCustomError(
          ledger,
          "LedgerNotFacade",
        );
      }
    });
  });

  describe("facadeTransfer", () => {
    it("reverts for anybody but the id's facade", async () => {
      const fixture = await loadFixture(facadeFixture);
      const { ledger, alice, bob, shareId, ids, facade } = fixture;
      for (const id of [shareId, ids.token0]) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(bob).facadeTransfer(id, alice, alice, bob, 1n),
          error: "LedgerNotFacade",
          args: [bob.address, id],
        });
      }
      // A facade speaks for its own id alone.
      const signer = await ethers.getImpersonatedSigner(await facade.getAddress());
      await expect(
        ledger.connect(signer).facadeTransfer.staticCall(ids.token0, alice, alice, bob, 1n),
      ).to.be.revertedWithCustomError(ledger, "LedgerNotFacade");
    });
  });

  describe("facadeApprove", () => {
    it("reverts for anybody but the id's facade", async () => {
      const fixture = await loadFixture(facadeFixture);
      const { ledger, alice, bob, shareId } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.connect(bob).facadeApprove(shareId, alice, bob, 1n),
        error: "LedgerNotFacade",
        args: [bob.address, shareId],
      });
    });
  });
});

describe("LedgerFacade", () => {
  it("answers the asset's metadata, id and ledger", async () => {
    const { ledger, amm, poolId, shareId, facade } = await loadFixture(facadeFixture);
    expect(await facade.id()).to.equal(shareId);
    expect(await facade.LEDGER()).to.equal(await ledger.getAddress());
    expect(await facade.name()).to.equal(await amm.assetName(poolId));
    expect(await facade.symbol()).to.equal(await amm.assetSymbol(poolId));
    expect(await facade.decimals()).to.equal(18n);
    expect(await facade.totalSupply()).to.equal(await amm.assetSupply(poolId));
  });

  it("shows and moves ledger balances, and logs ERC-20 and ERC-6909 events", async () => {
    const { ledger, facade, shareId, alice, carol } = await loadFixture(facadeFixture);
    const balance = await ledger.balanceOf(alice, shareId);
    expect(await facade.balanceOf(alice)).to.equal(balance);
    expect(await facade.connect(alice).transfer.staticCall(carol, 5n)).to.equal(true);
    const transfer = facade.connect(alice).transfer(carol, 5n);
    await expect(transfer).to.emit(facade, "Transfer").withArgs(alice.address, carol.address, 5n);
    await expect(transfer)
      .to.emit(ledger, "Transfer")
      .withArgs(alice.address, alice.address, carol.address, shareId, 5n);
    await expect(transfer).to.changeTokenBalances(ethers, facade, [alice, carol], [-5n, 5n]);
  });

  it("shares allowances with the ledger, both ways", async () => {
    const { ledger, facade, shareId, alice, bob, carol } = await loadFixture(facadeFixture);
    const approval = facade.connect(alice).approve(bob, 10n);
    await expect(approval).to.emit(facade, "Approval").withArgs(alice.address, bob.address, 10n);
    await expect(approval).to.emit(ledger, "Approval").withArgs(alice.address, bob.address, shareId, 10n);
    expect(await ledger.allowance(alice, bob, shareId)).to.equal(10n);
    await ledger.connect(bob).transferFrom(alice, carol, shareId, 4n);
    expect(await facade.allowance(alice, bob)).to.equal(6n);
    await expect(facade.connect(bob).transferFrom(alice, carol, 6n))
      .to.emit(facade, "Transfer")
      .withArgs(alice.address, carol.address, 6n);
    expect(await facade.allowance(alice, bob)).to.equal(0n);
    expect(await facade.balanceOf(carol)).to.equal(10n);
  });

  it("reverts beyond balance and allowance, and for receivers that cannot hold", async () => {
    const fixture = await loadFixture(facadeFixture);
    const { ledger, facade, shareId, alice, bob, carol } = fixture;
    const cases = [
      {
        send: () => facade.connect(bob).transferFrom(alice, bob, 1n),
        error: "LedgerInsufficientAllowance",
        args: [alice.address, bob.address, shareId, 0n, 1n],
      },
      {
        send: () => facade.connect(carol).transfer(alice, 1n),
        error: "LedgerInsufficientBalance",
        args: [carol.address, shareId, 0n, 1n],
      },
      {
        send: () => facade.connect(alice).transfer(ethers.ZeroAddress, 1n),
        error: "LedgerInvalidRecipient",
        args: [ethers.ZeroAddress],
      },
      {
        send: () => facade.connect(alice).transfer(ledger, 1n),
        error: "LedgerInvalidRecipient",
        args: [await ledger.getAddress()],
      },
    ];
    for (const { send, error, args } of cases) await expectRefused({ fixture, send, error, args });
  });
});
