import { expect } from "chai";
import { ethers, expectRefused, issuedId, ledgerFixture, loadFixture, WAD } from "../../helpers/ledger-fixture.js";

describe("Ledger", () => {
  describe("transfer", () => {
    it("reverts for the zero address and the ledger as receivers", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice, ids } = fixture;
      for (const to of [ethers.ZeroAddress, await ledger.getAddress()]) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).transfer(to, ids.token0, 1n),
          error: "LedgerInvalidRecipient",
          args: [to],
        });
      }
    });

    it("reverts when the sender holds less", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice, bob, ids } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).transfer(bob, ids.token0, 1000n * WAD + 1n),
        error: "LedgerInsufficientBalance",
        args: [alice.address, ids.token0, 1000n * WAD, 1000n * WAD + 1n],
      });
    });

    it("moves the amount, logs it and answers true", async () => {
      const { ledger, alice, carol, ids } = await loadFixture(ledgerFixture);
      expect(await ledger.connect(alice).transfer.staticCall(carol, ids.usdc, 5n)).to.equal(true);
      await expect(ledger.connect(alice).transfer(carol, ids.usdc, 5n))
        .to.emit(ledger, "Transfer")
        .withArgs(alice.address, alice.address, carol.address, ids.usdc, 5n);
      expect(await ledger.balanceOf(carol, ids.usdc)).to.equal(5n);
      expect(await ledger.balanceOf(alice, ids.usdc)).to.equal(1000n * WAD - 5n);
      expect(await ledger.balanceOf(alice, ids.weth)).to.equal(10n * WAD);
    });
  });

  describe("transferFrom", () => {
    it("reverts beyond the allowance", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice, bob, carol, ids } = fixture;
      await ledger.connect(alice).approve(bob, ids.token0, 4n);
      await expectRefused({
        fixture,
        send: () => ledger.connect(bob).transferFrom(alice, carol, ids.token0, 5n),
        error: "LedgerInsufficientAllowance",
        args: [alice.address, bob.address, ids.token0, 4n, 5n],
      });
      // An allowance is for one id.
      await expectRefused({
        fixture,
        send: () => ledger.connect(bob).transferFrom(alice, carol, ids.token1, 1n),
        error: "LedgerInsufficientAllowance",
        args: [alice.address, bob.address, ids.token1, 0n, 1n],
      });
    });

    it("reverts for bad receivers and too small balances", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice, bob, ids } = fixture;
      await ledger.connect(alice).setOperator(bob, true);
      await expectRefused({
        fixture,
        send: () => ledger.connect(bob).transferFrom(alice, ethers.ZeroAddress, ids.token0, 5n),
        error: "LedgerInvalidRecipient",
        args: [ethers.ZeroAddress],
      });
      await expectRefused({
        fixture,
        send: () => ledger.connect(bob).transferFrom(alice, bob, ids.weth, 11n * WAD),
        error: "LedgerInsufficientBalance",
        args: [alice.address, ids.weth, 10n * WAD, 11n * WAD],
      });
    });

    it("spends the allowance, but not one without limit, nor an operator's", async () => {
      const { ledger, alice, bob, carol, ids } = await loadFixture(ledgerFixture);
      await ledger.connect(alice).approve(bob, ids.token0, 5n);
      const move = (amount: bigint) => ledger.connect(bob).transferFrom(alice, carol, ids.token0, amount);
      await expect(move(3n))
        .to.emit(ledger, "Transfer")
        .withArgs(bob.address, alice.address, carol.address, ids.token0, 3n);
      expect(await ledger.allowance(alice, bob, ids.token0)).to.equal(2n);
      await ledger.connect(alice).setOperator(bob, true);
      await move(7n);
      expect(await ledger.allowance(alice, bob, ids.token0)).to.equal(2n);
      await ledger.connect(alice).setOperator(bob, false);
      await ledger.connect(alice).approve(bob, ids.token0, ethers.MaxUint256);
      await move(7n);
      expect(await ledger.allowance(alice, bob, ids.token0)).to.equal(ethers.MaxUint256);
      expect(await ledger.balanceOf(carol, ids.token0)).to.equal(17n);
    });

    it("needs no allowance from the owner himself, and answers true", async () => {
      const { ledger, alice, carol, ids } = await loadFixture(ledgerFixture);
      const arguments_ = [alice, carol, ids.token0, 5n] as const;
      expect(await ledger.connect(alice).transferFrom.staticCall(...arguments_)).to.equal(true);
      await ledger.connect(alice).transferFrom(...arguments_);
      expect(await ledger.balanceOf(carol, ids.token0)).to.equal(5n);
    });
  });

  describe("approve", () => {
    it("sets the allowance, logs it and answers true", async () => {
      const { ledger, alice, bob, ids } = await loadFixture(ledgerFixture);
      expect(await ledger.connect(alice).approve.staticCall(bob, ids.token0, 5n)).to.equal(true);
      await expect(ledger.connect(alice).approve(bob, ids.token0, 5n))
        .to.emit(ledger, "Approval")
        .withArgs(alice.address, bob.address, ids.token0, 5n);
      await ledger.connect(alice).approve(bob, ids.token0, 3n);
      expect(await ledger.allowance(alice, bob, ids.token0)).to.equal(3n);
    });
  });

  describe("setOperator", () => {
    it("sets and clears the operator, logs it and answers true", async () => {
      const { ledger, alice, bob } = await loadFixture(ledgerFixture);
      expect(await ledger.connect(alice).setOperator.staticCall(bob, true)).to.equal(true);
      for (const approved of [true, false]) {
        await expect(ledger.connect(alice).setOperator(bob, approved))
          .to.emit(ledger, "OperatorSet")
          .withArgs(alice.address, bob.address, approved);
        expect(await ledger.isOperator(alice, bob)).to.equal(approved);
      }
    });
  });

  describe("supportsInterface", () => {
    it("answers for ERC-165, ERC-6909 and ERC-3156, and for nothing else", async () => {
      const { ledger } = await loadFixture(ledgerFixture);
      const flashLender = ["maxFlashLoan", "flashFee", "flashLoan"]
        .map((name) => BigInt(ledger.interface.getFunction(name as "flashLoan").selector))
        .reduce((sum, selector) => sum ^ selector, 0n);
      for (const id of ["0x01ffc9a7", "0x0f632fb3", ethers.toBeHex(flashLender, 4)]) {
        expect(await ledger.supportsInterface(id), id).to.equal(true);
      }
      for (const id of ["0xffffffff", "0x36372b07", "0xd9b67a26"]) {
        expect(await ledger.supportsInterface(id), id).to.equal(false);
      }
    });
  });
});

describe("LedgerLens", () => {
  it("answers a token's metadata", async () => {
    const { ledger, ledgerLens, usdc, ids } = await loadFixture(ledgerFixture);
    expect(await ledgerLens.LEDGER()).to.equal(await ledger.getAddress());
    expect(await ledgerLens.tokenId(usdc)).to.equal(ids.usdc);
    expect(await ledgerLens.name(ids.usdc)).to.equal("USD Coin");
    expect(await ledgerLens.symbol(ids.usdc)).to.equal("USDC");
    expect(await ledgerLens.decimals(ids.usdc)).to.equal(6n);
  });

  it("answers an issued asset's metadata once it has a facade", async () => {
    const { facades, ledgerLens, issuer } = await loadFixture(ledgerFixture);
    const salt = ethers.id("asset");
    const id = await ledgerLens.issuedId(issuer, salt, 0n, 1n);
    expect(id).to.equal(await issuedId({ owner: issuer, salt, side: 1n }));
    await expect(ledgerLens.name(id)).to.be.revertedWithCustomError(ledgerLens, "LensNoMetadata").withArgs(id);
    await facades.createFacade(issuer, salt, 0n, 1n);
    expect(await ledgerLens.name(id)).to.equal("Mock asset");
    expect(await ledgerLens.symbol(id)).to.equal("MOCK");
    expect(await ledgerLens.decimals(id)).to.equal(6n);
  });

  it("reverts for ids without code behind them", async () => {
    const { ledgerLens, alice, ids } = await loadFixture(ledgerFixture);
    for (const id of [0n, BigInt(alice.address), ids.usdc + (1n << 200n)]) {
      await expect(ledgerLens.decimals(id)).to.be.revertedWithCustomError(ledgerLens, "LensNoMetadata").withArgs(id);
    }
  });

  it("decodes a holder's word", async () => {
    const { ledger, ledgerLens, alice, ids } = await loadFixture(ledgerFixture);
    await ledger.connect(alice).setConsent(ids.weth, 1n);
    await ledger.connect(alice).cancel(ids.weth);
    expect([...(await ledgerLens.holdingOf(alice, ids.usdc))]).to.deep.equal([
      ids.weth,
      1n,
      1000n * WAD,
      10n * WAD,
      1n,
      85n,
      false,
    ]);
  });
});
