import { behavesLikeErc4626 } from "../../behaviors/erc4626.js";
import { ethers, WAD } from "../../helpers/ledger-fixture.js";
import {
  borrow,
  stockedVaultFixture,
  suppliedVaultFixture,
  vaultFixture,
  vaultOfToken,
} from "../../helpers/vault-fixture.js";

/** One market that earns, with a fee. */
async function earning() {
  const fixture = await suppliedVaultFixture();
  const { vault, owner, token, alice: depositor, stranger, feeRecipient } = fixture;
  await vault.connect(owner).setFeeRecipient(feeRecipient);
  await vault.connect(owner).setFee(WAD / 10n);
  await borrow(fixture, 20n * WAD);
  return { vault, token, depositor, stranger, amount: 3n * WAD };
}

/** Three markets and something idle: every action of this amount touches more than one. */
async function spread() {
  const fixture = await stockedVaultFixture();
  const { vault, token, alice: depositor, stranger, allocator, marketIds } = fixture;
  await vault.connect(depositor).deposit(400n * WAD, depositor);
  await vault.connect(allocator).reallocate([{ id: marketIds.home, assets: 90n * WAD }]);
  return { vault, token, depositor, stranger, amount: 150n * WAD };
}

/** A token of six decimals. */
async function sixDecimals() {
  const fixture = await vaultFixture();
  const { alice: depositor, stranger } = fixture;
  const token = await ethers.deployContract("MockERC20", ["Six", "SIX", 6]);
  const vault = await vaultOfToken(fixture, token);
  await vault.connect(depositor).deposit(1_000_000n, depositor);
  return { vault, token, depositor, stranger, amount: 123_457n };
}

describe("LendingVault", () => {
  describe("with one market and a fee", () => behavesLikeErc4626(earning));
  describe("with three markets", () => behavesLikeErc4626(spread));
  describe("of a token of six decimals", () => behavesLikeErc4626(sixDecimals));
});
