import { expect } from "chai";
import { isInstrumented } from "#chain";
import {
  buildBatches,
  DESTINATIONS,
  GAS_MODEL,
  encodeStakingAction,
  SOURCES,
  stakeBook,
  stakingOperations,
  tokenId,
  wireArgument,
  type Order,
  type OrderOperation,
  type StakePool,
  type StakingAction,
  type StakingOperationName,
} from "../../../src/index.js";
import { type MockERC20 } from "../../../typechain-types/index.js";
import { at, deployTyped } from "../../helpers/deploy.js";
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

type OperationOf = (sequence: number, index: number) => OrderOperation;

/** A section of one operation of each of these users, as the builder makes it; `run` answers whether all were executed. */
async function sectionOf(world: StakingWorld, operationOf: OperationOf, indices = world.users.map((_, i) => i)) {
  const { suite, settlement, chain, users, ids } = world;
  const words = await Promise.all(indices.map((i) => suite.ledger.wordOf(at(users, i), at(ids, 1))));
  const operations = words.map((word, n) => operationOf(Number((word >> 232n) & 0xffffn), at(indices, n)));
  const orders = operations.map((operation, id): Order => ({ id, operations: [operation] }));
  const relayer = at(users, 0);
  const { body } = at(buildBatches({ relayer, number: 1, expiry: 4_000_000_000, orders }), 0);
  const section = { ...at(body.sections, 0), feeTo: relayer };
  const packed = operations.map(({ kind, amount, argument, sequence }, n) => ({
    ...{ account: at(users, at(indices, n)), sequence: sequence & 255, kind, amount },
    arguments: wireArgument(argument).value,
  }));
  const run = async (how: "call" | "send", gasCap: number): Promise<boolean> => {
    const data = settlement.interface.encodeFunctionData("settle", [{ ...section, gasCap }, packed]);
    const reply = await chain[how]({ from: relayer, to: settlement.target as string, data });
    if ("error" in reply) throw new Error(`The section was refused: ${reply.error.name}`);
    const [executed, skipped] = settlement.interface.decodeFunctionResult("settle", reply.answer) as unknown as [
      boolean,
      bigint[],
    ];
    return executed && skipped.every((bits) => bits === 0n);
  };
  return { gasCap: section.gasCap, run };
}

/** Settles one operation of each user in one section, under the builder's gas; answers whether each was executed. */
async function settle(world: StakingWorld, operationOf: OperationOf): Promise<boolean> {
  const { gasCap, run } = await sectionOf(world, operationOf);
  return run("send", gasCap);
}

/** The least gas under which the users' section is executed whole, to 16. */
async function needOf(world: StakingWorld, operationOf: OperationOf, indices: number[]): Promise<number> {
  const { run } = await sectionOf(world, operationOf, indices);
  let [low, high] = [0, 1 << 20];
  expect(await run("call", high)).to.equal(true);
  while (high - low > 16) {
    const middle = (low + high) / 2;
    if (await run("call", middle)) high = middle;
    else low = middle;
  }
  return high;
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
    const everybody = users.map((_, i) => i);
    const hold = async (name: StakingOperationName, operationOf: OperationOf): Promise<void> => {
      const others = everybody.slice(1);
      const [one, few, all] = [
        await needOf(world, operationOf, others.slice(0, 1)),
        await needOf(world, operationOf, others.slice(1)),
        await needOf(world, operationOf, others),
      ];
      const need = all - few;
      const { extraGas = 0, sectionGas = 0 } = operationOf(0, 1);
      const given = GAS_MODEL.operation + extraGas;
      expect(given, name).to.be.within(need, (need * 6) / 5);
      expect(one - need, `${name}: what the section needs once`).to.be.at.most(GAS_MODEL.section + sectionGas);
    };

    // Both words of the position are fresh; whoever stakes first moves the streams before.
    await open(world, double);
    const into = { staking: address, pool: double };
    const first = await sectionOf(
      world,
      (sequence) => stakingOperations.stake({ ...into, sequence, assets: UNIT }),
      [0],
    );
    expect(await first.run("send", first.gasCap)).to.equal(true);
    await chain.wait(DAY);
    const stake: OperationOf = (sequence) => stakingOperations.stake({ ...into, sequence, assets: UNIT });
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
