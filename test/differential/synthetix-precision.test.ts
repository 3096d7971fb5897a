import { expect } from "chai";
import { ChefModel } from "../../bench/gas/masterchef-model.js";
import type { Moment } from "../../bench/gas/staking-model.js";
import { SynthetixModel } from "../../bench/gas/synthetix-model.js";
import { at } from "../helpers/deploy.js";
import { dueAfter, LOW_DECIMALS, paidMillionths, runLowDecimals, type PokedPool } from "../helpers/low-decimals.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../helpers/random.js";
import { hasSynthetix, SynthetixPair, type PairAction } from "../helpers/synthetix-pair.js";

/** Of 216,000 that the schedule has, which take a quarter of an hour in the bytecode; the model does all of them. */
const POKES = countFromEnvironment("LAKH_SYNTHETIX_POKES", 500);
const ACTIONS = countFromEnvironment("LAKH_SYNTHETIX_ACTIONS", 150);
const DAY = 86_400n;
const START = 1_800_000_000n;
const MILLION = 1_000_000n;

const moment = (second: bigint): Moment => ({ time: START + second, block: 0n });

/** The model alone, with all of the stake and the reward there at second 0. */
function modelPool(): PokedPool & { model: SynthetixModel } {
  const model = new SynthetixModel({ duration: LOW_DECIMALS.seconds });
  model.stake({ account: "staker", amount: LOW_DECIMALS.stake, at: moment(0n) });
  model.notify({ amount: LOW_DECIMALS.reward, at: moment(0n) });
  return {
    model,
    poke: (second) => void model.claim({ account: "stranger", at: moment(second) }),
    claimable: (second) => model.earned({ account: "staker", at: moment(second) }),
  };
}

async function bytecodePool(): Promise<PokedPool & { pair: SynthetixPair; staker: string }> {
  const pair = await SynthetixPair.create({
    duration: LOW_DECIMALS.seconds,
    rewardDecimals: LOW_DECIMALS.rewardDecimals,
  });
  const [staker, stranger] = [at(pair.users, 0), at(pair.users, 1)];
  await pair.act({ name: "stake", account: staker, amount: LOW_DECIMALS.stake, time: pair.start });
  await pair.act({ name: "notify", account: staker, amount: LOW_DECIMALS.reward, time: pair.start });
  return {
    ...{ pair, staker },
    poke: async (second) => pair.act({ name: "claim", account: stranger, time: pair.start + second }),
    claimable: async () => pair.earned(staker),
  };
}

/** Stops the test where the bytecode is not installed. */
function needsBytecode(this: Mocha.Context): void {
  if (hasSynthetix()) return;
  console.log("      Synthetix' package is not installed: npm ci --prefix bench/peers. Its bytecode is not run.");
  this.skip();
}

/** Pool and account, by the model and by the chain. */
async function expectSame(pair: SynthetixPair, account: string, label: string, paid?: bigint): Promise<void> {
  const { wallet, ...words } = await pair.words(account);
  expect(words, label).to.deep.equal(pair.model.words(account));
  if (paid !== undefined) expect(wallet, label).to.equal(paid);
}

describe("Synthetix' StakingRewards and rewards of few decimals", () => {
  it("pays nothing of 10,000 USDC in 30 days when 1,000,000 tokens are touched every 12 seconds (model)", async () => {
    const { model, ...pool } = modelPool();
    const paid = await runLowDecimals(pool);
    expect(paid).to.equal(0n);
    expect(dueAfter(LOW_DECIMALS.pokes)).to.equal(LOW_DECIMALS.reward);
    // All of the time has gone by, and nothing of it has arrived.
    expect(model.words("staker")).to.include({
      ...{ rewardPerTokenStored: 0n, lastUpdateTime: START + LOW_DECIMALS.seconds, rewardRate: 3_858n },
    });
  });

  it("pays 99.99 % when nobody touches it, and the less the more often somebody does (model)", () => {
    const paidEvery = (interval: bigint): bigint => {
      const { poke, claimable } = modelPool();
      for (let second = interval; second <= LOW_DECIMALS.seconds; second += interval) void poke(second);
      return paidMillionths(claimable(LOW_DECIMALS.seconds) as bigint, LOW_DECIMALS.reward);
    };
    const [never, daily, hourly, fiveMinutes] = [LOW_DECIMALS.seconds, DAY, 3_600n, 300n].map(paidEvery);
    expect([never, daily, hourly, fiveMinutes]).to.deep.equal([999_900n, 999_000n, 936_000n, 864_000n]);
    expect(paidEvery(259n)).to.equal(0n);
  });

  it("is no worse than Sushi's chefs, whose index has 12 digits: they pay nothing even if nobody touches it (model)", () => {
    const rate = LOW_DECIMALS.reward / LOW_DECIMALS.seconds;
    const model = new ChefModel({ chef: "miniChef", rate, start: moment(0n) });
    model.stake({ account: "staker", amount: LOW_DECIMALS.stake, at: moment(0n) });
    expect(model.claim({ account: "staker", at: moment(LOW_DECIMALS.seconds) })).to.equal(0n);
  });

  it("does the same in mainnet's bytecode, poke by poke", async function () {
    needsBytecode.call(this);
    this.timeout(60_000 + 20 * POKES);
    const pokes = Math.min(POKES, LOW_DECIMALS.pokes);
    const { pair, staker, ...pool } = await bytecodePool();
    const stranger = at(pair.users, 1);
    let poked = 0;
    const watched: PokedPool = {
      ...pool,
      poke: async (second) => {
        await pool.poke(second);
        poked += 1;
        // Each poke is compared at first and at last, and then every hundredth.
        if (poked <= 20 || poked % 100 === 0 || pokes - poked < 20)
          await expectSame(pair, stranger, `poke ${poked}`, 0n);
      },
    };
    expect(await runLowDecimals(watched, pokes)).to.equal(0n);
    expect(dueAfter(pokes) > 0n).to.equal(true);
    const last = BigInt(pokes) * LOW_DECIMALS.interval;
    expect(pair.model.earned({ account: staker, at: { time: pair.start + last, block: 0n } })).to.equal(0n);
    await pair.act({ name: "claim", account: staker, time: pair.start + last });
    await expectSame(pair, staker, "the claim", 0n);
    console.log(
      `      ${pokes} of ${LOW_DECIMALS.pokes} pokes in the bytecode: ${dueAfter(pokes)} units were due, 0 are paid`,
    );
  });

  it("pays 99.99 % in mainnet's bytecode when nobody touches it", async function () {
    needsBytecode.call(this);
    const { pair, staker } = await bytecodePool();
    await pair.act({ name: "claim", account: staker, time: pair.start + LOW_DECIMALS.seconds });
    await expectSame(pair, staker, "the claim", (LOW_DECIMALS.reward * 999_900n) / MILLION);
  });

  it("has a model that knows every word of the bytecode in random sequences", async function () {
    needsBytecode.call(this);
    this.timeout(60_000 + 200 * ACTIONS);
    const seed = seedFromEnvironment();
    const random = new Random(seed);
    for (const rewardDecimals of [6, 18]) {
      const pair = await SynthetixPair.create({ duration: 7n * DAY, rewardDecimals });
      const paid = new Map<string, bigint>();
      let time = pair.start;
      for (let i = 0; i < ACTIONS; i++) {
        time += random.chance(20) ? 0n : random.chance(5) ? 8n * DAY : random.magnitude(1n, DAY);
        const action = choose(pair, random, { time, unit: 10n ** BigInt(rewardDecimals) });
        const before = pair.model.earned({ account: action.account, at: { time, block: 0n } });
        await pair.act(action);
        const { account, name } = action;
        if (name === "claim" || name === "exit") paid.set(account, (paid.get(account) ?? 0n) + before);
        const label = `seed ${seed}, ${rewardDecimals} decimals, action ${i}: ${name}`;
        await expectSame(pair, account, label, paid.get(account) ?? 0n);
      }
      expect([...paid.values()].some((value) => value > 0n)).to.equal(true);
    }
  });
});

/** What the pool does not refuse. */
function choose(pair: SynthetixPair, random: Random, { time, unit }: { time: bigint; unit: bigint }): PairAction {
  const account = random.pick(pair.users);
  const stake = pair.model.stakeOf(account);
  const roll = random.below(100n);
  const common = { account, time };
  if (roll < 10n) return { name: "notify", amount: random.magnitude(1n, 1_000_000n * unit), ...common };
  if (roll < 40n) return { name: "stake", amount: random.magnitude(1n, 10n ** 25n), ...common };
  if (roll < 60n || stake === 0n) return { name: "claim", ...common };
  if (roll < 75n) return { name: "exit", ...common };
  return { name: "withdraw", amount: random.chance(20) ? stake : random.between(1n, stake), ...common };
}
