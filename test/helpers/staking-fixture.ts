import type { Addressable } from "ethers";
import { IStakingActions__factory, type StakingCore, type StakingLens } from "../../typechain-types/index.js";
import type { ILedger } from "../../typechain-types/core/Ledger.js";
import {
  bookIdOf,
  callOf,
  ethers,
  issuedId,
  ledgerFixture,
  networkHelpers,
  WAD,
  type LedgerFixture,
} from "./ledger-fixture.js";

/** The typed calls of the staking core. */
export const stakingActions = IStakingActions__factory.createInterface();

export const HOUR = 3600n;
export const DAY = 24n * HOUR;
/** The flags of a receipt's word: RULES and NOTIFY of side 0. */
export const RECEIPT_FLAGS = 5n;

export type StakePool = {
  stakeAsset: bigint;
  reward0: bigint;
  reward1: bigint;
  funder: string;
  cooldown: bigint;
  maxBoost: bigint;
  slasher: string;
  maxLock: bigint;
  maxSlash: bigint;
  step: bigint;
};

export type StakingFixture = Awaited<ReturnType<typeof stakingFixture>>;
type Signer = LedgerFixture["alice"];
type Suite = { ledger: LedgerFixture["ledger"]; staking: StakingCore };

/** The core's own name of a pool's book, beside its assets: a twin of `StakePool.bookKey`. */
export function stakeKeyOf(pool: StakePool): string {
  const { reward1, funder, cooldown, maxBoost, slasher, maxLock, maxSlash, step } = pool;
  const types = ["uint256", "address", "uint32", "uint64", "address", "uint32", "uint64", "uint32"];
  const values = [reward1, funder, cooldown, maxBoost, slasher, maxLock, maxSlash, step];
  return ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(types, values));
}

/** The id of a pool, which is that of its first book. */
export async function stakeIdOf(staking: Addressable, pool: StakePool): Promise<string> {
  return bookIdOf({ protocol: staking, asset0: pool.stakeAsset, asset1: pool.reward0, key: stakeKeyOf(pool) });
}

type Action = { action: string; args?: readonly unknown[]; stream?: 0 | 1 } & Partial<ILedger.CallStruct>;

/** A call on a pool: by name and arguments of `IStakingActions`, from and to the ledger unless said otherwise. */
export async function stakeCall(
  staking: Addressable,
  pool: StakePool,
  { action, args = [], stream = 0, ...rest }: Action,
): Promise<ILedger.CallStruct> {
  const key = stream === 0 ? stakeKeyOf(pool) : await stakeIdOf(staking, pool);
  const asset1 = stream === 0 ? pool.reward0 : pool.reward1;
  return callOf({
    ...{ protocol: staking, key, asset0: pool.stakeAsset, asset1, to: ethers.ZeroAddress },
    ...{ data: stakingActions.encodeFunctionData(action as never, args as never) },
    ...rest,
  });
}

/**
 * The ledger fixture with a staking core, and a pool of token 0 that pays token 1, counted by the second, of which Carol is the
 * funder, and in which nobody has anything.
 */
export async function stakingFixture() {
  const fixture = await ledgerFixture();
  const { ledger, ids, carol, token0, token1, usdc } = fixture;
  const staking: StakingCore = await ethers.deployContract("StakingCore", [ledger]);
  const lens: StakingLens = await ethers.deployContract("StakingLens", [staking]);
  await ledger.listCore(staking);
  for (const token of [token0, token1, usdc]) {
    const amount = 1_000_000n * WAD;
    await token.mint(carol, amount);
    await token.connect(carol).approve(ledger, ethers.MaxUint256);
    await ledger.connect(carol).deposit(token, amount, amount, carol);
  }
  const pool: StakePool = {
    ...{ stakeAsset: ids.token0, reward0: ids.token1, reward1: 0n, funder: carol.address, cooldown: 0n, maxBoost: 0n },
    ...{ slasher: ethers.ZeroAddress, maxLock: 0n, maxSlash: 0n, step: 1n },
  };
  const created = { ...fixture, staking, lens, pool };
  return { ...created, ...(await createPool(created, pool)), ...actorsOf(created) };
}

/** Creates a pool; answers its id and its receipt's. */
export async function createPool(
  { ledger, staking, alice }: Suite & { alice: Signer },
  pool: StakePool,
): Promise<{ stakeId: string; receiptId: bigint }> {
  await ledger.connect(alice).call(await stakeCall(staking, pool, { action: "createPool", args: [pool] }));
  const stakeId = await stakeIdOf(staking, pool);
  return { stakeId, receiptId: await issuedId({ owner: staking, salt: stakeId, flags: RECEIPT_FLAGS }) };
}

type Act = { pool?: StakePool; user: Signer; stream?: 0 | 1 } & Partial<ILedger.CallStruct>;

/** The actions by name, each from and to the ledger balance of its user, on the fixture's pool unless another is given. */
function actorsOf({ ledger, staking, pool: home }: Suite & { pool: StakePool }) {
  const run = async (action: string, args: readonly unknown[], { pool = home, user, ...rest }: Act) =>
    ledger.connect(user).call(await stakeCall(staking, pool, { action, args, ...rest }));
  return {
    run,
    stake: (amount0: bigint, act: Act) => run("stake", [0n, ethers.ZeroAddress], { amount0, ...act }),
    unstake: (shares: bigint, act: Act) => run("unstake", [shares, ethers.ZeroAddress], act),
    requestUnstake: (shares: bigint, act: Act) => run("requestUnstake", [shares, ethers.ZeroAddress], act),
    claimUnstaked: (requestId: bigint, act: Act) => run("claimUnstaked", [requestId], act),
    claim: (act: Act) => run("claim", [ethers.ZeroAddress], act),
    fund: (amount1: bigint, end: bigint, act: Act) => run("fund", [end], { amount1, ...act }),
    addRewards: (amount1: bigint, act: Act) => run("addRewards", [], { amount1, ...act }),
  };
}

/** Funds a stream from the next block on for `duration` seconds; answers its end. */
export async function fundFor(
  fixture: Pick<StakingFixture, "fund" | "pool" | "carol">,
  {
    amount,
    duration,
    pool = fixture.pool,
    stream = 0,
  }: { amount: bigint; duration: bigint; pool?: StakePool; stream?: 0 | 1 },
): Promise<bigint> {
  const now = BigInt(await networkHelpers.time.latest()) + 1n;
  await networkHelpers.time.setNextBlockTimestamp(now);
  const end = now - (now % pool.step) + duration;
  await fixture.fund(amount, end, { user: fixture.carol, pool, stream });
  return end;
}
