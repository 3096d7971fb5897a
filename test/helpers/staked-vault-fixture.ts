import type { Addressable } from "ethers";
import type { StakedVault } from "../../typechain-types/index.js";
import {
  actions,
  ethers,
  FEE,
  idOf,
  networkHelpers,
  NEVER,
  poolCall,
  poolIdOf,
  SOURCE,
  WAD,
} from "./ledger-fixture.js";
import { stakePoolsFixture } from "./staking-pools.js";
import { createPool, DAY, fundFor, HOUR, type StakePool } from "./staking-fixture.js";

/** For how long the vaults' profit drips. */
export const DRIP = 7n * DAY;
/** A price that falls to next to nothing within a day, and begins anew. */
export const TERMS = {
  firstPrice: 100n * WAD,
  minimumPrice: WAD,
  multiplier: 2n * WAD,
  epoch: DAY,
} as const;
export const STAKE = 100n * WAD;

type Fixture = Awaited<ReturnType<typeof stakePoolsFixture>>;
export type StakedVaultFixture = Awaited<ReturnType<typeof stakedVaultFixture>>;

/** A vault on a pool of the fixture's core. */
export async function deployStakedVault(
  { staking }: Pick<Fixture, "staking">,
  stakeId: string,
  asset: Addressable | string,
  { drip = DRIP, terms = TERMS }: { drip?: bigint; terms?: Record<keyof typeof TERMS, bigint> } = {},
): Promise<StakedVault> {
  return ethers.deployContract("StakedVault", [staking, stakeId, asset, "Staked Lakh", "sLKH", drip, terms]);
}

/**
 * Vaults on pools of token 0: `plain` without a cooldown that pays token 1, `own` without one that pays token 0 and USDC, `slashed`
 * with a cooldown of a day and Carol as the slasher. Alice and Bob let them take their tokens; nobody has anything in them.
 */
export async function stakedVaultFixture() {
  const fixture = await stakePoolsFixture();
  const { plain, slashed: slashedPool, ids, alice, bob, carol, token0, token1, usdc, created } = fixture;
  const ownPool: StakePool = { ...plain, reward0: ids.token0, reward1: ids.usdc };
  const own = await createPool(fixture, ownPool);
  const vaults = {
    vault: await deployStakedVault(fixture, fixture.stakeId, token0),
    compounding: await deployStakedVault(fixture, own.stakeId, token0),
    queued: await deployStakedVault(fixture, created.slashed.stakeId, token0),
  };
  await token0.mint(carol, 1_000_000n * WAD);
  for (const vault of Object.values(vaults)) {
    for (const user of [alice, bob, carol]) await token0.connect(user).approve(vault, ethers.MaxUint256);
  }
  const [, , , , , stranger] = await ethers.getSigners();
  if (!stranger) throw new Error("There are too few signers");
  return { ...fixture, ...vaults, ownPool, ownId: own.stakeId, slashedPool, stranger, token: token0, token1, usdc };
}

/** Alice and Bob have stake in the vault of the pool that pays token 0 and USDC, and both streams flow for ten weeks. */
export async function earningVaultFixture() {
  const fixture = await stakedVaultFixture();
  const { compounding, alice, bob, ownPool: pool } = fixture;
  await compounding.connect(alice).deposit(STAKE, alice);
  await compounding.connect(bob).deposit(2n * STAKE, bob);
  await fundFor(fixture, { amount: 700n * WAD, duration: 70n * DAY, pool });
  await fundFor(fixture, { amount: 700_000_000n, duration: 70n * DAY, pool, stream: 1 });
  return fixture;
}

/** Alice and Bob have stake in the vault of the pool with a cooldown. */
export async function queuedVaultFixture() {
  const fixture = await stakedVaultFixture();
  const { queued, alice, bob } = fixture;
  await queued.connect(alice).deposit(STAKE, alice);
  await queued.connect(bob).deposit(2n * STAKE, bob);
  return fixture;
}

/** A vault on LP shares of a pool of token 0 and token 1, by the facade; Alice has shares of both kinds. */
export async function facadeVaultFixture() {
  const fixture = await stakedVaultFixture();
  const { ledger, amm, facades, alice, ids, plain } = fixture;
  const key = { asset0: ids.token0, asset1: ids.token1, fee: FEE, alpha: 0n, beta: 0n, flags: 0n };
  const poolId = await poolIdOf({ amm, key });
  const run = async (data: string, amount: bigint, to: Addressable) =>
    ledger
      .connect(alice)
      .call(poolCall({ amm, key, to, data, amount0: amount, amount1: amount, source: SOURCE.wallet }));
  await run(actions.encodeFunctionData("createPool", [key, 1n, NEVER]), 1000n * WAD, alice);
  const shareId = await amm.shareIdOf(key);
  await facades.createFacade(amm, poolId, 0n, 0n);
  const facade = await ethers.getContractAt("LedgerFacade", await ledger.facadeOf(shareId));
  const { stakeId } = await createPool(fixture, { ...plain, stakeAsset: shareId });
  const vault = await deployStakedVault(fixture, stakeId, facade);
  await facade.connect(alice).approve(vault, ethers.MaxUint256);
  const mint = async (to: Addressable, amount: bigint) => {
    for (const token of [fixture.token0, fixture.token1]) await token.mint(alice, 2n * amount);
    await run(actions.encodeFunctionData("addLiquidity", [1n, NEVER]), 2n * amount, to);
  };
  const token = {
    mint,
    balanceOf: (account: Addressable | string) => facade.balanceOf(account),
    decimals: () => facade.decimals(),
    getAddress: () => facade.getAddress(),
  };
  return { ...fixture, vault, facade, token, shareId, stakeId };
}

/** A vault on a pool of a token of so many decimals, which pays token 1, with 1,000 units of Alice's in it. */
export async function decimalsVaultFixture(decimals: number) {
  const fixture = await stakedVaultFixture();
  const { plain, alice } = fixture;
  const token = await ethers.deployContract("MockERC20", ["Few", "FEW", decimals]);
  const { stakeId } = await createPool(fixture, { ...plain, stakeAsset: await idOf(token) });
  const vault = await deployStakedVault(fixture, stakeId, token, { terms: { ...TERMS, minimumPrice: 1n } });
  await token.mint(alice, 1_000_000n);
  await token.connect(alice).approve(vault, ethers.MaxUint256);
  await vault.connect(alice).deposit(1_000n, alice);
  return { ...fixture, token, vault };
}

/** Carol takes `amount` of the stake of the pool with a slasher. */
export async function slash({ run, slashedPool: pool, carol }: StakedVaultFixture, amount: bigint): Promise<void> {
  await run("slash", [amount], { user: carol, pool });
}

/** The next block is mined `seconds` after the last. */
export async function waitFor(seconds: bigint): Promise<void> {
  await networkHelpers.time.increase(seconds);
}

/** Answers of views at the time of the last block. */
export async function atLast<T>(ask: (options: { blockTag: number }) => Promise<T>): Promise<T> {
  return ask({ blockTag: await ethers.provider.getBlockNumber() });
}

export { DAY, HOUR };
