import { isInstrumented } from "#chain";
import { expect } from "chai";
import { ethers, loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import { createMarket, NO_INTEREST } from "../../helpers/lending-fixture.js";
import {
  borrow,
  DAY,
  deployVault,
  raiseCap,
  stockedVaultFixture,
  suppliedVaultFixture,
  vaultFixture,
  vaultOfToken,
} from "../../helpers/vault-fixture.js";

/** A vault of a token that calls back, with two markets, the first one for at most 100 units. */
async function callbackFixture() {
  const fixture = await vaultFixture();
  const { alice, curator, allocator, market } = fixture;
  const token = await ethers.deployContract("CallbackToken", ["Callback", "CBK", 18]);
  const vault = await deployVault(fixture, token, fixture);
  const small = { ...market, loanAsset: BigInt(await token.getAddress()), irm: NO_INTEREST };
  const large = { ...small, closeOutDebt: 0n };
  const ids = [await createMarket(fixture, small), await createMarket(fixture, large)].map(({ marketId }) => marketId);
  await raiseCap(vault, curator, small, 100n);
  await raiseCap(vault, curator, large, 10n ** 30n);
  await vault.connect(allocator).setSupplyQueue(ids);
  await token.mint(alice, 1000n * WAD);
  await token.connect(alice).approve(vault, ethers.MaxUint256);
  await vault.connect(alice).deposit(130n, alice);
  await vault.connect(alice).withdraw(10n, alice, alice);
  return { ...fixture, token, vault, small };
}

const GAS = { gasLimit: 3_000_000n };

type CallbackFixture = Awaited<ReturnType<typeof callbackFixture>>;

/** Each way in and out: to and from one market, and over the ledger balance. */
const FLOWS: Readonly<Record<string, (fixture: CallbackFixture) => Promise<unknown>>> = {
  "deposit in one market": ({ vault, alice }) => vault.connect(alice).deposit(10n, alice, GAS),
  "deposit in two": ({ vault, alice }) => vault.connect(alice).deposit(120n, alice, GAS),
  "withdrawal from one market": ({ vault, alice }) => vault.connect(alice).withdraw(10n, alice, alice, GAS),
  "withdrawal from two": ({ vault, alice }) => vault.connect(alice).withdraw(120n, alice, alice, GAS),
};

describe("LendingVault", () => {
  describe("in a callback of its token", () => {
    for (const [name, run] of Object.entries(FLOWS)) {
      for (const isBefore of [true, false]) {
        it(`is locked, and worth the same: ${name}, ${isBefore ? "before" : "after"} the transfer`, async () => {
          const fixture = await loadFixture(callbackFixture);
          const { vault, token, alice, small } = fixture;
          const snapshot = await networkHelpers.takeSnapshot();
          for (const transfers of [1, 2]) {
            await snapshot.restore();
            const price = await vault.convertToAssets(10n ** 30n);
            const question = vault.interface.encodeFunctionData("convertToAssets", [10n ** 30n]);
            await token.configure(vault, question, isBefore, true, transfers);
            await run(fixture);
            expect(await token.calls()).to.be.greaterThan(0n);
            expect(BigInt(await token.lastReturnData()), `price in transfer ${String(transfers)}`).to.equal(price);
          }
          for (const data of [
            vault.interface.encodeFunctionData("deposit", [1n, alice.address]),
            vault.interface.encodeFunctionData("mint", [1n, alice.address]),
            vault.interface.encodeFunctionData("withdraw", [0n, alice.address, alice.address]),
            vault.interface.encodeFunctionData("redeem", [0n, alice.address, alice.address]),
            vault.interface.encodeFunctionData("acceptCap", [small]),
          ]) {
            await snapshot.restore();
            await token.configure(vault, data, isBefore, false, 1);
            await run(fixture);
            expect(await token.lastSuccess()).to.equal(false);
            const { name: error } = vault.interface.parseError(await token.lastReturnData()) ?? {};
            expect(error).to.equal("ReentrancyGuardReentrantCall");
          }
        });
      }
    }
  });

  describe("of a token that is not plain", () => {
    it("refuses deposits of one that delivers less", async () => {
      const fixture = await loadFixture(vaultFixture);
      const { alice, lending } = fixture;
      const token = await ethers.deployContract("FeeOnTransferToken", ["Fee", "FEE", 18, 0]);
      const vault = await vaultOfToken(fixture, token);
      await vault.connect(alice).deposit(WAD, alice);
      await token.setFeeBps(10);
      await expect(vault.connect(alice).deposit(WAD, alice)).to.be.revertedWithCustomError(
        token,
        "ERC20InsufficientBalance",
      );
      // With tokens of somebody in the vault's wallet the market gets too little, and says so.
      await token.mint(vault, WAD);
      await expect(vault.connect(alice).deposit(WAD, alice)).to.be.revertedWithCustomError(
        lending,
        "LendingBelowMinimumShares",
      );
      const before = await token.balanceOf(alice);
      await vault.connect(alice).withdraw(WAD, alice, alice);
      expect((await token.balanceOf(alice)) - before).to.equal(WAD - WAD / 1000n);
    });

    it("takes and gives one that answers nothing", async () => {
      const fixture = await loadFixture(vaultFixture);
      const { alice } = fixture;
      const token = await ethers.deployContract("MissingReturnToken", ["Silent", "SLT", 18]);
      const vault = await vaultOfToken(fixture, token as never);
      await vault.connect(alice).deposit(WAD, alice);
      await vault.connect(alice).withdraw(WAD, alice, alice);
      expect(await vault.totalAssets()).to.equal(0n);
    });

    it("lets nobody else wait for one receiver that the token refuses", async () => {
      const fixture = await loadFixture(vaultFixture);
      const { alice, bob } = fixture;
      const token = await ethers.deployContract("BlocklistToken", ["Block", "BLK", 18]);
      const vault = await vaultOfToken(fixture, token);
      await vault.connect(alice).deposit(2n * WAD, alice);
      await vault.connect(alice).transfer(bob, await vault.convertToShares(WAD));
      await token.setBlocked(alice, true);
      await expect(vault.connect(alice).withdraw(WAD, alice, alice)).to.be.revertedWithCustomError(
        token,
        "MockAccountBlocked",
      );
      await vault.connect(bob).withdraw(WAD, bob, bob);
    });
  });

  describe("and the first depositor", () => {
    it("who gives what he likes to vault, ledger and market takes nothing of the next one", async () => {
      const fixture = await loadFixture(stockedVaultFixture);
      const { vault, ledger, token, alice, bob, ids } = fixture;
      await vault.connect(bob).deposit(1n, bob);
      await token.connect(bob).transfer(vault, 50n * WAD);
      await ledger.connect(bob).transfer(vault, ids.token0, 50n * WAD);
      await fixture.supply(50n * WAD, { user: bob, to: await vault.getAddress() });
      await vault.connect(alice).deposit(10n * WAD, alice);
      const worth = await vault.maxWithdraw(alice);
      expect(10n * WAD - worth).to.be.at.most(2n);
      expect(await vault.maxWithdraw(bob)).to.be.at.most(1n);
    });

    it("who has interest paid to a vault of one unit gains less than he pays", async () => {
      const fixture = await loadFixture(stockedVaultFixture);
      const { vault, alice, bob } = fixture;
      await vault.connect(bob).deposit(1000n, bob);
      await borrow(fixture, 900n);
      await networkHelpers.time.increase(3650n * DAY);
      const price = await vault.totalAssets();
      expect(price).to.be.greaterThan(1000n);
      await vault.connect(alice).deposit(10n * WAD, alice);
      // Rounding costs a depositor less than a share, and a unit in the market.
      expect(10n * WAD - (await vault.convertToAssets(await vault.balanceOf(alice)))).to.be.at.most(2n);
    });

    it("cannot have a deposit of the next one round to nothing", async () => {
      const fixture = await loadFixture(stockedVaultFixture);
      const { vault, alice, bob } = fixture;
      await vault.connect(bob).deposit(1n, bob);
      await vault.connect(alice).deposit(1n, alice);
      expect(await vault.balanceOf(alice)).to.be.greaterThan(0n);
    });
  });

  describe("and a rate model", () => {
    it("that re-enters finds it as it is, and blocks nobody", async () => {
      const fixture = await loadFixture(suppliedVaultFixture);
      const { vault, alice, rateModel, allocator, marketIds } = fixture;
      await vault.connect(allocator).setSupplyQueue([marketIds.external]);
      await rateModel.setAttack(vault, vault.interface.encodeFunctionData("totalAssets"));
      await networkHelpers.time.increase(DAY);
      // It asks the vault, which asks it: its gas ends that, and the market stays at its last rate.
      await vault.connect(alice).deposit(WAD, alice, { gasLimit: 5_000_000n });
      await vault.connect(alice).withdraw(WAD, alice, alice, { gasLimit: 5_000_000n });
    });

    it("is not made to fail by who sends too little gas", async function () {
      if (isInstrumented) this.skip(); // what runs before the question costs more with probes
      const fixture = await loadFixture(suppliedVaultFixture);
      const { vault, rateModel, lending, alice } = fixture;
      await rateModel.setMode(2n);
      await networkHelpers.time.increase(DAY);
      await expect(vault.totalAssets({ gasLimit: 120_000n })).to.be.revertedWithCustomError(
        lending,
        "LendingInsufficientGas",
      );
      expect(await vault.maxWithdraw(alice)).to.equal(50n * WAD);
    });
  });
});
