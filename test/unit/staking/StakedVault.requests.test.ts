import { expect } from "chai";
import { ethers, loadFixture, WAD } from "../../helpers/ledger-fixture.js";
import {
  atLast,
  DAY,
  deployStakedVault,
  queuedVaultFixture,
  slash,
  STAKE,
  stakedVaultFixture,
  TERMS,
  waitFor,
} from "../../helpers/staked-vault-fixture.js";

const REDEEM = "0x620ee8e4";
const OPERATOR = "0xe3bc4e65";

describe("StakedVault", () => {
  describe("with a cooldown", () => {
    it("says which standards it follows", async () => {
      const { queued, vault } = await loadFixture(queuedVaultFixture);
      for (const id of ["0x01ffc9a7", "0x2f0a18c5", REDEEM, OPERATOR])
        expect(await queued.supportsInterface(id), id).to.equal(true);
      for (const id of [REDEEM, OPERATOR, "0xffffffff"]) expect(await vault.supportsInterface(id), id).to.equal(false);
      expect(await queued.share()).to.equal(await queued.getAddress());
    });

    it("has no previews of exits, and nothing to claim before a request", async () => {
      const { queued, alice } = await loadFixture(queuedVaultFixture);
      await expect(queued.previewRedeem(1n)).to.be.revertedWithCustomError(queued, "StakedVaultNoPreview");
      await expect(queued.previewWithdraw(1n)).to.be.revertedWithCustomError(queued, "StakedVaultNoPreview");
      expect(await queued.maxRedeem(alice)).to.equal(0n);
      expect(await queued.maxWithdraw(alice)).to.equal(0n);
      expect(await queued.pendingRedeemRequest(0n, alice)).to.equal(0n);
      await expect(queued.connect(alice).redeem(1n, alice, alice))
        .to.be.revertedWithCustomError(queued, "ERC4626ExceededMaxRedeem")
        .withArgs(alice, 1n, 0n);
      await expect(queued.connect(alice).withdraw(1n, alice, alice))
        .to.be.revertedWithCustomError(queued, "ERC4626ExceededMaxWithdraw")
        .withArgs(alice, 1n, 0n);
    });

    it("burns what is requested, and pays it after the cooldown", async () => {
      const fixture = await loadFixture(queuedVaultFixture);
      const { queued, alice, bob, token } = fixture;
      const shares = (await queued.balanceOf(alice)) / 2n;
      await expect(queued.connect(alice).requestRedeem(shares, alice, alice))
        .to.emit(queued, "RedeemRequest")
        .withArgs(alice, alice, 0n, alice, shares);
      expect(await queued.balanceOf(alice)).to.equal(shares);
      expect(await queued.totalAssets()).to.equal((5n * STAKE) / 2n);
      expect(await queued.pendingRedeemRequest(0n, alice)).to.equal(shares);
      expect(await queued.pendingRedeemRequest(1n, alice)).to.equal(0n);
      expect(await queued.claimableRedeemRequest(0n, alice)).to.equal(0n);
      expect((await queued.requestsOf(alice)).map(({ requestId }) => requestId)).to.deep.equal([1n]);
      await waitFor(DAY);
      expect(await queued.pendingRedeemRequest(0n, alice)).to.equal(0n);
      expect(await queued.claimableRedeemRequest(0n, alice)).to.equal(shares);
      expect(await queued.claimableRedeemRequest(1n, alice)).to.equal(0n);
      expect(await queued.maxWithdraw(alice)).to.equal(STAKE / 2n);
      await expect(queued.connect(alice).redeem(shares / 4n, bob, alice))
        .to.emit(queued, "Withdraw")
        .withArgs(alice, bob, alice, STAKE / 8n, shares / 4n)
        .and.to.emit(queued, "RequestCollected")
        .withArgs(alice, 1n, shares, STAKE / 2n);
      expect(await queued.maxWithdraw(alice)).to.equal((3n * STAKE) / 8n);
      const before = await token.balanceOf(bob);
      await queued.connect(alice).withdraw((3n * STAKE) / 8n, bob, alice);
      expect((await token.balanceOf(bob)) - before).to.equal((3n * STAKE) / 8n);
      expect(await queued.maxRedeem(alice)).to.equal(0n);
      expect(await queued.requestsOf(alice)).to.deep.equal([]);
    });

    it("lets operators and allowances request, and operators claim", async () => {
      const { queued, alice, bob, carol, stranger } = await loadFixture(queuedVaultFixture);
      const shares = (await queued.balanceOf(alice)) / 4n;
      await expect(queued.connect(carol).requestRedeem(shares, carol, alice)).to.be.revertedWithCustomError(
        queued,
        "ERC20InsufficientAllowance",
      );
      await expect(queued.connect(alice).requestRedeem(shares, bob, alice))
        .to.be.revertedWithCustomError(queued, "StakedVaultNotOperator")
        .withArgs(alice, bob);
      await queued.connect(alice).approve(carol, shares);
      await queued.connect(carol).requestRedeem(shares, carol, alice);
      expect(await queued.allowance(alice, carol)).to.equal(0n);
      // An allowance is of shares, not of the places of their owner.
      await queued.connect(alice).approve(carol, shares);
      await expect(queued.connect(carol).requestRedeem(shares, alice, alice))
        .to.be.revertedWithCustomError(queued, "StakedVaultNotOperator")
        .withArgs(carol, alice);
      expect(await queued.connect(alice).setOperator.staticCall(stranger, true)).to.equal(true);
      await expect(queued.connect(alice).setOperator(stranger, true))
        .to.emit(queued, "OperatorSet")
        .withArgs(alice, stranger, true);
      await queued.connect(stranger).requestRedeem(shares, alice, alice);
      await waitFor(DAY);
      await expect(queued.connect(carol).redeem(1n, carol, alice))
        .to.be.revertedWithCustomError(queued, "StakedVaultNotOperator")
        .withArgs(carol, alice);
      expect(await queued.maxRedeem(alice)).to.equal(shares);
      expect(await queued.maxRedeem(carol)).to.equal(shares);
      await queued.connect(stranger).redeem(shares, stranger, alice);
      await queued.connect(carol).redeem(shares, carol, carol);
      await queued.connect(alice).setOperator(stranger, false);
      expect(await queued.isOperator(alice, stranger)).to.equal(false);
      await expect(queued.connect(stranger).withdraw(0n, stranger, alice)).to.be.revertedWithCustomError(
        queued,
        "StakedVaultNotOperator",
      );
    });

    it("keeps 16 requests of a controller, and makes place by what is ready (STV_08)", async () => {
      const { queued, alice } = await loadFixture(queuedVaultFixture);
      const shares = await queued.convertToShares(WAD);
      for (let i = 0; i < 16; i++) await queued.connect(alice).requestRedeem(shares, alice, alice);
      await expect(queued.connect(alice).requestRedeem(shares, alice, alice))
        .to.be.revertedWithCustomError(queued, "StakedVaultTooManyRequests")
        .withArgs(alice, 16n);
      await waitFor(DAY - 12n);
      await queued.connect(alice).requestRedeem(shares, alice, alice);
      const ready = 17 - (await queued.requestsOf(alice)).length;
      expect(ready).to.be.greaterThan(0);
      await waitFor(DAY);
      const { assets, paid } = await atLast(async (options) => {
        const assets = await queued.maxWithdraw(alice, options);
        const shares = await queued.maxRedeem(alice, options);
        return { assets, paid: await queued.connect(alice).redeem.staticCall(shares, alice, alice, options) };
      });
      expect(paid).to.equal(assets);
      await queued.connect(alice).redeem(17n * shares, alice, alice);
      expect(await queued.requestsOf(alice)).to.deep.equal([]);
    });

    it("pays what was collected and not claimed, however much it is", async () => {
      const fixture = await loadFixture(queuedVaultFixture);
      const { created, alice, token } = fixture;
      const vault = await deployStakedVault(fixture, created.cooled.stakeId, token);
      const assets = (6n * 2n ** 96n) / 10n; // twice of it are more than a pool holds
      await token.connect(alice).approve(vault, ethers.MaxUint256);
      for (let i = 0; i < 2; i++) {
        await token.mint(alice, assets);
        await vault.connect(alice).deposit(assets, alice);
        await vault.connect(alice).requestRedeem(await vault.balanceOf(alice), alice, alice);
        await waitFor(DAY);
        await vault.connect(alice).redeem(1_000_000n, alice, alice);
      }
      const rest = await vault.maxWithdraw(alice);
      expect(rest).to.equal(2n * assets - 2n);
      await vault.connect(alice).redeem(await vault.maxRedeem(alice), alice, alice);
      expect(await vault.maxRedeem(alice)).to.equal(0n);
    });

    it("pays a unit for a unit where there is no slasher, to the unit, whoever stands between", async () => {
      const fixture = await loadFixture(queuedVaultFixture);
      const { created, alice, bob, token } = fixture;
      const vault = await deployStakedVault(fixture, created.cooled.stakeId, token);
      for (const user of [alice, bob]) {
        await token.connect(user).approve(vault, ethers.MaxUint256);
        await vault.connect(user).deposit(STAKE, user);
      }
      const shares = await vault.balanceOf(alice);
      for (const user of [alice, bob, alice]) await vault.connect(user).requestRedeem(shares / 4n, user, user);
      expect(await vault.maxWithdraw(alice)).to.equal(0n);
      await waitFor(DAY);
      await atLast(async (options) => {
        const [assets, most] = [await vault.maxWithdraw(alice, options), await vault.maxRedeem(alice, options)];
        expect([assets, most]).to.deep.equal([STAKE / 2n, shares / 2n]);
        expect(await vault.connect(alice).redeem.staticCall(most, alice, alice, options)).to.equal(assets);
      });
      await vault.connect(bob).redeem(shares / 4n, bob, bob);
      // The one before is final by that, the one behind is not.
      await atLast(async (options) => {
        expect(await vault.maxWithdraw(alice, options)).to.equal(STAKE / 2n);
      });
      await expect(vault.connect(alice).withdraw(STAKE / 2n, alice, alice))
        .to.emit(vault, "Withdraw")
        .withArgs(alice, alice, alice, STAKE / 2n, shares / 2n);
    });

    it("has a slash take of requests what it takes of shares, and pays what the core paid, to the unit", async () => {
      const fixture = await loadFixture(queuedVaultFixture);
      const { queued, alice, bob } = fixture;
      const half = (await queued.balanceOf(alice)) / 2n;
      await queued.connect(alice).requestRedeem(half, alice, alice);
      const before = await queued.convertToAssets(half);
      await slash(fixture, 31n * WAD + 7n);
      const after = await queued.convertToAssets(half);
      expect(after).to.be.lessThan(before);
      await queued.connect(alice).requestRedeem(half / 3n, alice, alice);
      await queued.connect(bob).requestRedeem(half, bob, bob);
      await waitFor(DAY);
      const claimable = await atLast(async (options) => {
        const assets = await queued.maxWithdraw(alice, options);
        const shares = await queued.maxRedeem(alice, options);
        const paid = await queued.connect(alice).redeem.staticCall(shares, alice, alice, options);
        expect(paid).to.equal(assets);
        return queued.connect(alice).withdraw.staticCall(assets, alice, alice, options);
      });
      expect(claimable).to.equal(half + half / 3n);
      await queued.connect(bob).redeem(half, bob, bob);
      await atLast(async (options) => {
        const assets = await queued.maxWithdraw(alice, options);
        const shares = await queued.maxRedeem(alice, options);
        expect(await queued.connect(alice).redeem.staticCall(shares, alice, alice, options)).to.equal(assets);
        expect(assets).to.be.at.most(after + after / 3n + 1n);
      });
    });

    it("limits claims to what is paid, to the unit, whoever stands between them (STV_04)", async () => {
      const fixture = await loadFixture(queuedVaultFixture);
      const { queued, alice, bob } = fixture;
      const shares = await queued.balanceOf(alice);
      for (const part of [17n, 23n, 29n, 31n, 37n]) {
        await queued.connect(bob).requestRedeem((2n * shares) / part + part, bob, bob);
        await queued.connect(alice).requestRedeem(shares / part + part, alice, alice);
      }
      await slash(fixture, 31n * WAD + 7n);
      await waitFor(DAY);
      await atLast(async (options) => {
        const [assets, most] = [await queued.maxWithdraw(alice, options), await queued.maxRedeem(alice, options)];
        expect(await queued.connect(alice).redeem.staticCall(most, alice, alice, options)).to.equal(assets);
      });
    });

    it("knows to the unit what several requests are paid at once, of few units at an odd price", async () => {
      const fixture = await loadFixture(stakedVaultFixture);
      const { queued, alice, bob } = fixture;
      await queued.connect(bob).deposit(1_009n, bob);
      await queued.connect(alice).deposit(1_013n, alice);
      const unit = (await queued.balanceOf(alice)) / 1_013n;
      await slash(fixture, 389n);
      for (const units of [3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n]) {
        await queued.connect(alice).requestRedeem(units * unit, alice, alice);
        await queued.connect(bob).requestRedeem((units + 1n) * unit, bob, bob);
      }
      await slash(fixture, 97n);
      await waitFor(DAY);
      for (const user of [alice, bob]) {
        const [assets, shares] = await atLast(async (options) =>
          Promise.all([queued.maxWithdraw(user, options), queued.maxRedeem(user, options)]),
        );
        const paid = await queued.connect(user).redeem.staticCall(shares, user, user);
        expect(paid).to.equal(assets);
        await queued.connect(user).redeem(shares, user, user);
      }
    });

    it("knows what requests are paid that others made final, each with others", async () => {
      const fixture = await loadFixture(queuedVaultFixture);
      const { queued, alice, bob, carol, run, slashedPool: pool } = fixture;
      const shares = (await queued.balanceOf(alice)) / 64n;
      for (let round = 1n; round <= 5n; round++) {
        await queued.connect(bob).requestRedeem(shares + round, bob, bob);
        await queued.connect(alice).requestRedeem(round * shares + round, alice, alice);
        await slash(fixture, round * WAD + 7n);
        await queued.connect(bob).requestRedeem(shares, bob, bob);
        await waitFor(DAY);
        await run("finalise", [3n * round], { user: carol, pool });
      }
      for (const user of [alice, bob]) {
        const [assets, most] = await atLast(async (options) =>
          Promise.all([queued.maxWithdraw(user, options), queued.maxRedeem(user, options)]),
        );
        expect(await queued.connect(user).redeem.staticCall(most, user, user)).to.equal(assets);
        await queued.connect(user).redeem(most, user, user);
      }
    });

    it("gives a million shares for the first unit, though its pool has a thousand", async () => {
      const { queued, alice } = await loadFixture(stakedVaultFixture);
      await queued.connect(alice).deposit(7n, alice);
      expect(await queued.balanceOf(alice)).to.equal(7n * 10n ** 6n);
      await queued.connect(alice).deposit(9n, alice);
      expect(await queued.balanceOf(alice)).to.equal(16n * 10n ** 6n);
    });

    it("pays nothing for nothing before anything was collected", async () => {
      const { queued, alice } = await loadFixture(queuedVaultFixture);
      await expect(queued.connect(alice).redeem(0n, alice, alice)).to.emit(queued, "Withdraw");
      expect(await queued.connect(alice).redeem.staticCall(0n, alice, alice)).to.equal(0n);
    });

    it("refuses requests of nothing, and where exits are at once", async () => {
      const { queued, vault, alice } = await loadFixture(queuedVaultFixture);
      for (const shares of [0n, 1n])
        await expect(queued.connect(alice).requestRedeem(shares, alice, alice))
          .to.be.revertedWithCustomError(queued, "StakedVaultTooSmall")
          .withArgs(0n, shares);
      await expect(vault.connect(alice).requestRedeem(1n, alice, alice)).to.be.revertedWithCustomError(
        vault,
        "StakedVaultNoRequests",
      );
      await expect(queued.connect(alice).requestRedeem(WAD, alice, alice)).not.to.be.revertedWithCustomError(
        queued,
        "StakedVaultTooSmall",
      );
    });

    it("pays to nobody and to itself nothing", async () => {
      const { queued, vault, alice } = await loadFixture(queuedVaultFixture);
      for (const each of [queued, vault])
        for (const receiver of [ethers.ZeroAddress, await each.getAddress()]) {
          for (const action of ["redeem", "withdraw"] as const)
            await expect(each.connect(alice)[action](0n, receiver, alice))
              .to.be.revertedWithCustomError(each, "StakedVaultInvalidReceiver")
              .withArgs(receiver);
        }
    });
  });

  it("deposits and mints by exact previews in a pool that was slashed", async () => {
    const fixture = await loadFixture(queuedVaultFixture);
    const { queued, bob } = fixture;
    await slash(fixture, 77n * WAD + 13n);
    for (const amount of [1n, 12_345n, STAKE]) {
      await atLast(async (options) => {
        const shares = await queued.previewDeposit(amount, options);
        expect(await queued.connect(bob).deposit.staticCall(amount, bob, options)).to.equal(shares);
        const assets = await queued.previewMint(shares, options);
        expect(assets).to.be.at.most(amount);
        expect(await queued.connect(bob).mint.staticCall(shares, bob, options)).to.equal(assets);
      });
      const worth = await queued.convertToAssets(await queued.balanceOf(bob));
      await queued.connect(bob).deposit(amount, bob);
      const more = (await queued.convertToAssets(await queued.balanceOf(bob))) - worth;
      expect(more).to.be.at.most(amount);
      expect(more).to.be.at.least(amount - 2n);
    }
    await atLast(async (options) => {
      for (const [action, maximum] of [
        ["deposit", await queued.maxDeposit(bob, options)],
        ["mint", await queued.maxMint(bob, options)],
      ] as const) {
        await fixture.token.mint(bob, maximum);
        const blockTag = await ethers.provider.getBlockNumber();
        await queued.connect(bob)[action].staticCall(action === "deposit" ? maximum : maximum, bob, { blockTag });
        await expect(
          queued.connect(bob)[action].staticCall(maximum + 1n, bob, { blockTag }),
        ).to.be.revertedWithCustomError(
          queued,
          action === "deposit" ? "ERC4626ExceededMaxDeposit" : "ERC4626ExceededMaxMint",
        );
      }
    });
  });

  it("takes no more than the ledger can hold of its token", async () => {
    const { vault, ledger, token, alice, bob } = await loadFixture(stakedVaultFixture);
    const all = 2n ** 112n - 1n;
    const room = 1_000n;
    const held = await token.balanceOf(ledger);
    await token.mint(bob, all - held - room);
    await token.connect(bob).approve(ledger, ethers.MaxUint256);
    await ledger.connect(bob).deposit(token, all - held - room, 0n, bob);
    expect(await vault.maxDeposit(alice)).to.equal(room);
    await vault.connect(alice).deposit(room, alice);
    expect(await vault.maxDeposit(alice)).to.equal(0n);
  });

  it("is what its constructor was told", async () => {
    const { vault, staking, ledger, stakeId } = await loadFixture(stakedVaultFixture);
    expect(await vault.auctionTerms()).to.deep.equal(Object.values(TERMS));
    expect(await vault.STAKING()).to.equal(await staking.getAddress());
    expect(await vault.LEDGER()).to.equal(await ledger.getAddress());
    expect(await vault.POOL()).to.equal(stakeId);
    expect(await vault.DRIP_PERIOD()).to.equal(7n * DAY);
  });
});
