import { expect } from "chai";
import { ZeroAddress } from "ethers";
import {
  ACCOUNT_FORM,
  ammActions,
  bookKey,
  decodeSettled,
  entryPoolOf,
  KIND_ADD,
  SIDE_SHARES,
  type Amounts,
  type BatchSettledEvent,
  type EntryPool,
  type LakhRequest,
  type MovedBatch,
  type PoolKey,
  type SignerRecord,
} from "../../src/index.js";
import { at } from "./deploy.js";
import { type Random } from "./random.js";
import {
  ethers,
  memberAt,
  NEVER,
  recordOf,
  sectionOf,
  sendFrom,
  settle,
  swapSection,
  typeOf,
  WAD,
  type BatchOptions,
  type SettlementFixture,
} from "./settlement-fixture.js";

/** Members who trade. */
export const TRADERS = [0, 1, 2, 3, 4, 5];

/** What the test saw an account do, from balances alone; fees and what the protocol took in pips and units, Q64. */
type Seen = {
  in: Amounts;
  out: Amounts;
  received: Amounts;
  sent: Amounts;
  fees: [bigint, bigint];
  taken: [bigint, bigint];
};

const STEPS = ["swapIn", "swapOut", "add", "gift", "remove", "transfer", "batch", "liquidity", "moves"] as const;
/** Where the protocol takes a part of the fees. */
const FEE_STEPS = [...STEPS, "collect", "fee"] as const;
type Step = (typeof FEE_STEPS)[number];

/** Random wallet actions, batches and share transfers on one pool, with what each account is seen to do. */
export class Scenario {
  readonly seen = new Map<string, Seen>();
  readonly batches: MovedBatch[] = [];
  readonly done = new Map<string, number>();
  readonly fixture: SettlementFixture;
  readonly random: Random;
  readonly key: PoolKey;
  readonly shareId: bigint;
  readonly accounts: string[];
  /** Whether the protocol takes a part of the fees, for the first account. */
  hasFee = false;

  constructor(fixture: SettlementFixture, key: PoolKey, random: Random) {
    [this.fixture, this.key, this.random] = [fixture, key, random];
    this.shareId = fixture.lakh.amm.shareIdOf({ pool: key });
    const { admin, relayer } = fixture;
    const members = TRADERS.map((id) => memberAt(fixture, id).wallet.address);
    this.accounts = [...members, admin.address, relayer.address];
  }

  async step(): Promise<void> {
    await this.take(this.random.pick<Step>(this.hasFee ? FEE_STEPS : STEPS));
  }

  async take(step: Step): Promise<void> {
    const done = await this.#take(step);
    if (done) this.done.set(step, (this.done.get(step) ?? 0) + 1);
  }

  /** A fee for the protocol from here on; 0 pauses it. */
  async setFee(fee: bigint): Promise<void> {
    this.hasFee = true;
    await this.fixture.amm.setProtocolFee(fee, at(this.accounts, 0));
  }

  /** The protocol's shares go to the first account, who may pass them on at once. */
  async collect(to: string): Promise<bigint> {
    const { fixture, key } = this;
    const recipient = at(this.accounts, 0);
    const { asset0, asset1 } = key;
    const call = {
      ...({ protocol: fixture.lakh.amm.address, asset0, asset1, key: bookKey(key), source: "ledger", to } as const),
      ...({ destination: "ledger", amount0: 0n, amount1: 0n, data: ammActions.collectProtocolFee() } as const),
    };
    const held = await this.shares(to);
    await this.#change(() => this.send(recipient, fixture.lakh.ledger.call(call)));
    const shares = (await this.shares(to)) - held;
    const worth = partOf(await this.pool(), shares);
    add(this.of(recipient).received, worth);
    if (to === recipient) return shares;
    add(this.of(recipient).sent, worth);
    add(this.of(to).received, worth);
    return shares;
  }

  async #take(step: Step): Promise<boolean> {
    const { random, fixture, key } = this;
    const { lakh } = fixture;
    const actor = at(this.accounts, Number(random.below(BigInt(TRADERS.length))));
    const pool = await this.pool();
    const time = { deadline: NEVER, to: ZeroAddress };
    const some = () => random.magnitude(10n ** 15n, 20n * WAD);
    switch (step) {
      case "swapIn":
      case "swapOut": {
        const assetIn = random.chance(50) ? key.asset0 : key.asset1;
        const quote = { pool: key, assetIn, amountIn: some() };
        const out = await lakh.amm.quoteExactIn(quote).catch(() => 0n);
        if (out === 0n) return false;
        const trade =
          step === "swapIn"
            ? lakh.amm.swapExactIn({ ...quote, minAmountOut: out, ...time })
            : lakh.amm.swapExactOut({ pool: key, assetIn, amountOut: out, maxAmountIn: quote.amountIn, ...time });
        await this.#trade(async () => {
          await this.send(actor, trade);
        });
        return true;
      }
      case "add":
      case "gift": {
        const to = step === "gift" ? random.pick(this.accounts) : actor;
        const amounts = { amount0: some(), amount1: some() };
        const quote = await lakh.amm.quoteAdd({ pool: key, ...amounts }).catch(() => undefined);
        if (quote === undefined) return false;
        const request = lakh.amm.addLiquidity({ pool: key, ...amounts, minShares: quote.shares, ...time, to });
        const paid = await this.#paid(actor, () => this.#change(() => this.send(actor, request)));
        add(this.of(actor).in, paid);
        if (to === actor) return true;
        add(this.of(actor).sent, paid);
        add(this.of(to).received, paid);
        return true;
      }
      case "remove": {
        const held = await this.shares(actor);
        if (held === 0n) return false;
        const shares = random.chance(20) ? held : random.magnitude(1n, held);
        // A range pool that has sold out refuses shares worth less than a unit.
        const quote = await lakh.amm.quoteRemove({ pool: key, shares }).catch(() => undefined);
        if (quote === undefined) return false;
        const limits = { minAmount0: quote.amount0, minAmount1: quote.amount1 };
        const request = lakh.amm.removeLiquidity({ pool: key, shares, ...limits, ...time });
        const { amount0, amount1 } = await this.#paid(actor, () => this.#change(() => this.send(actor, request)));
        add(this.of(actor).out, { amount0: -amount0, amount1: -amount1 });
        return true;
      }
      case "transfer": {
        const from = random.pick(this.accounts.slice(0, -1));
        const to = random.pick(this.accounts);
        const held = await this.shares(from);
        if (held === 0n) return false;
        const amount = random.magnitude(1n, held);
        await this.send(from, lakh.ledger.transfer({ asset: this.shareId, amount, to }));
        this.#moved(pool, from, to, amount);
        return true;
      }
      case "collect":
        return (await this.collect(random.pick(this.accounts))) > 0n;
      case "fee":
        await this.setFee(random.pick([0n, 1n, 1000n, 2500n, 2500n]));
        return true;
      case "batch":
        return this.#batchOfSwaps();
      case "liquidity":
        return this.#batchOfLiquidity();
      case "moves":
        return this.#batchOfMoves(pool);
    }
  }

  /** Several members' orders, of both sides, in one section. */
  async #batchOfSwaps(): Promise<boolean> {
    const { random, fixture, key } = this;
    const { price } = await fixture.lakh.amm.poolOf({ pool: key });
    const section = await swapSection(fixture, key, { price, tolerance: WAD / 2n, fee0: 7n, fee1: 3n });
    const types = [0, 1].map((kind) => typeOf(0, { kind, argumentForm: 14 }));
    const records: SignerRecord[] = [];
    for (const id of TRADERS.filter(() => random.chance(60))) {
      const type = Number(random.below(2n));
      const sequence = await this.#sequence(id, type === 0 ? key.asset0 : key.asset1);
      records.push(recordOf(id, { type, amount: random.magnitude(10n ** 12n, 5n * WAD), argument: 1n, sequence }));
    }
    if (records.length === 0) return false;
    return this.#trade(() => this.#settle({ sections: [section], types, records }));
  }

  /** Additions and removals of several members in one section; some of them cannot be. */
  async #batchOfLiquidity(): Promise<boolean> {
    const { random, fixture, key } = this;
    const section = await swapSection(fixture, key, { parameters: "0x" });
    const types = [
      ...[0, 1].map((side) => typeOf(0, { kind: KIND_ADD + side, argumentForm: 14 })),
      typeOf(0, { kind: SIDE_SHARES, argumentForm: 28 }),
    ];
    const records: SignerRecord[] = [];
    const isHome = fixture.home.asset0 === key.asset0;
    for (const id of TRADERS.filter(() => random.chance(70))) {
      const held = await this.shares(at(this.accounts, id));
      const limit = random.chance(10) ? (1n << 112n) - 1n : 0n;
      if (random.chance(50) && held > 0n) {
        const amount = random.chance(20) ? held : random.magnitude(1n, held);
        const sequence = await this.#sequence(id, this.shareId);
        records.push(recordOf(id, { type: 2, amount, argument: limit << 112n, sequence }));
      } else {
        const [first, second] = [await this.#sequence(id, key.asset0), await this.#sequence(id, key.asset1)];
        const some = () => random.magnitude(10n ** 15n, 20n * WAD);
        records.push(
          recordOf(
            id,
            { type: 0, amount: some(), argument: limit, sequence: first },
            { type: 1, amount: some(), argument: limit, sequence: isHome ? (first + 1) & 255 : second },
          ),
        );
      }
    }
    if (records.length === 0) return false;
    const balances = () =>
      Promise.all(
        records.map(async ({ id }) =>
          Promise.all([key.asset0, key.asset1].map((asset) => fixture.ledger.balanceOf(at(this.accounts, id), asset))),
        ),
      );
    const before = await balances();
    let done = false;
    await this.#change(async () => {
      done = await this.#settle({ sections: [section], types, records });
    });
    const after = await balances();
    records.forEach(({ id, operations }, index) => {
      const paid = [0, 1].map((side) => at(at(before, index), side) - at(at(after, index), side)) as [bigint, bigint];
      const seen = this.of(at(this.accounts, id));
      if (operations.length === 2) add(seen.in, { amount0: paid[0], amount1: paid[1] });
      else add(seen.out, { amount0: -paid[0], amount1: -paid[1] });
    });
    return done;
  }

  /** Transfers of shares, with a fee in shares; one of them cannot be paid. */
  async #batchOfMoves(pool: EntryPool): Promise<boolean> {
    const { random, fixture, shareId } = this;
    const records: SignerRecord[] = [];
    const moves: { from: string; to: string; amount: bigint }[] = [];
    const fee = random.pick([0n, 9n]);
    for (const id of TRADERS) {
      const from = at(this.accounts, id);
      const held = await this.shares(from);
      if (held < 1000n) continue;
      const isTooMuch = random.chance(15);
      const amount = isTooMuch ? 1n << 110n : random.magnitude(1n, held / 2n);
      const to = Number(random.below(BigInt(TRADERS.length)));
      records.push(recordOf(id, { amount, argument: BigInt(to), sequence: await this.#sequence(id, shareId) }));
      if (isTooMuch) continue;
      moves.push({ from, to: at(this.accounts, to), amount });
      if (fee > 0n) moves.push({ from, to: fixture.relayer.address, amount: fee });
    }
    if (records.length === 0) return false;
    const section = sectionOf(fixture, { asset0: shareId, asset1: 0n, fee0: fee });
    await this.#settle({ sections: [section], types: [typeOf(0, { argumentForm: ACCOUNT_FORM })], records });
    for (const { from, to, amount } of moves) this.#moved(pool, from, to, amount);
    return true;
  }

  async #settle(options: BatchOptions): Promise<boolean> {
    const { fixture } = this;
    const { receipt, executed, bytes } = await settle(fixture, options);
    const codec = fixture.settlement.interface;
    const topic = codec.getEvent("BatchSettled").topicHash;
    const log = receipt.logs.find(({ topics }) => topics[0] === topic) ?? expect.fail("no BatchSettled");
    const event = codec.parseLog(log)?.args.toObject() as BatchSettledEvent;
    const amm = await fixture.amm.getAddress();
    const accountOf = (id: number) => this.accounts[id];
    this.batches.push({ log, settled: decodeSettled({ calldata: bytes, event, accountOf, amms: [amm] }) });
    return executed.every((done) => done);
  }

  /** Credits every holder with his part of the fees of what comes in. */
  async #trade(action: () => Promise<unknown>): Promise<boolean> {
    const held = await Promise.all(this.accounts.map((account) => this.shares(account)));
    const before = await ethers.provider.getBlockNumber();
    const pool = await this.pool();
    const done = await action();
    const after = await this.pool();
    const codec = this.fixture.amm.interface;
    const logs = await ethers.provider.getLogs({ fromBlock: before + 1, address: await this.fixture.amm.getAddress() });
    for (const log of logs) {
      const args = codec.parseLog(log)?.args.toObject() ?? {};
      const swap = [args.amount0, args.amount1] as [bigint, bigint];
      const [in0, in1] =
        args.price === undefined
          ? swap.map((amount) => (amount > 0n ? amount : 0n))
          : ([args.amountIn0, args.amountIn1] as bigint[]);
      held.forEach((shares, i) => {
        const { fees } = this.of(at(this.accounts, i));
        fees[0] += (((in0 ?? 0n) * this.key.fee * shares) << 64n) / pool.totalShares;
        fees[1] += (((in1 ?? 0n) * this.key.fee * shares) << 64n) / pool.totalShares;
      });
    }
    const product = (of: EntryPool) => (of.reserve0 + of.offset0) * (of.reserve1 + of.offset1);
    expect(product(after) >= product(pool)).to.equal(true);
    return done !== false;
  }

  /** Takes from every holder his part of what the protocol's new shares are worth. */
  async #change(action: () => Promise<unknown>): Promise<void> {
    const held = await Promise.all(this.accounts.map((account) => this.shares(account)));
    const before = await ethers.provider.getBlockNumber();
    const pool = await this.pool();
    await action();
    const filter = this.fixture.amm.filters.ProtocolSharesAdded();
    for (const { args } of await this.fixture.amm.queryFilter(filter, before + 1)) {
      this.done.set("accrual", (this.done.get("accrual") ?? 0) + 1);
      const supply = pool.totalShares + args.shares;
      held.forEach((shares, i) => {
        const { taken } = this.of(at(this.accounts, i));
        const part = (reserve: bigint) => ((reserve * args.shares * shares) << 64n) / (supply * pool.totalShares);
        taken[0] += part(pool.reserve0);
        taken[1] += part(pool.reserve1);
      });
    }
  }

  #moved(pool: EntryPool, from: string, to: string, shares: bigint): void {
    if (from === to) return;
    const worth = partOf(pool, shares);
    add(this.of(from).sent, worth);
    add(this.of(to).received, worth);
  }

  /** What an account's balances fall by. */
  async #paid(account: string, action: () => Promise<unknown>): Promise<Amounts> {
    const balances = () =>
      Promise.all([this.key.asset0, this.key.asset1].map((id) => this.fixture.ledger.balanceOf(account, id)));
    const [before0, before1] = (await balances()) as [bigint, bigint];
    await action();
    const [after0, after1] = (await balances()) as [bigint, bigint];
    return { amount0: before0 - after0, amount1: before1 - after1 };
  }

  of(account: string): Seen {
    const none = () => ({ amount0: 0n, amount1: 0n });
    const seen = this.seen.get(account) ?? {
      ...{ in: none(), out: none(), received: none(), sent: none(), fees: [0n, 0n], taken: [0n, 0n] },
    };
    this.seen.set(account, seen);
    return seen;
  }

  async pool(): Promise<EntryPool> {
    return entryPoolOf({ key: this.key, ...this.fixture.lakh });
  }

  async shares(account: string): Promise<bigint> {
    return this.fixture.ledger.balanceOf(account, this.shareId);
  }

  async #sequence(id: number, asset: bigint): Promise<number> {
    const { holder } = await this.fixture.lakh.ledger.wordOf({ account: at(this.accounts, id), asset });
    return Number(holder.sequence & 255n);
  }

  async send(from: string, { to, data }: LakhRequest): Promise<void> {
    const hash = await sendFrom({ from, to, data });
    expect((await ethers.provider.getTransactionReceipt(hash))?.status, "status").to.equal(1);
  }
}

function partOf({ reserve0, reserve1, totalShares }: EntryPool, shares: bigint): Amounts {
  return { amount0: (reserve0 * shares) / totalShares, amount1: (reserve1 * shares) / totalShares };
}

/** Adds amounts to others in place. */
export function add(to: Amounts, { amount0, amount1 }: Amounts): void {
  to.amount0 += amount0;
  to.amount1 += amount1;
}
