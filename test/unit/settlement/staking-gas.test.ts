import { expect } from "chai";
import {
  buildBatches,
  DESTINATIONS,
  encodeStakingAction,
  SOURCES,
  stakeBook,
  stakingOperations,
  wireArgument,
  type Order,
  type OrderOperation,
  type StakePool,
  type StakingAction,
} from "../../../src/index.js";
import { at } from "../../helpers/deploy.js";
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

/** Settles one operation of each user in one section, under the builder's gas; answers whether each was executed. */
async function settle(world: StakingWorld, operationOf: (sequence: number, index: number) => OrderOperation) {
  const { suite, settlement, chain, users, ids } = world;
  const sequences = await Promise.all(users.map(async (user) => suite.ledger.wordOf(user, at(ids, 1))));
  const operations = sequences.map((word, index) => operationOf(Number((word >> 232n) & 0xffffn), index));
  const orders = operations.map((operation, id): Order => ({ id, operations: [operation] }));
  const relayer = at(users, 0);
  const { body } = at(buildBatches({ relayer, number: 1, expiry: 4_000_000_000, orders }), 0);
  const section = { ...at(body.sections, 0), feeTo: relayer };
  const words = operations.map(({ kind, amount, argument, sequence }, index) => ({
    ...{ account: at(users, index), sequence: sequence & 255, kind, amount, arguments: wireArgument(argument).value },
  }));
  const data = settlement.interface.encodeFunctionData("settle", [section, words]);
  const reply = await chain.send({ from: relayer, to: settlement.target as string, data });
  if ("error" in reply) throw new Error(`The section was refused: ${reply.error.name}`);
  const [executed, skipped] = settlement.interface.decodeFunctionResult("settle", reply.answer) as unknown as [
    boolean,
    bigint[],
  ];
  return { executed, skipped };
}

describe("settlement/staking-operations", () => {
  it("brings the gas that fresh positions, requests and payments need", async () => {
    const world = await createStakingWorld();
    const { chain, users, ids, staking } = world;
    const [six, wad] = [at(ids, 0), at(ids, 1)];
    const base = at(worldPools(world), 2);
    const slow = { ...base, stakeAsset: wad, reward0: six, reward1: at(ids, 2) };
    const quick = { ...at(worldPools(world), 0), reward1: at(ids, 2) };
    const address = await staking.getAddress();
    const done = { executed: true, skipped: [0n] };
    for (const pool of [slow, quick]) {
      const terms = { staking: address, pool };
      await act(world, pool, at(users, 0), { name: "createPool", pool });
      const end = BigInt(chain.now + 9 * DAY);
      await act(world, pool, pool.funder, { name: "fund", end }, { amount1: 10n ** 12n });
      await act(world, pool, pool.funder, { name: "fund", end }, { amount1: 10n ** 24n, stream: 1 });
      await chain.wait(DAY);
      expect(
        await settle(world, (sequence) => stakingOperations.stake({ ...terms, sequence, assets: UNIT })),
      ).to.deep.equal(done);
      await chain.wait(DAY);
      for (const stream of [0, 1] as const) {
        const claim = (sequence: number) => stakingOperations.claim({ ...terms, stream, sequence });
        expect(await settle(world, claim), `claims of stream ${stream}`).to.deep.equal(done);
        await chain.wait(DAY);
      }
    }
    const queued = { staking: address, pool: slow };
    const shares = 400n * UNIT;
    expect(
      await settle(world, (sequence) => stakingOperations.requestUnstake({ ...queued, sequence, shares })),
    ).to.deep.equal(done);
    await chain.wait(3 * DAY);
    expect(
      await settle(world, (sequence, index) =>
        stakingOperations.claimUnstaked({ ...queued, sequence, requestId: BigInt(index + 1) }),
      ),
    ).to.deep.equal(done);
    expect(
      await settle(world, (sequence) =>
        stakingOperations.unstake({ staking: address, pool: quick, sequence, shares: UNIT / 2n, minAssets: UNIT / 2n }),
      ),
    ).to.deep.equal(done);
  });
});
