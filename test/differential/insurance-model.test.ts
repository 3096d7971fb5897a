import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ModelError } from "../../src/index.js";
import { accrueExcess, addExcess, EMPTY_EXCESS, takeExcess } from "../../src/models/excess-stream.js";
import {
  coverForBudget,
  coverPrice,
  MAX_COVER_RATE,
  addToFlow,
  accrueFlow,
  EMPTY_FLOW,
  waitingPremiums,
} from "../../src/models/insurance-math.js";
import { voidFrom } from "../../src/models/insurance.js";
import { at, type LakhFixture } from "../helpers/deploy.js";
import { INSURANCE_TERMS, InsuranceWorld, type Reply } from "../helpers/insurance-world.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../helpers/random.js";

const OPERATIONS = countFromEnvironment("LAKH_INSURANCE_OPERATIONS", 400);
const DAY = 86_400n;
const WAD = 10n ** 18n;
const LIMIT = 10n ** 12n;
const STATES = ["none", "open", "reported", "settled"] as const;

/** An operation on both sides; `read` takes of the chain's answer what the model answers. */
type Operation = {
  name: string;
  caller: string;
  request: { to: string; data: string };
  model: () => bigint | undefined;
  read?: (values: readonly bigint[]) => bigint | undefined;
  /** What the lens says that it will answer; 0 where it will be refused. */
  foresee?: () => Promise<bigint | undefined>;
};

class Arena {
  readonly world: InsuranceWorld;
  readonly random: Random;
  readonly counts = new Map<string, number>();
  readonly refusals = new Map<string, number>();

  constructor(world: InsuranceWorld, random: Random) {
    [this.world, this.random] = [world, random];
  }

  async step(): Promise<void> {
    const { world, random } = this;
    if (random.chance(40)) {
      const time = random.chance(20) ? random.between(DAY, 6n * DAY) : random.below(DAY);
      await world.pass(world.model.now + time);
    }
    if (world.model.risks.length < 30 && random.chance(8)) await this.#openRisk();
    const operation = await this.#operation();
    const foreseen = await operation.foresee?.();
    const expected = attempt(operation.model);
    const reply = await world.send(operation.caller, operation.request);
    this.#compare(operation, expected, reply);
    if (foreseen !== undefined) this.#compareLens(operation, foreseen, reply);
    await this.#compareState(operation.name);
  }

  async #openRisk(): Promise<void> {
    const { world, random } = this;
    const cutoff = world.model.now + random.between(1n, 5n * DAY);
    const start = cutoff + random.below(DAY);
    const end = start + random.between(1n, 6n * DAY);
    const reportBy = end + random.between(1n, 3n * DAY);
    const eventId = random.pick(["", "quake", "storm"]);
    const baseRate = random.below(WAD / 3n);
    await world.openRisk({ eventId, baseRate, cutoff, start, end, reportBy, fallbackBy: reportBy });
  }

  async #operation(): Promise<Operation> {
    const { world, random } = this;
    const { model } = world;
    const caller = random.pick(world.users);
    const kind = Number(random.below(13n));
    const r = this.#pickRisk(kind, caller);
    const risk = at(model.risks, r);
    type Rest = Pick<Operation, "model" | "read" | "foresee">;
    const pool = (name: string, args: readonly unknown[], rest: Rest, amount = 0n) => ({
      ...{ name, caller, request: world.onPool(name, args, amount), ...rest },
    });
    const waiting = [...model.queue.requests.keys()];
    const requestId =
      waiting.length !== 0 && random.chance(85) ? random.pick(waiting) : random.between(0n, model.queue.count + 1n);
    if (kind === 0) {
      const amount = random.magnitude(1n, LIMIT);
      const deposit: Rest = { model: () => model.deposit(caller, amount), read: (values) => values[2] };
      const foresee = async () => (await world.ask(world.lens, "previewDeposit", [world.poolId(), amount]))[0];
      return pool("deposit", [0n], { ...deposit, foresee }, amount);
    }
    if (kind === 1) {
      const held = model.shareholders.get(caller) ?? 0n;
      const shares = random.chance(20) ? held : random.between(0n, held + held / 10n);
      const foresee = async () => {
        const [cap] = await world.ask(world.lens, "previewExit", [world.poolId(), shares]);
        expect(cap, "cap of an exit").to.equal(shares > model.staying ? 0n : model.exitCap(shares));
        return undefined;
      };
      return pool("requestExit", [shares], { model: () => void model.requestExit(caller, shares), foresee });
    }
    if (kind === 2 || kind === 3) {
      const owner = model.queue.requests.get(requestId)?.owner ?? caller;
      const claim: Rest = {
        model: () => model.claimExit(owner, requestId),
        read: (values) => values[0],
        foresee: async () => {
          const request = await world.ask(world.lens, "requestOf", [world.poolId(), requestId]);
          return request[4] === 1n ? request[5] : 0n;
        },
      };
      return { ...pool("claimExit", [requestId], claim), caller: owner };
    }
    if (kind === 4)
      return pool("finaliseExits", [requestId], {
        model: () => {
          model.finaliseExits(requestId);
          return undefined;
        },
      });
    if (kind === 5) return pool("claimFees", [], { model: () => model.claimFees(caller), read: (values) => values[0] });
    if (kind === 6) {
      const ratio = random.pick([0n, 10n ** 9n, random.below(10n ** 9n)]);
      await world.say(ratio);
      const request = world.onDesk("report", r, "0x");
      return {
        name: "report",
        caller,
        request,
        model: () => {
          model.report(r, ratio);
          return undefined;
        },
      };
    }
    if (kind === 7)
      return {
        name: "settle",
        caller,
        request: world.onDesk("settle", r),
        model: () => {
          model.settle(r);
          return undefined;
        },
      };
    if (kind === 8)
      return {
        name: "voidRisk",
        caller,
        request: world.onDesk("voidRisk", r),
        model: () => {
          model.voidRisk(r);
          return undefined;
        },
      };
    if (kind === 9) {
      const held = risk.units.get(caller) ?? 0n;
      const units = random.chance(50) ? held : random.between(0n, held + 1n);
      return {
        ...{ name: "redeem", caller, request: world.onRisk(r, "redeem", [units]) },
        ...{ model: () => model.redeem(r, { account: caller, units }), read: (values) => values[0] },
        foresee: async () => {
          const view = await world.ask(world.lens, "coverOf", [world.riskId(r), caller]);
          return units === view[18] ? view[19] : undefined;
        },
      };
    }
    if (kind === 10) {
      const referrer = random.pick(world.users);
      return {
        ...{ name: "creditCommission", caller, request: world.onDesk("creditCommission", r, referrer) },
        ...{ model: () => model.creditCommission(r, referrer), read: (values) => values[0] },
      };
    }
    const cover = random.magnitude(1n, LIMIT);
    const most = random.chance(90) ? cover : random.magnitude(1n, cover);
    const referrer = random.chance(50) ? undefined : random.pick(world.users);
    return {
      ...{ name: "buy", caller, request: world.onRisk(r, "buy", [cover, referrer ?? ZeroAddress], most) },
      model: () => {
        model.buy(r, { account: caller, cover, most, ...(referrer === undefined ? {} : { referrer }) });
        return cover;
      },
      read: (values) => values[2],
    };
  }

  /** A risk with which the operation can succeed, in most cases where there is one. */
  #pickRisk(kind: number, caller: string): number {
    const { model } = this.world;
    const { now, risks } = model;
    const all = risks.map((_, r) => r);
    const fits = all.filter((r) => {
      const { state, start, fallbackBy, cutoff, units, isVoid } = at(risks, r);
      if (kind === 6) return state === "open" && start <= now && now < fallbackBy;
      if (kind === 7) return state === "reported";
      if (kind === 8) return state === "open" && now >= voidFrom(at(risks, r));
      if (kind === 10) return state !== "open" && !isVoid;
      if (kind === 9) return state === "settled" && (units.get(caller) ?? 0n) !== 0n;
      return state === "open" && now < cutoff;
    });
    return this.random.pick(fits.length !== 0 && this.random.chance(85) ? fits : all);
  }

  #compare({ name, read }: Operation, expected: { value: bigint | undefined } | { error: string }, reply: Reply): void {
    if ("error" in expected) {
      expect(reply, name).to.deep.equal({ error: expected.error });
      this.refusals.set(expected.error, (this.refusals.get(expected.error) ?? 0) + 1);
      return;
    }
    if ("error" in reply) expect.fail(`${name} was refused: ${reply.error}`);
    if (read !== undefined) expect(read(reply.values), name).to.equal(expected.value);
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  #compareLens({ name, read }: Operation, foreseen: bigint, reply: Reply): void {
    if (!("error" in reply)) expect(foreseen, `lens: ${name}`).to.equal(read?.(reply.values));
    else expect(foreseen, `lens: ${name}, ${reply.error}`).to.equal(0n);
    this.counts.set(`lens ${name}`, (this.counts.get(`lens ${name}`) ?? 0) + 1);
  }

  async #compareState(name: string): Promise<void> {
    const { world } = this;
    const { model, pools, desk } = world;
    const state = await world.ask(pools, "stateOf", [world.poolId()]);
    const { assets, locked, shares, staying, horizon } = model;
    expect(state, `pool after ${name}`).to.deep.equal([assets, locked, shares, staying, horizon, model.unearned()]);
    expect(assets >= locked, `solvency after ${name}`).to.equal(true);
    expect(await world.bookOf(pools, world.poolKey), `book after ${name}`).to.equal(model.book);
    const queue = await world.ask(pools, "queueOf", [world.poolId()]);
    const { count, finalCount, owed } = model.queue;
    expect(queue, `queue after ${name}`).to.deep.equal([count, finalCount, owed]);
    const { amount, end } = model.excess;
    const excess = await world.ask(pools, "excessOf", [world.poolId()]);
    expect(excess, `what exits left after ${name}`).to.deep.equal([amount, end]);
    const last = model.queue.requests.get(count) ?? { owner: ZeroAddress, shares: 0n, assets: 0n, readyAt: 0n };
    const request = await world.ask(pools, "requestOf", [world.poolId(), count]);
    const words = [BigInt(last.owner), last.shares, last.assets, last.readyAt];
    expect(request, `the last request after ${name}`).to.deep.equal(words);
    const user = this.random.pick(world.users);
    const fees = await world.ask(pools, "feesOf", [world.poolId(), user]);
    expect(fees, `fees after ${name}`).to.deep.equal([model.fees.get(user) ?? 0n]);
    const r = Number(this.random.below(BigInt(model.risks.length)));
    const risk = at(model.risks, r);
    const [chainState = 0n, cover, held] = await world.ask(desk, "riskOf", [world.riskId(r)]);
    expect([STATES[Number(chainState)], cover, held], `risk after ${name}`).to.deep.equal([
      risk.state,
      risk.cover,
      risk.held,
    ]);
    const commission = await world.ask(desk, "commissionOf", [world.riskId(r), user]);
    const expected = risk.isVoid ? 0n : (risk.commissions.get(user) ?? 0n);
    expect(commission, `commission after ${name}`).to.deep.equal([expected]);
    expect(await world.bookOf(desk, at(world.riskKeys, r)), `book of a risk after ${name}`).to.equal(risk.held);
  }
}

function attempt(action: () => bigint | undefined): { value: bigint | undefined } | { error: string } {
  try {
    return { value: action() };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { error: error.code };
  }
}

describe("the model of insurance", () => {
  it(`does what the contracts do in ${OPERATIONS.toString()} random operations, and the pool stays solvent (INS_02)`, async function () {
    this.timeout(600_000);
    const world = await InsuranceWorld.create(INSURANCE_TERMS);
    const arena = new Arena(world, new Random(seedFromEnvironment()));
    await world.send(at(world.users, 0), world.onPool("deposit", [0n], LIMIT));
    world.model.deposit(at(world.users, 0), LIMIT);
    const { now } = world.model;
    const times = { cutoff: now + DAY, start: now + DAY, end: now + 2n * DAY, reportBy: now + 3n * DAY };
    await world.openRisk({ eventId: "", baseRate: WAD / 100n, ...times, fallbackBy: now + 3n * DAY });
    for (let i = 0; i < OPERATIONS; i += 1) await arena.step();
    const names = ["deposit", "requestExit", "claimExit", "claimFees", "report", "settle", "voidRisk", "redeem", "buy"];
    names.push("finaliseExits", "creditCommission");
    if (OPERATIONS >= 400) expect([...arena.counts.keys()]).to.include.members(names);
  });

  it("gives what CoverCurve, PremiumFlow and ExcessStream give (INS_05, INS_11)", async () => {
    const { connection } = (await InsuranceWorld.create(INSURANCE_TERMS)).suite as Pick<LakhFixture, "connection">;
    const harness = await connection.ethers.deployContract("CoverHarness", []);
    const random = new Random(seedFromEnvironment());
    for (let i = 0; i < 200; i += 1) {
      const size = random.magnitude(1n, (1n << 96n) - 1n);
      const kink = random.between(0n, size);
      const low = random.magnitude(1n, MAX_COVER_RATE);
      const mid = random.between(low, MAX_COVER_RATE);
      const curve = { low, mid, high: random.between(mid, MAX_COVER_RATE), kink, size };
      const locked = random.between(0n, size);
      const cover = random.between(0n, size - locked);
      const budget = random.magnitude(1n, (1n << 96n) - 1n);
      const rates: [bigint, bigint, bigint, bigint, bigint] = [curve.low, curve.mid, curve.high, kink, size];
      expect(await harness.getFunction("price")(rates, locked, cover)).to.equal(coverPrice(curve, locked, cover));
      const all = coverPrice(curve, locked, size - locked);
      for (const cost of [budget, all, all + 1n, all + 2n].filter((each) => each < 1n << 96n)) {
        expect(await harness.getFunction("coverFor")(rates, locked, cost)).to.equal(
          coverForBudget(curve, locked, cost),
        );
      }
    }
    for (let i = 0; i < 20; i += 1) {
      let time = 1_800_000_000n;
      const steps = Array.from({ length: 20 }, () => {
        time += random.below(20n * DAY);
        return {
          time,
          premium: random.chance(20) ? 0n : random.magnitude(1n, LIMIT),
          end: time + random.below(90n * DAY),
        };
      });
      const outcomes = (await harness.getFunction("run").staticCall(steps)) as bigint[][];
      let [flow, from] = [EMPTY_FLOW, at(steps, 0).time];
      for (const [j, { premium, end, ...step }] of steps.entries()) {
        const accrued = accrueFlow(flow, from, step.time);
        const added =
          premium === 0n
            ? { flow: accrued.flow, earned: 0n }
            : addToFlow(accrued.flow, { premium, time: step.time, end });
        [flow, from] = [added.flow, step.time];
        const expected = [accrued.earned + added.earned, flow.rate, flow.fraction, waitingPremiums(flow, from)];
        expect([...at(outcomes, j)]).to.deep.equal(expected);
      }
    }
    for (let i = 0; i < 20; i += 1) {
      let time = 1_800_000_000n;
      const steps = Array.from({ length: 20 }, () => {
        time += random.chance(50) ? random.below(DAY) : random.below(9n * DAY);
        const [excess, loss] = [random.magnitude(1n, (1n << 96n) - 1n), random.magnitude(1n, (1n << 96n) - 1n)];
        return { time, excess: random.chance(30) ? 0n : excess, loss: random.chance(70) ? 0n : loss };
      });
      const outcomes = (await harness.getFunction("runExits")(steps)) as bigint[][];
      let [stream, from] = [EMPTY_EXCESS, at(steps, 0).time];
      for (const [j, step] of steps.entries()) {
        const { excess, earned } = accrueExcess(stream, from, step.time);
        const after = takeExcess(addExcess(excess, step.excess, step.time), step.loss);
        [stream, from] = [after.excess, step.time];
        expect([...at(outcomes, j)]).to.deep.equal([earned, after.taken, stream.amount, stream.end]);
      }
    }
  });
});
