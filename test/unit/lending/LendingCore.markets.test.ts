import { expect } from "chai";
import { ethers, FLAG, issuedId, loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import {
  ADAPTIVE_CURVE,
  createMarket,
  lendingFixture,
  LLTV,
  marketCall,
  marketIdOf,
  NO_INTEREST,
  VIRTUAL_SHARES,
  YEAR,
  type MarketParams,
} from "../../helpers/lending-fixture.js";

describe("LendingCore", () => {
  describe("createMarket", () => {
    const refusals: [title: string, change: Partial<MarketParams>, error: string, args: unknown[]][] = [
      ["an LLTV that is not enabled", { lltv: WAD / 2n }, "LendingLltvNotEnabled", [WAD / 2n]],
      [
        "a rate model that is not enabled",
        { irm: ethers.toBeHex(7, 20) },
        "LendingRateModelNotEnabled",
        [ethers.toBeHex(7, 20)],
      ],
      ["an oracle without code", { oracle: ethers.toBeHex(9, 20) }, "LendingNoCode", [ethers.toBeHex(9, 20)]],
      [
        "a close-out debt that does not fit",
        { closeOutDebt: 1n << 96n },
        "LendingAmountTooLarge",
        [1n << 96n, (1n << 96n) - 1n],
      ],
    ];
    for (const [title, change, error, args] of refusals) {
      it(`refuses ${title}`, async () => {
        const { lending, market, run, alice } = await loadFixture(lendingFixture);
        const wrong = { ...market, ...change };
        const sent = run("createMarket", [wrong], { market: wrong, user: alice });
        await expect(sent)
          .to.be.revertedWithCustomError(lending, error)
          .withArgs(...args);
      });
    }

    it("refuses a market twice, another's book, inputs, one asset on both sides, and to lend an asset with RULES", async () => {
      const { lending, market, marketId, run, alice, issuer } = await loadFixture(lendingFixture);
      await expect(run("createMarket", [market], { user: alice }))
        .to.be.revertedWithCustomError(lending, "LendingMarketExists")
        .withArgs(marketId);
      const other = { ...market, closeOutDebt: 5n };
      await expect(run("createMarket", [other], { user: alice }))
        .to.be.revertedWithCustomError(lending, "LendingWrongMarket")
        .withArgs(await marketIdOf(lending, other), marketId);
      await expect(run("createMarket", [other], { market: other, user: alice, amount1: 5n }))
        .to.be.revertedWithCustomError(lending, "LendingWrongInputs")
        .withArgs(0n, 5n);
      const same = { ...market, collateralAsset: market.loanAsset };
      await expect(run("createMarket", [same], { market: same, user: alice }))
        .to.be.revertedWithCustomError(lending, "LendingSameAsset")
        .withArgs(market.loanAsset);
      const rules = await issuedId({ owner: issuer, salt: ethers.ZeroHash, flags: FLAG.rules0 });
      const restricted = { ...market, loanAsset: rules };
      await expect(run("createMarket", [restricted], { market: restricted, user: alice }))
        .to.be.revertedWithCustomError(lending, "LendingRestrictedAsset")
        .withArgs(rules);
    });

    it("stores the market as it was asked for, and says so", async () => {
      const fixture = await loadFixture(lendingFixture);
      const { lending, lens, market, alice, ledger } = fixture;
      const other = { ...market, irm: NO_INTEREST, closeOutDebt: 5n * WAD };
      const id = await marketIdOf(lending, other);
      await expect(ledger.connect(alice).call(marketCall(lending, other, { action: "createMarket", args: [other] })))
        .to.emit(lending, "MarketCreated")
        .withArgs(id, other.loanAsset, other.collateralAsset, other.oracle, other.irm, other.lltv, other.closeOutDebt);
      expect([...(await lending.paramsOf(id))]).to.deep.equal([
        ...[other.loanAsset, other.collateralAsset, other.oracle, other.irm, other.lltv, other.closeOutDebt],
      ]);
      const view = await lens.marketOf(other);
      expect([view.exists, view.supplyAssets, view.rate, view.fee, view.isPledged]).to.deep.equal([
        ...[true, 0n, 0n, 0n, false],
      ]);
      expect(view.shareId).to.equal(await lending.shareIdOf(other));
      const adaptive = await lending.marketOf(fixture.marketId);
      expect(adaptive.rate).to.equal((4n * WAD) / 100n / YEAR);
      expect((await lens.marketOf({ ...market, lltv: 0n })).exists).to.equal(false);
    });
  });

  it("refuses an action that it does not know, and every action on a market that is not there", async () => {
    const { ledger, lending, market, alice, run } = await loadFixture(lendingFixture);
    const missing = { ...market, closeOutDebt: 1n };
    const id = await marketIdOf(lending, missing);
    const unknown = marketCall(lending, market, { action: "accrue" });
    await expect(ledger.connect(alice).call({ ...unknown, data: "0x12345678" }))
      .to.be.revertedWithCustomError(lending, "LendingUnknownAction")
      .withArgs("0x12345678");
    const zero = ethers.ZeroAddress;
    const actions: [string, unknown[], { amount0?: bigint; amount1?: bigint }][] = [
      ["supply", [0n], { amount0: 5n }],
      ["supplyShares", [5n], { amount0: 5n }],
      ["withdraw", [5n, 5n], {}],
      ["redeem", [5n, 0n], {}],
      ["addCollateral", [zero], { amount1: 5n }],
      ["pledgeCollateral", [5n], {}],
      ["removeCollateral", [5n, zero], {}],
      ["borrow", [5n, zero], {}],
      ["repay", [zero], { amount0: 5n }],
      ["repayShares", [5n, zero], { amount0: 5n }],
      ["liquidate", [alice.address, 0n], { amount0: 5n }],
      ["accrue", [], {}],
    ];
    for (const [action, args, amounts] of actions) {
      await expect(run(action, args, { market: missing, user: alice, ...amounts }), action)
        .to.be.revertedWithCustomError(lending, "LendingUnknownMarket")
        .withArgs(id);
    }
  });

  it("refuses inputs that an action does not take", async () => {
    const { lending, alice, run } = await loadFixture(lendingFixture);
    const zero = ethers.ZeroAddress;
    const actions: [string, unknown[], bigint, bigint][] = [
      ["supply", [0n], 0n, 0n],
      ["supply", [0n], 5n, 5n],
      ["supplyShares", [5n], 0n, 5n],
      ["withdraw", [5n, 5n], 5n, 0n],
      ["redeem", [5n, 0n], 0n, 5n],
      ["addCollateral", [zero], 5n, 5n],
      ["pledgeCollateral", [5n], 0n, 5n],
      ["removeCollateral", [5n, zero], 5n, 0n],
      ["borrow", [5n, zero], 0n, 5n],
      ["repay", [zero], 0n, 0n],
      ["repayShares", [5n, zero], 5n, 5n],
      ["liquidate", [zero, 0n], 5n, 5n],
      ["accrue", [], 5n, 0n],
      ["collectFee", [], 0n, 5n],
    ];
    for (const [action, args, amount0, amount1] of actions) {
      await expect(run(action, args, { user: alice, amount0, amount1 }), action)
        .to.be.revertedWithCustomError(lending, "LendingWrongInputs")
        .withArgs(amount0, amount1);
    }
  });

  describe("authority", () => {
    it("enables LLTVs that fit, and rate models with code, and nobody else does", async () => {
      const { lending, alice, rateModel } = await loadFixture(lendingFixture);
      for (const lltv of [WAD, WAD / 2n + 1n, 10n ** 13n]) {
        await expect(lending.enableLltv(lltv))
          .to.be.revertedWithCustomError(lending, "LendingInvalidLltv")
          .withArgs(lltv);
      }
      await expect(lending.enableLltv(WAD - 10n ** 14n))
        .to.emit(lending, "LltvEnabled")
        .withArgs(WAD - 10n ** 14n);
      expect(await lending.isLltvEnabled(WAD - 10n ** 14n)).to.equal(true);
      expect(await lending.isLltvEnabled(WAD / 4n)).to.equal(false);
      await expect(lending.enableRateModel(alice))
        .to.be.revertedWithCustomError(lending, "LendingNoCode")
        .withArgs(alice.address);
      await expect(lending.enableRateModel(rateModel))
        .to.emit(lending, "RateModelEnabled")
        .withArgs(await rateModel.getAddress());
      for (const irm of [NO_INTEREST, ADAPTIVE_CURVE]) expect(await lending.isRateModelEnabled(irm)).to.equal(true);
      const stranger = lending.connect(alice);
      await expect(stranger.enableLltv(LLTV))
        .to.be.revertedWithCustomError(lending, "LendingUnauthorized")
        .withArgs(alice.address);
    });

    it("sets a fee in steps of 0.5 % up to 25 %, from then on", async () => {
      const fixture = await loadFixture(lendingFixture);
      const { lending, lens, market, marketId, alice, bob } = fixture;
      const maximum = WAD / 4n;
      for (const fee of [maximum + 5n * 10n ** 15n, 10n ** 15n]) {
        await expect(lending.setFee(market, fee))
          .to.be.revertedWithCustomError(lending, "LendingInvalidFee")
          .withArgs(fee, maximum);
      }
      const missing = { ...market, lltv: 0n };
      await expect(lending.setFee(missing, maximum)).to.be.revertedWithCustomError(lending, "LendingUnknownMarket");
      await fixture.supply(100n * WAD, { user: alice });
      await fixture.addCollateral(100n * WAD, { user: bob });
      await fixture.borrow(50n * WAD, { user: bob });
      await networkHelpers.time.increase(YEAR / 10n);
      await expect(lending.setFee(market, maximum)).to.emit(lending, "FeeSet").withArgs(marketId, maximum);
      const before = await lens.marketOf(market);
      expect([before.fee, before.feeShares]).to.deep.equal([maximum, 0n]); // what accrued so far is without
      await networkHelpers.time.increase(YEAR / 10n);
      const after = await lens.marketOf(market);
      const interest = after.borrowAssets - before.borrowAssets;
      const worth = await lens.previewRedeem(market, after.feeShares);
      expect(worth <= interest / 4n && worth + 2n >= interest / 4n).to.equal(true);
      expect(after.supplyRate).to.equal((((after.borrowRate * after.utilization) / WAD) * 3n) / 4n);
    });

    it("changes nothing but the fee when one comes and goes, whichever word is newer", async () => {
      const fixture = await loadFixture(lendingFixture);
      const { lending, market, marketId, alice, bob, shareId } = fixture;
      await fixture.supply(100n * WAD, { user: alice });
      await fixture.addCollateral(100n * WAD, { user: bob });
      const shares = async () => {
        const state = await lending.marketOf(marketId);
        expect(await lending.assetSupply(marketId)).to.equal(state.supplyShares - state.feeShares);
        expect(await fixture.ledger.balanceOf(alice, shareId)).to.equal(state.supplyShares - state.feeShares);
        expect((await lending.positionOf(marketId, bob)).borrowShares).to.equal(state.borrowShares);
        return state;
      };
      for (const fee of [WAD / 10n, 0n, WAD / 5n, 0n]) {
        await fixture.supply(WAD, { user: alice });
        await fixture.borrow(WAD, { user: bob });
        const before = await shares();
        await lending.setFee(market, fee);
        const after = await shares();
        expect(after.fee).to.equal(fee);
        expect(after.borrowShares).to.equal(before.borrowShares);
        expect(after.borrowAssets >= before.borrowAssets && after.feeShares >= before.feeShares).to.equal(true);
        expect(after.isPledged).to.equal(false);
        await networkHelpers.time.increase(YEAR);
        await fixture.repay(WAD / 2n, { user: bob });
        const { feeShares } = await shares();
        expect(feeShares > after.feeShares).to.equal(fee !== 0n);
      }
    });

    it("is shares at the price without them, to the unit", async () => {
      const fixture = await loadFixture(lendingFixture);
      const { lending, market, marketId, alice, bob } = fixture;
      await lending.setFee(market, WAD / 4n);
      await fixture.supply(1_000n, { user: alice });
      await fixture.addCollateral(10_000n, { user: bob });
      await fixture.borrow(900n, { user: bob });
      await networkHelpers.time.increase(10n * YEAR);
      const before = await lending.marketOf(marketId);
      await fixture.run("accrue", [], { user: alice });
      const after = await lending.marketOf(marketId);
      const interest = after.borrowAssets - before.borrowAssets;
      const fee = interest / 4n;
      expect(fee).to.be.greaterThan(10n);
      const others = 1_000n + interest - fee;
      const shares = (fee * (before.supplyShares + VIRTUAL_SHARES)) / (others + 1n);
      expect(after.feeShares - before.feeShares).to.equal(shares);
    });

    it("lets the recipient alone collect, and keeps the rate model when a fee is set", async () => {
      const fixture = await loadFixture(lendingFixture);
      const { ledger, lending, lens, market, marketId, alice, bob, carol, run, shareId } = fixture;
      await lending.setFee(market, WAD / 10n);
      await expect(lending.setFeeRecipient(carol)).to.emit(lending, "FeeRecipientSet").withArgs(carol.address);
      expect(await lending.feeRecipient()).to.equal(carol.address);
      await fixture.supply(100n * WAD, { user: alice });
      await fixture.addCollateral(100n * WAD, { user: bob });
      await fixture.borrow(50n * WAD, { user: bob });
      await networkHelpers.time.increase(YEAR);
      await expect(run("collectFee", [], { user: alice }))
        .to.be.revertedWithCustomError(lending, "LendingNotFeeRecipient")
        .withArgs(alice.address, carol.address);
      const collecting = run("collectFee", [], { user: carol });
      await expect(collecting).to.emit(lending, "FeeCollected");
      const shares = await ledger.balanceOf(carol, shareId);
      await expect(collecting).to.emit(lending, "FeeCollected").withArgs(marketId, carol.address, shares);
      expect(shares > 0n).to.equal(true);
      const view = await lens.marketOf(market);
      expect([view.feeShares, view.supplyShares]).to.deep.equal([
        0n,
        shares + (await ledger.balanceOf(alice, shareId)),
      ]);
      expect(await lending.assetSupply(marketId)).to.equal(view.supplyShares);
    });
  });

  it("is a market in the second in which its time begins anew, too", async () => {
    const { lending, marketId, alice, supply } = await loadFixture(lendingFixture);
    // 2^31 seconds after the beginning of 2026.
    await networkHelpers.time.setNextBlockTimestamp(1_767_225_600n + 2n ** 31n);
    await supply(5n, { user: alice });
    await supply(7n, { user: alice });
    expect((await lending.marketOf(marketId)).supplyShares).to.equal(12n * VIRTUAL_SHARES);
  });

  it("names its shares, with six decimals more than the loan asset", async () => {
    const fixture = await loadFixture(lendingFixture);
    const { lending, market, marketId, ids } = fixture;
    expect(await lending.assetName(marketId)).to.equal(`Lakh supply ${marketId.slice(0, 10)}`);
    expect(await lending.assetSymbol(marketId)).to.equal(`LS-${marketId.slice(0, 10)}`);
    expect(await lending.assetDecimals(marketId)).to.equal(24n);
    const usdc = { ...market, loanAsset: ids.usdc };
    expect(await lending.assetDecimals((await createMarket(fixture, usdc)).marketId)).to.equal(12n);
    // The share of another market is no token, and a token may be silent.
    const shares = { ...market, loanAsset: fixture.shareId };
    expect(await lending.assetDecimals((await createMarket(fixture, shares)).marketId)).to.equal(24n);
    // More decimals than a word has digits are not believed.
    for (const [decimals, expected] of [
      [77n, 83n],
      [78n, 24n],
      [255n, 24n],
    ] as const) {
      const token = await ethers.deployContract("MockERC20", ["Strange", "ST", decimals]);
      const strange = { ...market, loanAsset: BigInt(await token.getAddress()) };
      expect(await lending.assetDecimals((await createMarket(fixture, strange)).marketId)).to.equal(expected);
    }
    const silent = { ...market, loanAsset: BigInt(await fixture.oracle.getAddress()) };
    expect(await lending.assetDecimals((await createMarket(fixture, silent)).marketId)).to.equal(24n);
  });
});
