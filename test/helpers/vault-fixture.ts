import type { Addressable } from "ethers";
import type { LendingVault, MockERC20 } from "../../typechain-types/index.js";
import { ethers, networkHelpers, WAD } from "./ledger-fixture.js";
import {
  createMarket,
  lendingFixture,
  NO_INTEREST,
  type LendingFixture,
  type MarketParams,
} from "./lending-fixture.js";

export const DAY = 24n * 3600n;
/** The fixture vault's timelock. */
export const TIMELOCK = 3n * DAY;
/** Shares that are nobody's, for a token of 18 decimals. */
export const VIRTUAL = 10n ** 6n;
/** Caps of the markets of `stockedVaultFixture`. */
export const CAPS = { home: 100n * WAD, external: 200n * WAD, still: 400n * WAD } as const;

export type VaultFixture = Awaited<ReturnType<typeof vaultFixture>>;
export type StockedVault = Awaited<ReturnType<typeof stockedVaultFixture>>;
type Signer = LendingFixture["alice"];

/** A vault of `token` with its roles set and no market. */
export async function deployVault(
  { lending }: Pick<LendingFixture, "lending">,
  token: Addressable,
  { owner, curator, allocator, guardian }: Record<"owner" | "curator" | "allocator" | "guardian", Signer>,
): Promise<LendingVault> {
  const vault = await ethers.deployContract("LendingVault", [lending, token, owner, TIMELOCK, "Lakh Vault", "LV"]);
  await vault.connect(owner).setCurator(curator);
  await vault.connect(owner).setAllocator(allocator, true);
  await vault.connect(owner).submitGuardian(guardian);
  return vault;
}

/** Raises a cap, waiting for the timelock. */
export async function raiseCap(vault: LendingVault, curator: Signer, market: MarketParams, cap: bigint): Promise<void> {
  await vault.connect(curator).submitCap(market, cap);
  await networkHelpers.time.increase(await vault.timelock());
  await vault.acceptCap(market);
}

/** The lending fixture with an empty vault of token 0, and a signer for each role. Alice and Bob let it take their tokens. */
export async function vaultFixture() {
  const fixture = await lendingFixture();
  const { admin: owner, carol: curator, relayer: allocator, token0: token, alice, bob } = fixture;
  const [, , , , , guardian, feeRecipient, stranger] = await ethers.getSigners();
  if (!guardian || !feeRecipient || !stranger) throw new Error("There are too few signers");
  const roles = { owner, curator, allocator, guardian };
  const vault = await deployVault(fixture, token, roles);
  for (const user of [alice, bob]) await token.connect(user).approve(vault, ethers.MaxUint256);
  return { ...fixture, ...roles, feeRecipient, stranger, token, vault };
}

/**
 * Three markets in both queues: `home` with the adaptive rate against token 1, `external` with the mock's rate, 0 at first, against
 * USDC, `still` without interest against wrapped ether.
 */
export async function stockedVaultFixture() {
  const fixture = await vaultFixture();
  const { vault, curator, allocator, ids, market: home, marketId, rateModel } = fixture;
  const external = { ...home, collateralAsset: ids.usdc, irm: await rateModel.getAddress() };
  const still = { ...home, collateralAsset: ids.weth, irm: NO_INTEREST };
  const created = [await createMarket(fixture, external), await createMarket(fixture, still)] as const;
  const markets = { home, external, still };
  const marketIds = { home: marketId, external: created[0].marketId, still: created[1].marketId };
  const shareIds = { home: fixture.shareId, external: created[0].shareId, still: created[1].shareId };
  for (const name of ["home", "external", "still"] as const)
    await vault.connect(curator).submitCap(markets[name], CAPS[name]);
  await networkHelpers.time.increase(TIMELOCK);
  for (const name of ["home", "external", "still"] as const) await vault.acceptCap(markets[name]);
  await vault.connect(allocator).setSupplyQueue([marketIds.home, marketIds.external, marketIds.still]);
  return { ...fixture, markets, marketIds, shareIds };
}

/** As `stockedVaultFixture`, with only the home market in the supply queue and 50 tokens of Alice's in it. */
export async function suppliedVaultFixture() {
  const fixture = await stockedVaultFixture();
  const { vault, alice, allocator, marketIds } = fixture;
  await vault.connect(allocator).setSupplyQueue([marketIds.home]);
  await vault.connect(alice).deposit(50n * WAD, alice);
  return fixture;
}

/** Bob borrows against twice the collateral. */
export async function borrow(fixture: StockedVault, amount: bigint, market = fixture.market): Promise<void> {
  const { addCollateral, borrow: run, bob } = fixture;
  await addCollateral(2n * amount, { user: bob, market });
  await run(amount, { user: bob, market });
}

/** Bob's collateral in the home market is worth next to nothing, and all of it is liquidated: the debt is bad. */
export async function loseDebt(fixture: StockedVault): Promise<void> {
  const { oracle, liquidate, alice, bob } = fixture;
  await oracle.setPrice(10n ** 20n);
  await liquidate(WAD, bob.address, { user: alice });
}

/** A vault of `token` with one market against token 1 without interest, for 1,000 tokens of 18 decimals of Alice's. */
export async function vaultOfToken(fixture: VaultFixture, token: MockERC20): Promise<LendingVault> {
  const { alice, curator, allocator, market: home } = fixture;
  const market = { ...home, loanAsset: BigInt(await token.getAddress()), irm: NO_INTEREST };
  const { marketId } = await createMarket(fixture, market);
  const vault = await deployVault(fixture, token, fixture);
  await raiseCap(vault, curator, market, 10n ** 30n);
  await vault.connect(allocator).setSupplyQueue([marketId]);
  await token.mint(alice, 1000n * WAD);
  await token.connect(alice).approve(vault, ethers.MaxUint256);
  return vault;
}
