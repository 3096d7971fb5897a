import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { ethers, idOf, loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import { createMarket, NO_INTEREST, PRICE_SCALE, YEAR } from "../../helpers/lending-fixture.js";
import { DAY, deployVault, raiseCap, vaultFixture } from "../../helpers/vault-fixture.js";

const DOCUMENT = path.join(import.meta.dirname, "../../../docs/lending-vault.md");
const USDC = 10n ** 6n;

/** The amount with two digits and commas. */
function text(amount: bigint, decimals = 6): string {
  const cents = (amount * 100n) / 10n ** BigInt(decimals);
  return (Number(cents) / 100).toLocaleString("en-US", { minimumFractionDigits: 2 });
}

/** The vault of the document: USDC, a fee of 10 %, market A at 8 % a year for 600,000, market B without interest for 1,000,000. */
async function exampleFixture() {
  const fixture = await vaultFixture();
  const { ids, usdc, rateModel, oracle, market: home, curator, allocator, owner, feeRecipient, alice, bob } = fixture;
  const loanAsset = await idOf(usdc);
  await oracle.setPrice(PRICE_SCALE);
  await rateModel.setRate((8n * WAD) / 100n / YEAR);
  const a = { ...home, loanAsset, collateralAsset: ids.token1, irm: await rateModel.getAddress() };
  const b = { ...home, loanAsset, collateralAsset: ids.token0, irm: NO_INTEREST };
  const idA = (await createMarket(fixture, a)).marketId;
  const idB = (await createMarket(fixture, b)).marketId;
  const vault = await deployVault(fixture, usdc, fixture);
  await vault.connect(owner).setFeeRecipient(feeRecipient);
  await vault.connect(owner).setFee(10n ** 17n);
  await raiseCap(vault, curator, a, 600_000n * USDC);
  await raiseCap(vault, curator, b, 1_000_000n * USDC);
  await vault.connect(allocator).setSupplyQueue([idA, idB]);
  for (const user of [alice, bob]) await usdc.connect(user).approve(vault, ethers.MaxUint256);
  return { ...fixture, vault, a, idA, idB };
}

describe("LendingVault", () => {
  it("does what the document's example says", async () => {
    const fixture = await loadFixture(exampleFixture);
    const { vault, alice, bob, feeRecipient, oracle, a, idA, idB, addCollateral, borrow, liquidate, carol } = fixture;
    const document = await readFile(DOCUMENT, "utf8");
    const says = (row: string) => expect(document).to.include(row);
    const both = async () => `${text(await vault.assetsIn(idA))} | ${text(await vault.assetsIn(idB))}`;
    const total = async () => text(await vault.totalAssets());

    await vault.connect(alice).deposit(1_000_000n * USDC, alice);
    says(`| ${await both()} | ${await total()} | ${text(await vault.balanceOf(alice), 18)} |`);

    await addCollateral(900_000n * USDC, { user: bob, market: a });
    await borrow(450_000n * USDC, { user: bob, market: a });
    await networkHelpers.time.increase(365n * DAY);
    says(`| ${await both()} | ${await total()} |`);
    says(`most that Alice can withdraw now | ${text(await vault.maxWithdraw(alice))} |`);

    await vault.connect(bob).deposit(10_000n * USDC, carol);
    const fee = await vault.balanceOf(feeRecipient);
    says(`shares of the fee's recipient | ${text(fee, 18)} | worth ${text(await vault.convertToAssets(fee))} |`);
    says(`Carol's shares | ${text(await vault.balanceOf(carol), 18)} |`);
    says(`Alice's shares are worth | ${text(await vault.convertToAssets(await vault.balanceOf(alice)))} |`);

    await oracle.setPrice(PRICE_SCALE / 3n);
    await liquidate(500_000n * USDC, bob.address, { user: alice, market: a });
    says(`| ${await both()} | ${await total()} |`);
    says(`Carol's shares are worth | ${text(await vault.convertToAssets(await vault.balanceOf(carol)))} |`);
  });
});
