import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { loadFixture, networkHelpers, NEVER, WAD } from "../../helpers/ledger-fixture.js";
import { DAY, DRIP, earningVaultFixture, TERMS } from "../../helpers/staked-vault-fixture.js";

const DOCUMENT = path.join(import.meta.dirname, "../../../docs/staked-vault.md");

/** The amount of 18 decimals with two digits, rounded. */
function text(amount: bigint): string {
  return (Number((amount + WAD / 200n) / (WAD / 100n)) / 100).toLocaleString("en-US", { minimumFractionDigits: 2 });
}

describe("StakedVault", () => {
  it("does what the document's example says", async () => {
    const fixture = await loadFixture(earningVaultFixture);
    const { compounding: vault, alice, bob, carol } = fixture;
    const document = await readFile(DOCUMENT, "utf8");
    const says = (row: string) => expect(document).to.include(row);
    const stake = async () => {
      const [total, dripping] = await vault.stakeOf();
      return `${text(total)} | ${text(dripping)}`;
    };

    says(`| the deposits | ${await stake()} | ${text(await vault.totalAssets())} |`);
    const start = BigInt(await networkHelpers.time.latest());
    await networkHelpers.time.setNextBlockTimestamp(start + 7n * DAY);
    await vault.harvest();
    says(`| the harvest | ${await stake()} | ${text(await vault.totalAssets())} |`);

    await networkHelpers.time.setNextBlockTimestamp(start + 7n * DAY + DAY / 2n);
    await vault.connect(carol).buyRewards(1n, 1n, TERMS.firstPrice / 2n, NEVER, carol);
    says(`| the sale | ${await stake()} | ${text((await vault.previewBuy(1n))[1])} |`);

    await networkHelpers.time.increase(DRIP);
    says(`| total assets | ${text(await vault.totalAssets())} |`);
    says(`| Alice's shares are worth | ${text(await vault.maxWithdraw(alice))} |`);
    says(`| Bob's shares are worth | ${text(await vault.maxWithdraw(bob))} |`);
  });
});
