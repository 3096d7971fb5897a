import { expect } from "chai";
import { isInstrumented } from "#chain";
import {
  DESTINATIONS,
  encodeStakingAction,
  SOURCES,
  stakeBook,
  stakingOperations,
  tokenId,
  type StakePool,
  type StakingAction,
  type StakingOperationName,
} from "../../../src/index.js";
import { type MockERC20 } from "../../../typechain-types/index.js";
import { at, deployTyped } from "../../helpers/deploy.js";
import { holdGas, settleAll, type OperationOf, type SectionHost } from "../../helpers/section-gas.js";
import { createStakingWorld, worldPools, type StakingWorld } from "../../helpers/staking-world.js";

const UNIT = 10n ** 18n;
const DAY = 86_400;

type Inputs = { amount0?: bigint; amount1?: bigint; stream?: 0 | 1 };

async function act(world: StakingWorld, pool: StakePool, caller: string, data: StakingAction, inputs: Inputs = {}) {
  const { suite, staking, chain } = world;
  const { amount0 = 0n, amount1 = 0n, stream = 0 } = inputs;
  const call = {
    ...{ ...stakeBook({ staking: await staking.getAddress(), pool, stream }), amount0, amount1 },
    ...{ source: SOURCES.ledger, destination: DESTINATIONS.ledger, to: caller, data: encodeStakingAction(data) },
  };
  const encoded = suite.ledger.interface.encodeFunctionData("call", [call]);
  const reply = await chain.send({ from: caller, to: await suite.ledger.getAddress(), data: encoded });
  if ("error" in reply) throw new Error(`${data.name} was refused: ${reply.error.name}`);
}

/** Where the world's sections run; the stakes' words have the sequences. */
function onWorld({ suite, settlement, chain, users, ids }: StakingWorld) {
  const relayer = at(users, 0);
  const host: SectionHost = {
    ...{ relayer, plenty: 1 << 20, step: 16 },
    wordOf: (user, asset) => suite.ledger.wordOf(user, asset),
    settle: async (how, section, operations) => {
      const data = settlement.interface.encodeFunctionData("settle", [section, operations]);
      const reply = await chain[how]({ from: relayer, to: settlement.target as string, data });
      if ("error" in reply) throw new Error(`The section was refused: ${reply.error.name}`);
      return settlement.interface.decodeFunctionResult("settle", reply.answer) as unknown as [boolean, bigint[]];
    },
  };
  return { host, group: { users, asset: at(ids, 1) } };
}

/** Settles one operation of each user in one section, under the builder's gas; answers whether each was executed. */
async function settle(world: StakingWorld, operationOf: OperationOf, places?: number[]): Promise<boolean> {
  const { host, group } = onWorld(world);
  return settleAll(host, operationOf, places === undefined ? group : { ...group, places });
}

/** Creates the pool and lets both streams run for ninety days; the second's rewards may be another token than the ledger holds yet. */
async function open(world: StakingWorld, pool: StakePool): Promise<void> {
  await act(world, pool, at(world.users, 0), { name: "createPool", pool });
  const end = BigInt(world.chain.now + 90 * DAY);
  await act(world, pool, pool.funder, { name: "fund", end }, { amount1: 10n ** 12n });
  await act(world, pool, pool.funder, { name: "fund", end }, { amount1: 10n ** 24n, stream: 1 });
  await world.chain.wait(DAY);
}

/** A token that nobody but the first user has, in the ledger. */
async function freshToken({ suite, users }: StakingWorld): Promise<bigint> {
  const { connection, ledger } = suite;
  const token = await deployTyped<MockERC20>(connection, "MockERC20", ["Fresh", "FRESH", 18]);
  const amount = 10n ** 28n;
  await token.mint(at(users, 0), amount);
  await token.approve(ledger, amount);
  await ledger.deposit(token, amount, amount, at(users, 0));
  return tokenId(await token.getAddress());
}

describe("settlement/staking-operations", () => {
  before(function () {
    if (isInstrumented) this.skip(); // the client's gas is that of code without probes
  });

  it("brings the gas that fresh positions, requests and payments need", async () => {
    const world = await createStakingWorld();
    const { chain, users, ids, staking } = world;
    const [six, wad] = [at(ids, 0), at(ids, 1)];
    const base = at(worldPools(world), 2);
    const slow = { ...base, stakeAsset: wad, reward0: six, reward1: at(ids, 2) };
    const quick = { ...at(worldPools(world), 0), reward1: at(ids, 2) };
    const address = await staking.getAddress();
    for (const pool of [slow, quick]) {
      const terms = { staking: address, pool };
      await act(world, pool, at(users, 0), { name: "createPool", pool });
      const end = BigInt(chain.now + 9 * DAY);
      await act(world, pool, pool.funder, { name: "fund", end }, { amount1: 10n ** 12n });
      await act(world, pool, pool.funder, { name: "fund", end }, { amount1: 10n ** 24n, stream: 1 });
      await chain.wait(DAY);
      expect(await settle(world, (sequence) => stakingOperations.stake({ ...terms, sequence, assets: UNIT }))).to.equal(
        true,
      );
      await chain.wait(DAY);
      for (const stream of [0, 1] as const) {
        const claim = (sequence: number) => stakingOperations.claim({ ...terms, stream, sequence });
        expect(await settle(world, claim), `claims of stream ${stream}`).to.equal(true);
        await chain.wait(DAY);
      }
    }
    const queued = { staking: address, pool: slow };
    const shares = 400n * UNIT;
    expect(
      await settle(world, (sequence) => stakingOperations.requestUnstake({ ...queued, sequence, shares })),
    ).to.equal(true);
    await chain.wait(3 * DAY);
    expect(
      await settle(world, (sequence, index) =>
        stakingOperations.claimUnstaked({ ...queued, sequence, requestId: BigInt(index + 1) }),
      ),
    ).to.equal(true);
    expect(
      await settle(world, (sequence) =>
        stakingOperations.unstake({ staking: address, pool: quick, sequence, shares: UNIT / 2n }),
      ),
    ).to.equal(true);
  });

  it("asks for no more than a fifth beyond what the worst case needs", async () => {
    const world = await createStakingWorld();
    const { chain, users, ids, staking } = world;
    const address = await staking.getAddress();
    const two = { stakeAsset: at(ids, 1), reward0: at(ids, 0), reward1: await freshToken(world), step: 1n };
    const double = { ...at(worldPools(world), 0), ...two };
    const slashed = { ...at(worldPools(world), 2), ...two };
    const locked = { ...at(worldPools(world), 3), ...two };
    const both = { ...at(worldPools(world), 4), ...two };
    await chain.adopt();
    const { host, group } = onWorld(world);
    const others = { ...group, places: users.map((_, i) => i).slice(1) };
    const hold = async (name: StakingOperationName, operationOf: OperationOf): Promise<void> =>
      holdGas(host, { name, operationOf, ...others }, { most: (need) => (need * 6) / 5, isSent: false });

    // Both words of the position are fresh; whoever stakes first moves the streams before.
    await open(world, double);
    const into = { staking: address, pool: double };
    const stake: OperationOf = (sequence) => stakingOperations.stake({ ...into, sequence, assets: UNIT });
    expect(await settle(world, stake, [0])).to.equal(true);
    await chain.wait(DAY);
    await hold("stake", stake);
    expect(await settle(world, stake)).to.equal(true);
    await chain.wait(DAY);
    await hold("claim", (sequence) => stakingOperations.claim({ ...into, stream: 1, sequence }));

    // A lock is taken off with the exit.
    for (const pool of [locked, both]) {
      const terms = { staking: address, pool };
      await open(world, pool);
      expect(await settle(world, (sequence) => stakingOperations.stake({ ...terms, sequence, assets: UNIT }))).to.equal(
        true,
      );
      for (const user of users) await act(world, pool, user, { name: "lock", until: BigInt(chain.now + DAY) });
      await chain.wait(2 * DAY);
      const name = pool.cooldown === 0n ? "unstake" : "requestUnstake";
      await hold(name, (sequence) => stakingOperations[name]({ ...terms, sequence, shares: UNIT / 2n }));
    }

    // Each finalises his own request.
    const queued = { staking: address, pool: slashed };
    await open(world, slashed);
    expect(await settle(world, (sequence) => stakingOperations.stake({ ...queued, sequence, assets: UNIT }))).to.equal(
      true,
    );
    const shares = 400n * UNIT;
    expect(
      await settle(world, (sequence) => stakingOperations.requestUnstake({ ...queued, sequence, shares })),
    ).to.equal(true);
    await chain.wait(3 * DAY);
    await hold("claimUnstaked", (sequence, index) =>
      stakingOperations.claimUnstaked({ ...queued, sequence, requestId: BigInt(index + 1) }),
    );
  });
});
