import { expect } from "chai";
import {
  bookKey,
  decodeWord,
  poolId,
  poolKey,
  PRICE_SCALE,
  profitOf,
  rangeOffsets,
  readPoolEvents,
  rebuildPool,
  valueOf,
  type Amounts,
  type PoolKey,
} from "../../src/index.js";
import { add, Scenario, TRADERS } from "../helpers/amm-scenario.js";
import { at } from "../helpers/deploy.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../helpers/random.js";
import {
  ethers,
  loadFixture,
  NEVER,
  settlementFixture,
  WAD,
  type SettlementFixture,
} from "../helpers/settlement-fixture.js";

const SEED = seedFromEnvironment();
const STEPS = countFromEnvironment("LAKH_HISTORY_STEPS", 60);

async function prepare(key: (fixture: SettlementFixture) => PoolKey, protocolFee = 0n): Promise<Scenario> {
  const fixture = await loadFixture(settlementFixture);
  const { lakh, admin } = fixture;
  const pool = key(fixture);
  const scenario = new Scenario(fixture, pool, new Random(SEED));
  // A range pool begins with the fee; the plain one is older.
  if (protocolFee !== 0n) await scenario.setFee(protocolFee);
  if (pool.alpha !== 0n) {
    const amounts = { amount0: 1000n * WAD, amount1: 4000n * WAD };
    await scenario.send(admin.address, lakh.amm.createPool({ pool, ...amounts, minShares: 0n, deadline: NEVER }));
  }
  const first = await scenario.pool();
  add(scenario.of(admin.address).in, { amount0: first.reserve0, amount1: first.reserve1 });
  for (const id of TRADERS) {
    const account = at(scenario.accounts, id);
    await scenario.send(account, lakh.ledger.setConsent({ asset: scenario.shareId, versions: [0] }));
  }
  return scenario;
}

async function compare(scenario: Scenario): Promise<void> {
  const { fixture, key, batches } = scenario;
  const { ledger, amm, lakh } = fixture;
  const addresses = { amm: await amm.getAddress(), ledger: await ledger.getAddress() };
  const pool = poolId({ amm: addresses.amm, pool: key });
  const logs = await ethers.provider.getLogs({ fromBlock: 0, toBlock: "latest" });
  const events = readPoolEvents({ logs, ...addresses, pool, batches });
  const history = rebuildPool(events);

  const book = decodeWord(await ledger.bookOf(addresses.amm, bookKey(key), key.asset0, key.asset1));
  expect([history.pool.reserve0, history.pool.reserve1]).to.deep.equal([book.amount0, book.amount1]);
  expect(history.pool).to.deep.equal(await scenario.pool());
  expect(history.price).to.equal((await lakh.amm.poolOf({ pool: key })).price);
  for (const account of scenario.accounts) {
    const shares = await scenario.shares(account);
    const result = profitOf(history, account);
    const seen = scenario.of(account);
    expect(result.shares, account).to.equal(shares);
    const { paidIn, paidOut, received, sent, fees, taken } = history.positions.get(account) ?? {};
    if (paidIn !== undefined || shares > 0n) {
      expect([paidIn, paidOut], account).to.deep.equal([seen.in, seen.out]);
      expect([received, sent], account).to.deep.equal([seen.received, seen.sent]);
    }
    const worth = shares === 0n ? { amount0: 0n, amount1: 0n } : await lakh.amm.quoteRemove({ pool: key, shares });
    expect(result.worth).to.deep.equal(worth);
    for (const side of [0, 1] as const) {
      const amountOf = (amounts?: Amounts) => (side === 0 ? amounts?.amount0 : amounts?.amount1) ?? 0n;
      const gaps = [
        amountOf(fees) - at(seen.fees, side) / (1_000_000n << 64n),
        amountOf(taken) - (at(seen.taken, side) >> 64n),
      ];
      for (const gap of gaps) expect(gap >= -1n && gap <= 1n, `fees ${account} ${gaps.join()}`).to.equal(true);
    }
    const net = (side: keyof Amounts) => seen.in[side] + seen.received[side] - seen.out[side] - seen.sent[side];
    const held = { amount0: net("amount0"), amount1: net("amount1") };
    expect(result.held).to.deep.equal(held);
    const gain = { amount0: worth.amount0 - held.amount0, amount1: worth.amount1 - held.amount1 };
    expect(result.profit).to.equal(valueOf(history.pool, gain));
    expect(result.takenValue).to.equal(taken === undefined ? 0n : valueOf(history.pool, taken));
    expect(result.impermanentLoss).to.equal(result.feeValue - result.takenValue - result.profit);
  }
  const total = [...history.positions.values()].reduce((sum, { shares }) => sum + shares, 0n);
  const { protocolShares } = await amm.poolOf(pool);
  expect(history.protocol.shares).to.equal(protocolShares);
  expect(total + protocolShares + 1000n).to.equal(history.pool.totalShares);
}

describe("src/amm-history", function () {
  this.timeout(300_000);

  before(() => console.log(`      seed ${SEED}`));

  const range = rangeOffsets({ low: 3n * PRICE_SCALE, high: 5n * PRICE_SCALE });
  const plain = ({ homePool }: SettlementFixture) => homePool;
  const ranged = ({ home }: SettlementFixture) =>
    poolKey({ assets: [home.asset0, home.asset1], fee: 10_000n, ...range });

  for (const [name, key] of [
    ["a plain pool", plain],
    ["a range pool", ranged],
  ] as const) {
    it(`rebuilds ${name} and every position from events, batches included`, async () => {
      const scenario = await prepare(key);
      for (let i = 0; i < STEPS; i++) await scenario.step();
      console.log(`      ${JSON.stringify(Object.fromEntries(scenario.done))}`);
      expect(scenario.done.size).to.equal(9);
      await compare(scenario);
    });

    it(`rebuilds ${name} with the protocol's shares, before and after they are collected`, async () => {
      const scenario = await prepare(key, 2500n);
      for (let i = 0; i < STEPS + 30; i++) await scenario.step();
      // Something to count and something to collect, whatever the steps were.
      await scenario.setFee(2500n);
      for (const wanted of ["swapIn", "add", "swapOut", "gift", "swapIn"] as const) await scenario.take(wanted);
      console.log(`      ${JSON.stringify(Object.fromEntries(scenario.done))}`);
      expect(scenario.done.get("accrual") ?? 0).to.be.greaterThan(3);
      await compare(scenario);
      expect(await scenario.collect(at(scenario.accounts, 1))).to.be.greaterThan(0n);
      await compare(scenario);
      for (let i = 0; i < 5; i++) await scenario.step();
      await compare(scenario);
    });
  }

  it("does not count twice what a batch logs of shares with a facade", async () => {
    const scenario = await prepare(plain);
    const { fixture, key } = scenario;
    const { lakh } = fixture;
    const owner = lakh.amm.address;
    await scenario.send(
      at(scenario.accounts, 0),
      lakh.ledger.createFacade({ owner, salt: lakh.amm.poolIdOf({ pool: key }) }),
    );
    for (let i = 0; i < STEPS; i++) await scenario.step();
    await compare(scenario);
  });
});
