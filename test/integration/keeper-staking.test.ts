import { expect } from "chai";
import { type JsonRpcSigner } from "ethers";
import { deployLocal, type LocalAddresses } from "../../scripts/lib/deployment.js";
import { type LocalChain } from "../../scripts/lib/devnet.js";
import { startInProcess } from "../../scripts/lib/in-process.js";
import { KeeperError } from "../../scripts/lib/keeper/error.js";
import { createKeeper, type Keeper, type KeeperOptions } from "../../scripts/lib/keeper/keeper.js";
import { checkStaking } from "../../scripts/lib/keeper/start.js";
import { type Upkeep, type UpkeepPass } from "../../scripts/lib/keeper/upkeep.js";
import { type StakingCounts } from "../../scripts/lib/keeper/upkeep-watches.js";
import { createLakh, stakePool, type LakhRequest, type StakePool, type StakingClient } from "../../src/index.js";
import { MockERC20__factory } from "../../typechain-types/index.js";
import { at } from "../helpers/deploy.js";

const USD = 10n ** 6n;
const DAY = 86_400;
const WAD = 10n ** 18n;

describe("keeper of stake pools on a chain", function () {
  this.timeout(120_000);

  let chain: LocalChain;
  let addresses: LocalAddresses;
  let staking: StakingClient;
  let signers: JsonRpcSigner[];
  let [locked, queued]: StakePool[] = [];
  let [lockedId, queuedId] = ["", ""];
  let snapshot: unknown;

  const send = async (by: JsonRpcSigner, { to, data }: LakhRequest) =>
    (await by.sendTransaction({ to, data, gasLimit: 3_000_000n })).wait();
  const pass = async (days: number): Promise<void> => {
    await chain.request({ method: "evm_increaseTime", params: [days * DAY] });
    await chain.request({ method: "evm_mine", params: [] });
  };
  const keeperOf = (options: Partial<KeeperOptions> = {}): Keeper => {
    const account = at(signers, 3).address;
    return createKeeper({ provider: chain.provider, addresses, account, stakePools: "all", ...options });
  };
  const upkeepOf = async (keeper: Keeper): Promise<UpkeepPass<StakingCounts>> => {
    const { staking: found } = await keeper.pass();
    if (found === undefined) throw new TypeError("The keeper does not look after stake pools");
    return found;
  };
  const shown = ({ upkeep }: UpkeepPass<StakingCounts>) =>
    upkeep.map(({ kind, task, pool, account, requestId, amount }: Upkeep) => {
      return [kind, task, pool, account, requestId, amount];
    });
  const poolOf = (pool: StakePool | undefined): StakePool => {
    if (pool === undefined) throw new TypeError("No pool");
    return pool;
  };

  /** Two accounts with a thousand dollars in a pool with locks of up to a hundred days and in one with a cooldown of two days. */
  before(async () => {
    chain = await startInProcess();
    addresses = await deployLocal(chain);
    const lakh = createLakh({ addresses, runner: chain.provider });
    staking = lakh.staking;
    signers = await Promise.all([0, 1, 2, 9].map((index) => chain.provider.getSigner(index)));
    const admin = at(signers, 0);
    const token = MockERC20__factory.connect(addresses.usd, admin);
    await token.mint(admin, 10_000n * USD);
    await token.approve(addresses.ledger, 10_000n * USD);
    await send(admin, lakh.ledger.deposit({ token: addresses.usd, amount: 10_000n * USD, to: admin.address }));
    const common = { stakeAsset: addresses.usd, rewards: [addresses.index] as const, funder: admin.address };
    locked = stakePool({ ...common, lock: { maxLock: 100n * BigInt(DAY), maxBoost: WAD } });
    queued = stakePool({ ...common, cooldown: 2n * BigInt(DAY) });
    for (const pool of [locked, queued]) {
      await send(admin, staking.createPool({ pool }));
      for (const { address } of signers.slice(1, 3)) {
        await send(admin, staking.stake({ pool, assets: 1_000n * USD, account: address }));
      }
    }
    [lockedId, queuedId] = [staking.stakeIdOf({ pool: locked }), staking.stakeIdOf({ pool: queued })];
    const latest = await chain.provider.getBlock("latest");
    const until = (days: number) => BigInt((latest?.timestamp ?? 0) + days * DAY);
    await send(at(signers, 1), staking.lock({ pool: locked, until: until(10) }));
    await send(at(signers, 2), staking.lock({ pool: locked, until: until(50) }));
    await send(at(signers, 1), staking.requestUnstake({ pool: queued, shares: 100n * USD }));
    await send(at(signers, 2), staking.requestUnstake({ pool: queued, shares: 200n * USD }));
  });

  beforeEach(async () => {
    snapshot = await chain.request({ method: "evm_snapshot", params: [] });
  });

  afterEach(async () => {
    await chain.request({ method: "evm_revert", params: [snapshot] });
  });

  after(async () => chain.stop());

  it("looks after no stake pool unless it is asked to", async () => {
    await pass(11);
    const keeper = createKeeper({ provider: chain.provider, addresses, account: at(signers, 3).address });
    expect(await keeper.pass()).not.to.have.property("staking");
  });

  it("leaves locks that run and requests that cool down alone", async () => {
    expect(await upkeepOf(keeperOf())).to.deep.equal({ pools: 2, locks: 2, upkeep: [] });
  });

  it("says what it would do and what it costs, and sends nothing in a dry run", async () => {
    await pass(11);
    const told: Upkeep[] = [];
    const found = await upkeepOf(keeperOf({ tellUpkeep: (upkeep) => told.push(upkeep) }));
    const [first, second] = [at(signers, 1).address, at(signers, 2).address];
    expect(shown(found)).to.deep.equal([
      ["planned", "kick", lockedId, first, undefined, at(found.upkeep, 0).amount],
      ["planned", "finalise", queuedId, second, 2n, 300n * USD],
    ]);
    const { weight, shares } = await staking.positionOf({ pool: poolOf(locked), account: first });
    expect(at(found.upkeep, 0).amount).to.equal(weight - shares);
    expect(weight - shares > 99n * USD && weight - shares <= 100n * USD, "a tenth of the longest lock").to.equal(true);
    for (const { gas, gasCost, profit, reason } of found.upkeep) {
      expect(gas > 40_000n && gas < 200_000n && gasCost > gas, `${gas}`).to.equal(true);
      expect([profit, reason]).to.deep.equal([0n, undefined]);
    }
    expect(told).to.deep.equal(found.upkeep);
    expect((await staking.positionOf({ pool: poolOf(locked), account: first })).lockEnd).not.to.equal(0n);
  });

  it("kicks and finalises once, and finds what comes later", async () => {
    const by = at(signers, 3);
    const keeper = keeperOf({ signer: by });
    expect(await upkeepOf(keeper)).to.deep.include({ locks: 2, upkeep: [] });
    await pass(11);
    const [first, second] = [at(signers, 1), at(signers, 2)];
    await send(first, staking.requestUnstake({ pool: poolOf(queued), shares: 50n * USD }));
    const done = await upkeepOf(keeper);
    expect(shown(done).map(([kind, task, , , id, amount]) => [kind, task, id, amount])).to.deep.equal([
      ["done", "kick", undefined, at(done.upkeep, 0).amount],
      ["done", "finalise", 2n, 300n * USD],
    ]);
    const after = await staking.positionOf({ pool: poolOf(locked), account: first.address });
    expect([after.lockEnd, after.weight]).to.deep.equal([0n, 1_000n * USD]);
    expect((await staking.requestOf({ pool: poolOf(queued), requestId: 2n }))?.isFinal).to.equal(true);
    expect((await staking.requestOf({ pool: poolOf(queued), requestId: 3n }))?.isFinal).to.equal(false);
    expect(await upkeepOf(keeper)).to.deep.equal({ pools: 2, locks: 1, upkeep: [] });

    // What is paid is forgotten, also the last of what is ready.
    await send(second, staking.claimUnstaked({ pool: poolOf(queued), requestId: 2n }));
    expect((await upkeepOf(keeper)).upkeep).to.deep.equal([]);
    await pass(40);
    const next = await upkeepOf(keeper);
    expect(shown(next).map(([kind, task, , account, id]) => [kind, task, account, id])).to.deep.equal([
      ["done", "kick", second.address, undefined],
      ["done", "finalise", first.address, 3n],
    ]);
    expect(await upkeepOf(keeper)).to.deep.equal({ pools: 2, locks: 0, upkeep: [] });
  });

  it("keeps to the pools that it is given", async () => {
    await pass(11);
    const found = await upkeepOf(keeperOf({ stakePools: [queuedId.toUpperCase().replace("X", "x")] }));
    expect(found.pools).to.equal(1);
    expect(found.upkeep.map(({ task, pool }) => [task, pool])).to.deep.equal([["finalise", queuedId]]);
  });

  it("names the reason of what is refused", async () => {
    await pass(11);
    const refusing = {
      provider: chain.provider,
      getNonce: async () => Promise.resolve(0),
      sendTransaction: async () => Promise.reject(Object.assign(new Error("no money"), { code: "INSUFFICIENT_FUNDS" })),
    } as unknown as JsonRpcSigner;
    const { upkeep } = await upkeepOf(keeperOf({ signer: refusing }));
    expect(upkeep.map(({ kind, task }) => [kind, task])).to.deep.equal([
      ["refused", "kick"],
      ["refused", "finalise"],
    ]);
    for (const { reason } of upkeep) expect(reason?.message).to.match(/\S/);
  });

  it("starts with a staking core, its lens and pools that exist alone", async () => {
    const check = async (options: object, pools: readonly string[] | "all" = "all") =>
      checkStaking(chain.provider, { ...addresses, ...options }, pools).catch((error: unknown) => {
        return error instanceof KeeperError ? error.code : error;
      });
    expect(await check({}, [lockedId, queuedId])).to.equal(undefined);
    expect(await check({ staking: undefined })).to.equal("NO_STAKING");
    expect(await check({ staking: addresses.lending })).to.equal("NO_STAKING");
    expect(await check({ staking: addresses.usd })).to.equal("NO_STAKING");
    expect(await check({ stakingLens: undefined })).to.equal("NO_STAKING");
    expect(await check({ stakingLens: addresses.lendingLens })).to.equal("NO_STAKING");
    expect(await check({}, [lockedId, `0x${"1".repeat(64)}`])).to.equal("UNKNOWN_POOL");
  });
});
