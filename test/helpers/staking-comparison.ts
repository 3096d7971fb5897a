import { expect } from "chai";
import { stakeKey, type StakePool, type StreamIndex } from "../../src/index.js";
import { weightOf } from "../../src/models/staking-positions.js";
import { STREAM_MIN_WEIGHT, waitingIn, type Stream } from "../../src/models/staking-stream.js";
import { type StakingWorld } from "./staking-world.js";

const HALF = (1n << 112n) - 1n;
/** What a holder has accrued is in rewards · 2^12, what waits in rewards · 2^32, what a division left in rewards · 2^80. */
const ACCRUED_BITS = 12n;
const WAITING_TO_ACCRUED = 20n;
const REMAINDER_TO_ACCRUED = 68n;
/** Requests and finalisations that are looked at, the last ones. */
const LAST = 3n;

/** Everything that stands of a pool on chain, and what its parts add up to. */
export class StakingComparison {
  compared = 0;
  /** The most rewards that a stream has held and nobody could claim, rounded up. */
  dust = 0n;
  /** How often a stream was seen that would flow and waits for somebody to come. */
  paused = 0;
  readonly #world: StakingWorld;

  constructor(world: StakingWorld) {
    this.#world = world;
  }

  async compare(pool: StakePool, label: string): Promise<void> {
    const { chain, model } = this.#world;
    const expected = [...this.#coreWords(pool), ...this.#ledgerWords(pool)];
    await Promise.all(
      expected.map(async ({ what, to, data, words }) => {
        expect(await chain.words(to, data), `${label}: ${what}`).to.deep.equal(words);
        this.compared += words.length;
      }),
    );
    this.#checkSums(pool, label);
    for (const stream of pool.reward1 === 0n ? ([0] as const) : ([0, 1] as const))
      this.#checkStream(pool, stream, label);
    expect(model.store.totalsOf(model.idOf(pool)).settings, `${label}: settings`).to.not.equal(0n);
  }

  #coreWords(pool: StakePool): Expected[] {
    const { model, staking, users } = this.#world;
    const { store } = model;
    const id = model.idOf(pool);
    const queue = store.queueOf(id);
    const { count, checkpoints } = queue.totals();
    const { interface: codec } = staking;
    const words = (what: string, data: string, record: object): Expected => {
      const values = Object.values(record) as (bigint | string)[];
      return { what, to: model.address, data, words: values.map((value) => BigInt(value)) };
    };
    const terms = store.termsOf(id);
    const { reward1, cooldown, maxBoost, slasher, maxLock, maxSlash, step } = terms;
    const inOrder = [terms.stakeAsset, terms.reward0, reward1, terms.funder];
    const all = [
      words("terms", codec.encodeFunctionData("termsOf", [id]), [
        ...[...inOrder, cooldown, maxBoost, slasher, maxLock, maxSlash, step],
      ]),
      words("totals", codec.encodeFunctionData("totalsOf", [id]), store.totalsOf(id)),
      words("stream 0", codec.encodeFunctionData("streamOf", [id, 0]), store.streamOf(id, 0)),
      words("stream 1", codec.encodeFunctionData("streamOf", [id, 1]), store.streamOf(id, 1)),
      words("slashing", codec.encodeFunctionData("slashingOf", [id]), store.slashingOf(id)),
      words("queue", codec.encodeFunctionData("queueOf", [id]), queue.totals()),
      words("receipts", codec.encodeFunctionData("assetSupply", [id]), [store.receiptsOf(id)]),
    ];
    for (const user of users) {
      const { index: index0, accrued: accrued0 } = store.rewardsOf(id, 0, user);
      all.push(
        words(`position of ${user}`, codec.encodeFunctionData("positionOf", [id, user]), store.positionOf(id, user)),
        words(`rewards 0 of ${user}`, codec.encodeFunctionData("rewardsOf", [id, 0, user]), [index0, accrued0]),
      );
      if (reward1 === 0n) continue;
      const { index, accrued } = store.rewardsOf(id, 1, user);
      all.push(words(`rewards 1 of ${user}`, codec.encodeFunctionData("rewardsOf", [id, 1, user]), [index, accrued]));
    }
    for (let back = 0n; back < LAST && back < count; back++) {
      const data = codec.encodeFunctionData("requestOf", [id, count - back]);
      all.push(words(`request ${count - back}`, data, queue.requestOf(count - back)));
    }
    for (let back = 1n; back <= LAST && back <= checkpoints; back++) {
      const data = codec.encodeFunctionData("checkpointOf", [id, checkpoints - back]);
      all.push(words(`checkpoint ${checkpoints - back}`, data, queue.checkpointOf(checkpoints - back)));
    }
    return all;
  }

  /** Books and words in one call. */
  #ledgerWords(pool: StakePool): Expected[] {
    const { model, suite, ledgerModel, users } = this.#world;
    const { interface: codec } = suite.ledger;
    const { stakeAsset, reward0, reward1 } = pool;
    const book = [model.address, stakeKey(pool), stakeAsset, reward0] as const;
    const calls = [{ data: codec.encodeFunctionData("bookOf", [...book]), word: model.bookOf(pool) }];
    if (reward1 !== 0n) {
      const second = [model.address, model.idOf(pool), stakeAsset, reward1] as const;
      calls.push({ data: codec.encodeFunctionData("bookOf", [...second]), word: model.bookOf(pool, 1) });
    }
    const assets = new Set([stakeAsset, reward0, ...(reward1 === 0n ? [] : [reward1]), model.receiptIdOf(pool)]);
    for (const account of users) {
      for (const id of assets) {
        const data = codec.encodeFunctionData("wordOf", [account, id]);
        calls.push({ data, word: ledgerModel.wordOf({ account, id }) });
      }
    }
    const data = codec.encodeFunctionData("multicall", [calls.map((call) => call.data)]);
    const answer = calls.flatMap(({ word }) => [32n, word]);
    const offsets = calls.map((_, index) => BigInt(32 * calls.length + 64 * index));
    return [
      {
        what: "books and words",
        to: ledgerModel.address,
        data,
        words: [32n, BigInt(calls.length), ...offsets, ...answer],
      },
    ];
  }

  /** What the parts are is what the whole is. */
  #checkSums(pool: StakePool, label: string): void {
    const { model, ledgerModel, users } = this.#world;
    const { store } = model;
    const id = model.idOf(pool);
    const totals = store.totalsOf(id);
    const sum = (part: (account: string) => bigint) => users.reduce((all, account) => all + part(account), 0n);
    const queue = store.queueOf(id);
    const shares = sum((account) => store.positionOf(id, account).shares);
    expect(shares + queue.pending(), `${label}: shares`).to.equal(totals.shares);
    const weight = sum((account) => weightOf({ terms: pool }, store.positionOf(id, account)));
    expect(weight, `${label}: weight`).to.equal(totals.weight);
    const receipts = sum((account) => ledgerModel.balanceOf({ account, id: model.receiptIdOf(pool) }));
    expect(receipts, `${label}: receipts`).to.equal(store.receiptsOf(id));
    const held = model.bookOf(pool) & HALF;
    const isWhole = BigInt(pool.slasher) !== 0n || held === totals.shares + queue.totals().owed;
    expect(isWhole, `${label}: stake`).to.equal(true);
  }

  /** What a stream holds is what is claimable and what waits, but for what its holders' parts are rounded down by. */
  #checkStream(pool: StakePool, index: StreamIndex, label: string): void {
    const { model, users } = this.#world;
    const id = model.idOf(pool);
    const state = model.store.peek(id);
    const stream: Stream = state.streams[index];
    const held = ((model.bookOf(pool, index) >> 112n) & HALF) << ACCRUED_BITS;
    const carried = stream.remainder >> REMAINDER_TO_ACCRUED;
    const waiting = (waitingIn(stream, state.time) >> WAITING_TO_ACCRUED) + carried;
    const accrued = users.reduce((all, account) => {
      const weight = weightOf(state, model.store.positionOf(id, account));
      return all + model.store.accrued(state, { account, weight, stream: index }).accrued;
    }, 0n);
    if (stream.end > state.time && state.weight < STREAM_MIN_WEIGHT) this.paused += 1;
    const dust = held - waiting - accrued;
    expect(dust >= 0n, `${label}: stream ${index} owes ${-dust} more than it has`).to.equal(true);
    const whole = (dust >> ACCRUED_BITS) + 1n;
    if (whole > this.dust) this.dust = whole;
  }
}

type Expected = { what: string; to: string; data: string; words: bigint[] };
