import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import {
  DESTINATIONS,
  encodeStakingAction,
  MAX_AMOUNT,
  ModelError,
  SOURCES,
  stakeBook,
  STAKING_KINDS,
  type ModelCall,
  type SettlementOutcome,
  type StakePool,
  type StakingAction,
  type StreamIndex,
} from "../../src/index.js";
import { maskOf } from "../../src/codec/digest.js";
import { at } from "../helpers/deploy.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../helpers/random.js";
import { StakingChoices, type StakingChoice } from "../helpers/staking-choices.js";
import { StakingComparison } from "../helpers/staking-comparison.js";
import { callAsWallets, rehearse, summaryOf, type StakingOrder } from "../helpers/staking-wallets.js";
import {
  badPools,
  createStakingWorld,
  stakingSettlementOf,
  worldPools,
  type StakingWorld,
} from "../helpers/staking-world.js";
import { wordsOf, type Reply } from "../helpers/timed-chain.js";

const OPERATIONS = countFromEnvironment("LAKH_STAKING_OPERATIONS", 300);
/** Times are 32 bits, and streams may last for years: after this there are no long waits. */
const LATE = 3_900_000_000;
const NUMBER = 1;
const GAS_CAP = 9_000_000;
const STREAMS: readonly StreamIndex[] = [0, 1];

type Answer = { values: readonly bigint[] } | { refusal: string; args: Readonly<Record<string, unknown>> };

/** An operation on both sides. */
type Operation = {
  name: string;
  /** Whose state it may have changed. */
  pool?: StakePool;
  caller: string;
  to: string;
  data: string;
  model: () => readonly bigint[];
  /** Numbers of the chain's answer, all its words unless given. */
  read?: (answer: string) => readonly bigint[];
};

type Order = Omit<StakingOrder, "account">;

/** The core on chain and its model side by side, under random operations. */
class Arena {
  readonly pools: StakePool[] = [];
  readonly counts = new Map<string, { done: number; refused: number }>();
  readonly refusals = new Map<string, number>();
  readonly batch = { sections: 0, failed: 0, executed: 0, skipped: 0, asWallets: 0 };
  readonly comparison: StakingComparison;
  waited = 0;
  /** What follows in the same second. */
  readonly #queue: (() => Operation)[] = [];
  readonly #missing: StakePool[];
  readonly #world: StakingWorld;
  readonly #random: Random;
  readonly #choices: StakingChoices;
  readonly #ledger: string;
  readonly #staking: string;

  private constructor(world: StakingWorld, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#missing = worldPools(world);
    this.#choices = new StakingChoices(world, random);
    this.comparison = new StakingComparison(world);
    this.#ledger = world.ledgerModel.address;
    this.#staking = world.model.address;
  }

  static async create(random: Random): Promise<Arena> {
    return new Arena(await createStakingWorld(), random);
  }

  /** One random operation on both sides, perhaps some time later. */
  async step(label: string): Promise<void> {
    const queued = this.#queue.shift();
    if (queued === undefined) await this.#wait();
    const operation = queued === undefined ? this.#next() : queued();
    const where = `${label}: ${operation.name} of ${operation.caller}`;
    const expected = modelAnswer(operation.model);
    const actual = answerOf(await this.#world.chain.send({ ...operation, from: operation.caller }), operation.read);
    expect(actual, where).to.deep.equal(expected);
    this.#count(operation.name, expected);
    if (operation.pool !== undefined) await this.comparison.compare(operation.pool, where);
  }

  async compareAll(label: string): Promise<void> {
    for (const pool of this.pools) await this.comparison.compare(pool, label);
  }

  async #wait(): Promise<void> {
    const random = this.#random;
    const roll = random.below(1000n);
    let seconds = 0n;
    if (roll < 350n) seconds = random.between(1n, 60n);
    else if (roll < 550n) seconds = random.magnitude(60n, 86_400n);
    else if (roll < 620n) seconds = random.magnitude(86_400n, 45n * 86_400n);
    // Just at, before or behind the beginning of a step.
    if (random.chance(5)) {
      const step = random.pick([60n, 3600n, 86_400n]);
      seconds = step - (BigInt(this.#world.chain.now) % step) + random.below(3n) - 1n;
    }
    if (this.#world.chain.now > LATE) seconds = random.below(2n);
    await this.#world.chain.wait(Number(seconds));
    this.waited += Number(seconds);
    this.#world.model.timestamp = BigInt(this.#world.chain.now);
  }

  /* OPERATIONS */

  #next(): Operation {
    const random = this.#random;
    const missing = this.#missing.shift();
    if (missing !== undefined) {
      if (missing.maxLock === 0n) this.#queue.push(() => this.#issueReceipt(missing));
      this.#queue.push(...this.#world.users.map((account) => () => this.#setConsent(missing, account)));
      this.#queue.push(...this.#choices.beginning(missing).map((choice) => () => this.#wallet(choice)));
      return this.#createPool(missing);
    }
    const pool = random.pick(this.pools);
    const roll = random.below(100n);
    if (roll < 2n) return this.#createPool(random.pick([...badPools(this.#world), pool]));
    if (roll < 3n) return this.#issueReceipt(random.pick([pool, pool, at(badPools(this.#world), 3)]));
    if (roll < 5n) return this.#setOperator();
    if (roll < 6n) return this.#setConsent(pool, random.pick(this.#world.users));
    if (roll < 13n) return this.#transfer(pool);
    if (roll < 14n) return random.chance(60) ? this.#hops(pool) : this.#exodus(pool);
    if (roll < 20n) return this.#pledge(pool);
    if (roll < 34n) return this.#section(pool);
    if (roll < 36n) return this.#transferSection(pool);
    return this.#wallet(this.#choices.choose(pool));
  }

  #createPool(pool: StakePool): Operation {
    const random = this.#random;
    const inBook = random.chance(this.pools.length === 0 ? 0 : 3) ? { ...pool, maxSlash: pool.maxSlash + 1n } : pool;
    const isNew = !this.pools.includes(pool);
    const action = { name: "createPool", pool } as const;
    const caller = random.pick(this.#world.users);
    const common = { caller, stream: 0 as const, amount0: 0n, amount1: 0n };
    const operation = this.#wallet({ ...common, pool: isNew ? pool : inBook, action });
    const { model } = operation;
    operation.model = () => {
      const values = model();
      this.pools.push(pool);
      return values;
    };
    delete operation.pool;
    return operation;
  }

  #wallet({ caller, pool, stream, action, amount0, amount1 }: StakingChoice): Operation {
    const random = this.#random;
    const { suite, users, ledgerModel } = this.#world;
    const book = stakeBook({ staking: this.#staking, pool, stream });
    const isCreation = action.name === "createPool";
    const key = random.chance(1) && !isCreation ? ZeroHash : book.key;
    const isMoved = action.name === "mintReceipts" || action.name === "burnReceipts" ? 5 : 15;
    const to = random.chance(isMoved) && !isCreation ? random.pick([...users, this.#ledger]) : ZeroAddress;
    const call: ModelCall<StakingAction> = {
      ...{ ...book, key, source: random.chance(95) ? "ledger" : "wallet" },
      ...{ destination: random.chance(90) ? "ledger" : "wallet", amount0, amount1, to, data: action },
    };
    const encoded = {
      ...{ ...call, source: SOURCES[call.source], destination: DESTINATIONS[call.destination] },
      data: encodeStakingAction(action),
    };
    return {
      ...{ name: action.name, pool, caller, to: this.#ledger },
      data: suite.ledger.interface.encodeFunctionData("call", [encoded]),
      model: () => {
        const { out0, out1, minted } = ledgerModel.call(caller, call);
        return [out0, out1, minted];
      },
    };
  }

  #exodus(pool: StakePool): Operation {
    const [first, ...others] = this.#choices.exodus(pool);
    if (first === undefined) throw new RangeError("There are no users");
    this.#queue.push(...others.map((choice) => () => this.#wallet(choice)));
    return this.#wallet(first);
  }

  /* SECTIONS */

  /** A section of up to ten operations of anybody on one of the pool's books. */
  #section(pool: StakePool): Operation {
    const random = this.#random;
    const { model } = this.#world;
    const stream: StreamIndex = pool.reward1 !== 0n && random.chance(20) ? 1 : 0;
    const book = stakeBook({ staking: this.#staking, pool, stream });
    const shareId = random.chance(97) ? 0n : model.receiptIdOf(pool);
    const key = random.chance(2) ? ZeroHash : book.key;
    const [fee0, fee1] = [this.#fee(), this.#fee()];
    const count = Number(random.between(1n, 10n));
    const orders = Array.from({ length: count }, () => {
      const account = random.pick(this.#world.users);
      return { account, ...this.#order({ pool, stream, account }) };
    });
    const isFree = fee0 === 0n && fee1 === 0n;
    const compared = isFree ? { stream } : {};
    return this.#settle({ pool, header: { ...book, key, shareId, fee0, fee1 }, orders, ...compared });
  }

  /** Receipts that move in a batch. */
  #transferSection(pool: StakePool): Operation {
    const random = this.#random;
    const { model, ledgerModel, users, core } = this.#world;
    const receipt = model.receiptIdOf(pool);
    const orders = Array.from({ length: Number(random.between(1n, 6n)) }, () => {
      const account = random.pick(users);
      const to = random.chance(90) ? random.pick(users) : random.pick([core, this.#staking, ZeroAddress]);
      const amount = this.#choices.near(ledgerModel.balanceOf({ account, id: receipt })) & MAX_AMOUNT;
      return { account, kind: 0, amount, arguments: BigInt(to) };
    });
    const book = { protocol: ZeroAddress, key: ZeroHash, asset0: receipt, asset1: 0n, shareId: 0n };
    return this.#settle({ pool, header: { ...book, fee0: 0n, fee1: 0n }, orders });
  }

  #settle({
    pool,
    header: { asset0, asset1, ...book },
    orders: wanted,
    stream,
  }: {
    pool: StakePool;
    /** Given, the section is compared with the same calls of wallets. */
    stream?: StreamIndex;
    header: {
      protocol: string;
      key: string;
      asset0: bigint;
      asset1: bigint;
      shareId: bigint;
      fee0: bigint;
      fee1: bigint;
    };
    orders: readonly StakingOrder[];
  }): Operation {
    const random = this.#random;
    const { ledgerModel, settlement, users } = this.#world;
    const feeTo = random.pick(users);
    const header = { ...book, asset0, asset1, gasCap: GAS_CAP, parameters: "0x" };
    const steps = new Map<string, number>();
    const orders = wanted.map((order) => {
      const { account, kind } = order;
      const debited = (kind & 3) === 1 ? asset1 : asset0;
      const word = `${account} ${ledgerModel.homeOf(debited).key}`;
      const step = steps.get(word) ?? 0;
      steps.set(word, step + 1);
      const sequence = (ledgerModel.sequenceOf({ account, id: debited }) + step + (random.chance(3) ? 1 : 0)) & 255;
      return { ...order, sequence };
    });
    const mask = maskOf({ relayer: feeTo, number: NUMBER });
    const batch = {
      ...{ relayer: feeTo, number: NUMBER, sections: [header], fallbacks: [] },
      types: orders.map(({ kind }) => ({ section: 0, kind, amountForm: 14 as const, argumentForm: 28 })),
      records: orders.map(({ sequence, amount, arguments: argument }, index) => ({
        id: (index ^ mask) >>> 0,
        operations: [{ type: index, dependsOnPrevious: false, sequence, amount, argument }],
      })),
    };
    const settle = stakingSettlementOf(this.#world, (id) => orders[(id ^ mask) >>> 0]?.account);
    return {
      ...{ name: "section", pool, caller: feeTo, to: settlement.target as string },
      data: settlement.interface.encodeFunctionData("settle", [{ ...header, feeTo }, orders]),
      read: (answer) => {
        const [executed, skipped] = settlement.interface.decodeFunctionResult("settle", answer) as unknown as [
          boolean,
          bigint[],
        ];
        return executed ? [1n, ...skipped] : [0n];
      },
      model: () => {
        if (stream !== undefined)
          this.#compareWithWallets({ pool, stream, orders, settle: () => settle.settle(batch) });
        const { sections, skipped, executed } = settle.settle(batch);
        this.batch.sections += 1;
        if (sections === 0n) this.batch.failed += 1;
        for (const isExecuted of executed.flat()) this.batch[isExecuted ? "executed" : "skipped"] += 1;
        return sections === 0n ? [0n] : [1n, ...skipped];
      },
    };
  }

  /** What a section does is what its executed operations do as wallets' calls, none of which is refused. */
  #compareWithWallets({
    pool,
    stream,
    orders,
    settle,
  }: {
    pool: StakePool;
    stream: StreamIndex;
    orders: readonly StakingOrder[];
    settle: () => SettlementOutcome;
  }): void {
    const world = this.#world;
    const { executed, summary } = rehearse(world, () => {
      const [results = []] = settle().executed;
      return { executed: results, summary: summaryOf(world, pool) };
    });
    const done = orders.filter((_, index) => executed[index] === true);
    const asWallets = rehearse(world, () => {
      callAsWallets(world, { pool, stream, orders: done });
      return summaryOf(world, pool);
    });
    expect(summary, "the section and its operations as calls of wallets").to.deep.equal(asWallets);
    this.batch.asWallets += done.length;
  }

  /** An operation of a section; what it debits is its amount, what it takes out its limit. */
  #order({ pool, stream, account }: { pool: StakePool; stream: StreamIndex; account: string }): Order {
    const random = this.#random;
    const { ledgerModel, model } = this.#world;
    const kinds = STAKING_KINDS;
    const roll = stream === 1 && random.chance(85) ? 50n : random.below(100n);
    if (roll < 35n) {
      const amount = this.#choices.amount(ledgerModel.balanceOf({ account, id: pool.stakeAsset }) / 4n) & MAX_AMOUNT;
      return { kind: kinds.stake, amount, arguments: random.chance(90) ? 0n : amount + random.below(2n) };
    }
    if (roll < 60n) return { kind: kinds.claim, amount: 0n, arguments: 0n };
    const shares = this.#choices.near(this.#choices.free(pool, account)) & MAX_AMOUNT;
    if (roll < 78n) {
      const isQueued = (pool.cooldown !== 0n) !== random.chance(5);
      if (isQueued) return { kind: kinds.requestUnstake, amount: 0n, arguments: shares };
      const minimum = random.chance(85) ? 0n : shares + random.below(2n);
      return { kind: kinds.unstake, amount: 0n, arguments: ((minimum & MAX_AMOUNT) << 112n) | shares };
    }
    if (roll < 95n) {
      const queue = model.store.queueOf(model.idOf(pool));
      const { count } = queue.totals();
      const ids = Array.from({ length: 12 }, (_, back) => count - BigInt(back));
      const own = ids.find((id) => id > 0n && queue.requestOf(id).owner === account && random.chance(60));
      return { kind: kinds.claimUnstaked, amount: 0n, arguments: own ?? random.below(count + 2n) };
    }
    return { kind: Number(random.below(256n)), amount: random.below(1000n), arguments: random.below(1000n) };
  }

  #fee(): bigint {
    return this.#random.chance(60) ? 0n : this.#random.magnitude(1n, 1000n);
  }

  /* RECEIPTS AND PLEDGES */

  #issueReceipt(pool: StakePool): Operation {
    const { staking, model, users } = this.#world;
    return {
      ...{ name: "issueReceipt", caller: this.#random.pick(users), to: this.#staking },
      data: staking.interface.encodeFunctionData("issueReceipt", [pool]),
      model: () => [model.issueReceipt(pool)],
    };
  }

  #transfer(pool: StakePool): Operation {
    const random = this.#random;
    const { ledgerModel, model, users, core } = this.#world;
    const id = model.receiptIdOf(pool);
    const from = random.pick(users);
    const roll = random.below(100n);
    let to = random.pick(users);
    if (roll < 15n) to = from;
    else if (roll < 20n) to = random.pick([core, this.#staking, this.#ledger, ZeroAddress]);
    const amount = this.#choices.near(ledgerModel.balanceOf({ account: from, id }));
    const caller = random.chance(80) ? from : random.pick(users);
    return this.#transferOf({ pool, caller, from, to, amount });
  }

  /** Receipts on their way through many accounts, and back. */
  #hops(pool: StakePool): Operation {
    const random = this.#random;
    const { ledgerModel, model, users } = this.#world;
    const id = model.receiptIdOf(pool);
    const held = (account: string): bigint => ledgerModel.balanceOf({ account, id });
    const start = users.toSorted((a, b) => (held(a) < held(b) ? 1 : -1))[0] ?? "";
    const way = [start, ...Array.from({ length: 4 }, () => random.pick(users)), start];
    const amount = random.between(held(start) / 2n, held(start));
    const moves = way.slice(1).map((to, index) => () => {
      const from = at(way, index);
      return this.#transferOf({ pool, caller: from, from, to, amount });
    });
    const claims = users.map(
      (caller) => () =>
        this.#wallet({
          ...{ caller, pool, stream: random.pick(STREAMS.slice(0, pool.reward1 === 0n ? 1 : 2)) },
          ...{ action: { name: "claim", account: ZeroAddress }, amount0: 0n, amount1: 0n },
        }),
    );
    this.#queue.push(...moves.slice(1), ...claims);
    return at(moves, 0)();
  }

  #transferOf({
    pool,
    caller,
    from,
    to,
    amount,
  }: {
    pool: StakePool;
    caller: string;
    from: string;
    to: string;
    amount: bigint;
  }): Operation {
    const { ledgerModel, model, suite } = this.#world;
    const { interface: codec } = suite.ledger;
    const id = model.receiptIdOf(pool);
    const isOwn = caller === from;
    return {
      ...{ name: isOwn ? "transfer" : "transferFrom", pool, caller, to: this.#ledger },
      data: isOwn
        ? codec.encodeFunctionData("transfer", [to, id, amount])
        : codec.encodeFunctionData("transferFrom", [from, to, id, amount]),
      model: () => {
        if (isOwn) ledgerModel.transfer({ caller, id, amount, to });
        else ledgerModel.transferFrom({ caller, from, id, amount, to });
        return [1n];
      },
    };
  }

  /** A pledgee takes, gives back or hands on; anybody may be one. */
  #pledge(pool: StakePool): Operation {
    const random = this.#random;
    const { model, staking, users } = this.#world;
    const receipt = model.receiptIdOf(pool) + (random.chance(2) ? 2n : 0n);
    const [pledgee, account] = [random.pick(users), random.pick(users)];
    const pairs = users.flatMap((holder) => users.map((taker) => ({ holder, taker })));
    const of = (holder: string, taker: string) => model.store.pledgeOf(model.idOf(pool), holder, taker);
    const isTaking = random.chance(50);
    const pair = pairs
      .toSorted(() => (random.chance(50) ? 1 : -1))
      .find(({ holder, taker }) => of(holder, taker)[isTaking ? "allowed" : "pledged"] !== 0n);
    const [who, whose] = [pair?.taker ?? pledgee, pair?.holder ?? account];
    const { allowed, pledged } = of(whose, who);
    const common = { pool, caller: who, to: this.#staking };
    const amount = this.#choices.near(isTaking ? allowed : pledged);
    const call = { pledgee: who, account: whose, receipt, amount };
    const args = [whose, receipt, amount] as const;
    const done = (run: () => void) => () => {
      run();
      return [];
    };
    const { interface: codec } = staking;
    if (isTaking) {
      const data = codec.encodeFunctionData("pledge", [...args]);
      return { ...common, name: "pledge", data, model: done(() => model.pledge(call)) };
    }
    if (random.chance(50)) {
      const data = codec.encodeFunctionData("release", [...args]);
      return { ...common, name: "release", data, model: done(() => model.release(call)) };
    }
    const to = random.chance(95) ? random.pick(users) : ZeroAddress;
    const data = codec.encodeFunctionData("seize", [...args, to]);
    return { ...common, name: "seize", data, model: done(() => model.seize({ ...call, to })) };
  }

  /* SURROUNDINGS */

  #setConsent(pool: StakePool, caller: string): Operation {
    const { ledgerModel, model, suite } = this.#world;
    const id = model.receiptIdOf(pool);
    return {
      ...{ name: "setConsent", pool, caller, to: this.#ledger },
      data: suite.ledger.interface.encodeFunctionData("setConsent", [id, 1n]),
      model: () => {
        ledgerModel.setConsent({ caller, id, versions: 1 });
        return [];
      },
    };
  }

  #setOperator(): Operation {
    const random = this.#random;
    const { ledgerModel, suite, users } = this.#world;
    const [caller, spender, approved] = [random.pick(users), random.pick(users), random.chance(50)];
    return {
      ...{ name: "setOperator", caller, to: this.#ledger },
      data: suite.ledger.interface.encodeFunctionData("setOperator", [spender, approved]),
      model: () => {
        ledgerModel.setOperator({ caller, spender, approved });
        return [1n];
      },
    };
  }

  #count(name: string, answer: Answer): void {
    const count = this.counts.get(name) ?? { done: 0, refused: 0 };
    if ("values" in answer) count.done += 1;
    else {
      count.refused += 1;
      this.refusals.set(answer.refusal, (this.refusals.get(answer.refusal) ?? 0) + 1);
    }
    this.counts.set(name, count);
  }
}

function answerOf(reply: Reply, read: (answer: string) => readonly bigint[] = wordsOf): Answer {
  if ("error" in reply) return { refusal: reply.error.name, args: reply.error.args };
  return { values: read(reply.answer) };
}

function modelAnswer(model: () => readonly bigint[]): Answer {
  try {
    return { values: model() };
  } catch (error) {
    if (error instanceof ModelError) return { refusal: error.code, args: error.values };
    throw error;
  }
}

describe("staking and its model", () => {
  it("agree on every answer, refusal, pool, stream, position, reward, request and balance", async function () {
    this.timeout(120_000 + 300 * OPERATIONS);
    const seed = seedFromEnvironment();
    const arena = await Arena.create(new Random(seed));
    for (let i = 0; i < OPERATIONS; i++) {
      await arena.step(`seed ${seed}, operation ${i}`);
      if (i % 1000 === 999) await arena.compareAll(`seed ${seed}, after operation ${i}`);
    }
    await arena.compareAll(`seed ${seed}, at the end`);
    const counts = [...arena.counts].map(([name, { done, refused }]) => `${name} ${done}+${refused}`).join(", ");
    const { sections, failed, executed, skipped, asWallets } = arena.batch;
    const names = [...arena.refusals].map(([name, count]) => `${name} ${count}`).join(", ");
    console.log(
      `      seed ${seed}: ${OPERATIONS} operations (done+refused): ${counts}; ${arena.pools.length} pools; ` +
        `${(arena.waited / 31_536_000).toFixed(1)} years; ${sections} sections (${failed} failed) of ${executed} ` +
        `operations executed and ${skipped} skipped, ${asWallets} compared with wallets; ${arena.refusals.size} kinds of refusals: ${names}; ` +
        `${arena.comparison.compared} words compared, ${arena.comparison.paused} pauses; at most ${arena.comparison.dust} rewards of dust in a stream`,
    );
  });
});
