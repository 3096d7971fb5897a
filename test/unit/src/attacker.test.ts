import { expect } from "chai";
import { AbiCoder, getAddress, toBeHex } from "ethers";
import {
  AmmModel,
  bookKey,
  LedgerModel,
  lpShareId,
  ModelError,
  poolKey,
  tokenId,
  type AmmAction,
  type PoolKey,
} from "../../../src/index.js";
import { KINDS, randomSetting } from "../../helpers/attacker/markets.js";
import { play, type Market, type Move } from "../../helpers/attacker/market.js";
import { othersMove, traderMove } from "../../helpers/attacker/moves.js";
import { Random, seedFromEnvironment } from "../../helpers/random.js";

const MOVES = 60;
const FAR = 1n << 40n;
const FUNDS = 1n << 111n;
const VERSION = 0;
const [AMM, LEDGER, TOKEN0, TOKEN1, TRADER, CREATOR, RECIPIENT] = [1, 2, 3, 4, 5, 6, 7].map((n) =>
  getAddress(toBeHex(n << 8, 20)),
) as [string, string, string, string, string, string, string];

/** The models of ledger and AMM, with one pool and the trader's balances. */
class Models {
  readonly ledger = new LedgerModel({ address: LEDGER, tokens: [TOKEN0, TOKEN1] });
  readonly amm = new AmmModel({ address: AMM, ledger: this.ledger });
  readonly key: PoolKey;

  constructor({ pool, protocolFee }: Market, fee: bigint) {
    const { alpha, beta } = pool;
    this.key = poolKey({ assets: [TOKEN0, TOKEN1], fee, alpha, beta });
    this.amm.protocolFee = { fee: protocolFee, recipient: RECIPIENT };
    for (const [account, versions] of [
      [CREATOR, 0],
      [TRADER, 1 << VERSION],
    ] as const) {
      for (const id of [tokenId(TOKEN0), tokenId(TOKEN1)]) {
        this.ledger.credit({ account, id, amount: FUNDS });
        this.ledger.setConsent({ caller: account, id, versions });
      }
    }
    const action = { name: "createPool", pool: this.key, minShares: 0n, deadline: FAR } as const;
    this.call(CREATOR, action, pool.reserve0, pool.reserve1);
  }

  call(caller: string, data: AmmAction, amount0 = 0n, amount1 = 0n): void {
    const { asset0, asset1 } = this.key;
    const common = { protocol: AMM, asset0, asset1, key: bookKey(this.key), amount0, amount1, data, to: caller };
    this.ledger.call(caller, { ...common, source: "ledger", destination: "ledger" }, 0n);
  }

  /** What the creator buys. */
  sellOut({ zeroForOne, out }: Extract<Move, { name: "buy" }>): void {
    const paid = FUNDS / 2n;
    const [in0, in1] = zeroForOne ? [paid, 0n] : [0n, paid];
    this.call(CREATOR, { name: "swapExactOut", amountOut: out, deadline: FAR }, in0, in1);
  }

  /** Makes the move; answers false where it is refused. */
  play(move: Move): boolean {
    try {
      this.#play(move);
      return true;
    } catch (error) {
      if (error instanceof ModelError) return false;
      throw error;
    }
  }

  #play(move: Move): void {
    switch (move.name) {
      case "sell": {
        const [in0, in1] = move.zeroForOne ? [move.amount, 0n] : [0n, move.amount];
        return this.call(TRADER, { name: "swapExactIn", minAmountOut: 0n, deadline: FAR }, in0, in1);
      }
      case "buy": {
        const [in0, in1] = move.zeroForOne ? [this.#held(TOKEN0), 0n] : [0n, this.#held(TOKEN1)];
        return this.call(TRADER, { name: "swapExactOut", amountOut: move.out, deadline: FAR }, in0, in1);
      }
      case "add":
        return this.call(TRADER, { name: "addLiquidity", minShares: 0n, deadline: FAR }, move.max0, move.max1);
      case "remove": {
        const limits = { minAmount0: 0n, minAmount1: 0n, deadline: FAR };
        return this.call(TRADER, { name: "removeLiquidity", shares: move.shares, ...limits });
      }
      case "section":
        return this.ledger.state.attempt(() => {
          this.#section(move);
        });
      case "collect":
        return this.call(RECIPIENT, { name: "collectProtocolFee" });
      case "protocolFee":
        this.amm.protocolFee = { fee: move.fee, recipient: RECIPIENT };
    }
  }

  #section({ band, orders }: Extract<Move, { name: "section" }>): void {
    const ids = [this.key.asset0, this.key.asset1] as const;
    const inputs: [bigint, bigint] = [0n, 0n];
    const outputs: [bigint, bigint] = [0n, 0n];
    for (const { side, amount } of orders) {
      const word = { account: TRADER, id: ids[side] };
      const sequence = this.ledger.sequenceOf(word) & 255;
      const done = this.ledger.tryOperate({ ...word, version: VERSION, sequence, amount });
      if (!done) throw new ModelError("Unfunded");
      inputs[side] += amount;
    }
    const book = this.amm.idOf(this.key);
    const { flags, payouts } = this.ledger.askBatch(AMM, {
      book,
      parameters: AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [band.price, band.tolerance]),
      shareId: 0n,
      operations: orders.map(({ side, amount, limit }) => ({
        ...{ account: TRADER, kind: side, amount, limit, secondLimit: 0n },
      })),
    });
    orders.forEach(({ side, amount }, i) => {
      const payout = payouts[i];
      if (payout === undefined) {
        inputs[side] -= amount;
        this.ledger.credit({ account: TRADER, id: ids[side], amount });
        return;
      }
      outputs[0] += payout.out0;
      outputs[1] += payout.out1;
      this.ledger.credit({ account: TRADER, id: ids[0], amount: payout.out0 });
      this.ledger.credit({ account: TRADER, id: ids[1], amount: payout.out1 });
    });
    this.ledger.settleBook({ book, inputs, outputs, flags });
  }

  market(): Omit<Market, "protocolFee"> {
    const shares = this.ledger.balanceOf({ account: TRADER, id: lpShareId({ amm: AMM, pool: this.key }) });
    const { protocolShares, ...pool } = { protocolShares: 0n, ...this.amm.poolOf(this.key) };
    void protocolShares;
    return { pool, shares, gained0: this.#held(TOKEN0) - FUNDS, gained1: this.#held(TOKEN1) - FUNDS };
  }

  #held(token: string): bigint {
    return this.ledger.balanceOf({ account: TRADER, id: tokenId(token) });
  }
}

describe("the market that an attacker is searched in", () => {
  it(`is the models' ledger and AMM, move by move`, () => {
    const random = new Random(seedFromEnvironment());
    for (const kind of KINDS) {
      const { created, soldOut, market, fee } = randomSetting(random, kind);
      const models = new Models(created, fee);
      if (soldOut !== undefined) models.sellOut(soldOut);
      let now = market;
      let taken = 0;
      for (let i = 0; i < MOVES; i++) {
        const move = random.chance(10) ? othersMove(random) : traderMove(random, now);
        const after = play(now, move);
        // The trader of the search has no end of funds; here they end, and a book with them.
        const isAffordable = after === undefined || (after.gained0 + FUNDS >= 0n && after.gained1 + FUNDS >= 0n);
        const done = models.play(move);
        if (done) taken += 1;
        const what = `${kind}, move ${i}: ${move.name}`;
        if (isAffordable && !asksTooMuch(now, move)) expect(done, what).to.equal(after !== undefined);
        if (done && after !== undefined) now = after;
        const { protocolFee, ...seen } = now;
        void protocolFee;
        expect(models.market(), what).to.deep.equal(seen);
      }
      expect(taken).to.be.greaterThan(MOVES / 4);
    }
  });
});

/** Whether a move offers more than the trader has here. */
function asksTooMuch({ gained0, gained1 }: Market, move: Move): boolean {
  const [held0, held1] = [FUNDS + gained0, FUNDS + gained1];
  if (move.name === "add") return move.max0 > held0 || move.max1 > held1;
  if (move.name === "sell") return move.amount > (move.zeroForOne ? held0 : held1);
  if (move.name !== "section") return false;
  const sum = (side: number) =>
    move.orders.reduce((all, order) => (order.side === side ? all + order.amount : all), 0n);
  return sum(0) > held0 || sum(1) > held1;
}
