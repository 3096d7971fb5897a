import { expect } from "chai";
import { type Contract } from "ethers";
import { network } from "#chain";
import {
  amountIn,
  amountOut,
  amountsFor,
  accrue,
  LOCKED_SHARES,
  ModelError,
  openPool,
  poolKey,
  sharesFor,
  tokenId,
  type PoolKey,
} from "../../src/index.js";
import { curveIn, curveOf, curveOut } from "../../src/amm-curve.js";
import { type MockERC20 } from "../../typechain-types/index.js";
import { at, deployLakh, deployTyped, type LakhFixture } from "../helpers/deploy.js";
import { KINDS, randomSetting, type Kind, type Setting } from "../helpers/attacker/markets.js";
import { play, type Market, type TraderMove } from "../helpers/attacker/market.js";
import { othersMove, traderMove } from "../helpers/attacker/moves.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../helpers/random.js";

/** Quotes that are executed; each action has its quote by the lens and by the twin in src. */
const CASES = countFromEnvironment("LAKH_QUOTES", 20_000);
/** Actions of one transaction. */
const CHUNK = 60;
const FUNDS = 1n << 111n;
const MOST_UNITS = 10n ** 24n;

type Named = "createPool" | "swapExactIn" | "swapExactOut" | "addLiquidity" | "removeLiquidity";
type Trade = Exclude<TraderMove, { name: "section" }>;

/** What the twin says of an action: the numbers of its quote, or the error that refuses it. */
type Twin = { values: readonly bigint[] } | { refusal: string };

/** `QuoteProbe.Action`. */
type Action = { kind: number; zeroForOne: boolean; a: bigint; b: bigint; offered: bigint };

type Case = {
  name: Named;
  action: Action;
  twin: Twin;
  /** The numbers of the quote, out of what the trader gained of both assets and of shares. */
  executed: (gained0: bigint, gained1: bigint, shares: bigint) => readonly bigint[];
};

/** `QuoteProbe.Answer`. */
type ChainAnswer = {
  isQuoted: boolean;
  isDone: boolean;
  quoteError: string;
  actionError: string;
  quote: readonly bigint[];
  gained: readonly bigint[];
};

/** Trades on one chain pool after the other, as the sequence of moves on its twin goes. */
class Comparison {
  readonly executed = new Map<Named, number>();
  readonly perKind = new Map<Kind, number>();
  refused = 0;
  readonly #chain: LakhFixture;
  readonly #probe: Contract;
  readonly #random: Random;
  #assets: readonly [bigint, bigint] = [0n, 0n];

  private constructor(chain: LakhFixture, probe: Contract, random: Random) {
    [this.#chain, this.#probe, this.#random] = [chain, probe, random];
  }

  static async create(random: Random): Promise<Comparison> {
    const chain = await deployLakh(await network.create(), { tokens: [] });
    const { ledger, ammLens, connection } = chain;
    const probe = await connection.ethers.deployContract("QuoteProbe", [ledger, ammLens]);
    return new Comparison(chain, probe, random);
  }

  get done(): number {
    return [...this.executed.values()].reduce((sum, count) => sum + count, 0);
  }

  /** A new pool of that kind, and up to `length` moves on it. */
  async pool(kind: Kind, length: number, where: string): Promise<void> {
    let setting = randomSetting(this.#random, kind, MOST_UNITS);
    while (isTooLarge(setting)) setting = randomSetting(this.#random, kind, MOST_UNITS);
    const { created, soldOut } = setting;
    this.#assets = [await this.#token(), await this.#token()];
    const key = this.#keyOf(setting);
    const shares = created.pool.totalShares - LOCKED_SHARES;
    await this.#setProtocolFee(created.protocolFee);
    let market: Market = { ...created, shares };
    const cases: Case[] = [this.#creation(key, created)];
    if (soldOut !== undefined) {
      cases.push(this.#caseOf(market, soldOut));
      market = play(market, soldOut) ?? market;
    }
    for (let i = 0; i < length; i++) {
      if (this.#random.chance(1)) {
        const move = othersMove(this.#random);
        if (move.name === "protocolFee") {
          await this.#compare(key, kind, market, cases.splice(0), where);
          await this.#setProtocolFee(move.fee);
          market = { ...market, protocolFee: move.fee };
        }
      }
      const move = traderMove(this.#random, market);
      if (move.name === "section") continue;
      if (isBeyondFunds(market, move) || (move.name === "remove" && move.shares > market.shares)) continue;
      const after = play(market, move);
      if (after !== undefined && (after.gained0 < -FUNDS / 4n || after.gained1 < -FUNDS / 4n)) continue;
      // What the twin refuses is asked of the chain now and then.
      if (after === undefined && this.#random.chance(95)) continue;
      cases.push(this.#caseOf(market, move));
      market = after ?? market;
      if (cases.length === CHUNK) await this.#compare(key, kind, market, cases.splice(0), where);
    }
    await this.#compare(key, kind, market, cases, where);
  }

  /** A new token, all of it the probe's in the ledger. */
  async #token(): Promise<bigint> {
    const token = await deployTyped<MockERC20>(this.#chain.connection, "MockERC20", ["Token", "TKN", 18]);
    await token.mint(this.#probe, FUNDS);
    await this.#probe.getFunction("deposit").send(token);
    return tokenId(await token.getAddress());
  }

  #keyOf({ created, fee }: Setting): PoolKey {
    const { alpha, beta } = created.pool;
    return poolKey({ assets: this.#assets, fee, alpha, beta });
  }

  async #setProtocolFee(fee: bigint): Promise<void> {
    await this.#chain.amm.setProtocolFee(fee, this.#chain.admin.address);
  }

  /* CASES */

  #creation(pool: PoolKey, { pool: { reserve0, reserve1 } }: Market): Case {
    return {
      name: "createPool",
      action: { ...NOTHING, kind: 0, a: reserve0, b: reserve1 },
      twin: twinOf(() => [openPool(pool, reserve0, reserve1).totalShares - LOCKED_SHARES]),
      executed: (_gained0, _gained1, shares) => [shares],
    };
  }

  #caseOf({ pool, protocolFee }: Market, move: Trade): Case {
    const accrued = () => accrue(pool, protocolFee).pool;
    switch (move.name) {
      case "sell": {
        const { zeroForOne, amount } = move;
        const twin = twinOf(() => [amountOut(pool, zeroForOne, amount)]);
        const curved = curveOut(curveOf(pool, zeroForOne), amount);
        expect("values" in twin ? twin.values[0] : undefined, "curve of src").to.equal(curved);
        return {
          name: "swapExactIn",
          action: { ...NOTHING, kind: 1, zeroForOne, a: amount },
          twin,
          executed: (gained0, gained1) => [zeroForOne ? gained1 : gained0],
        };
      }
      case "buy": {
        const { zeroForOne, out } = move;
        const twin = twinOf(() => [amountIn(pool, zeroForOne, out)]);
        const needed = "values" in twin ? at(twin.values, 0) : 1000n;
        if ("values" in twin) expect(curveIn(curveOf(pool, zeroForOne), out), "curve of src").to.equal(needed);
        const offered = needed + this.#random.pick([0n, 1n, needed / 3n]);
        return {
          name: "swapExactOut",
          action: { ...NOTHING, kind: 2, zeroForOne, a: out, offered },
          twin,
          executed: (gained0, gained1) => [-(zeroForOne ? gained0 : gained1)],
        };
      }
      case "add": {
        const { max0, max1 } = move;
        return {
          name: "addLiquidity",
          action: { ...NOTHING, kind: 3, a: max0, b: max1 },
          twin: twinOf(() => {
            const { shares, amount0, amount1 } = sharesFor(accrued(), max0, max1);
            return [shares, amount0, amount1];
          }),
          executed: (gained0, gained1, shares) => [shares, -gained0, -gained1],
        };
      }
      case "remove": {
        const { shares } = move;
        return {
          name: "removeLiquidity",
          action: { ...NOTHING, kind: 4, a: shares },
          twin: twinOf(() => {
            const { amount0, amount1 } = amountsFor(accrued(), shares);
            return [amount0, amount1];
          }),
          executed: (gained0, gained1) => [gained0, gained1],
        };
      }
    }
  }

  /* COMPARING */

  /** Quotes and acts on the chain, each action upon what the last left. */
  async #compare(key: PoolKey, kind: Kind, market: Market, cases: readonly Case[], where: string): Promise<void> {
    const actions = cases.map(({ action }) => action);
    const sent = await this.#probe.getFunction("run").send(key, actions, { gasLimit: 16_000_000n });
    const log = at((await sent.wait())?.logs.slice(-1) ?? [], 0);
    const answers = this.#probe.interface.parseLog(log)?.args[0] as ChainAnswer[];
    cases.forEach((each, i) => {
      this.#check(each, at(answers, i), `${where}, ${kind}: ${each.name} ${i}`);
      if (!at(answers, i).isDone) return;
      this.executed.set(each.name, (this.executed.get(each.name) ?? 0) + 1);
      this.perKind.set(kind, (this.perKind.get(kind) ?? 0) + 1);
    });
    const { reserve0, reserve1, offset0, offset1, totalShares } = market.pool;
    const view = await this.#chain.ammLens.poolOf(key);
    expect([view.reserve0, view.reserve1, view.totalShares], where).to.deep.equal([reserve0, reserve1, totalShares]);
    expect([view.virtual0, view.virtual1], where).to.deep.equal([reserve0 + offset0, reserve1 + offset1]);
  }

  #check({ twin, executed }: Case, answer: ChainAnswer, where: string): void {
    if (!answer.isDone) {
      this.refused += 1;
      expect(answer.isQuoted, `${where}: the quote of what is refused`).to.equal(false);
      expect(answer.actionError, where).to.equal(answer.quoteError);
      const name = this.#chain.amm.interface.getError(answer.actionError)?.name;
      expect(twin, where).to.deep.equal({ refusal: name });
      return;
    }
    const values = executed(at(answer.gained, 0), at(answer.gained, 1), at(answer.gained, 2));
    expect(answer.isQuoted, where).to.equal(true);
    expect(answer.quote.slice(0, values.length), `${where}: quote of the lens`).to.deep.equal(values);
    expect(twin, `${where}: quote of the twin`).to.deep.equal({ values });
  }
}

const NOTHING = { zeroForOne: false, a: 0n, b: 0n, offered: 0n } as const;

function twinOf(quote: () => readonly bigint[]): Twin {
  try {
    return { values: quote() };
  } catch (error) {
    if (error instanceof ModelError) return { refusal: error.code };
    throw error;
  }
}

/** Whether a pool holds so much that the probe has too little left to trade with. */
function isTooLarge({ created, market }: Setting): boolean {
  const most = FUNDS / 64n;
  return [created, market].some(({ pool }) => pool.reserve0 > most || pool.reserve1 > most);
}

/** Whether a move offers more than the probe may have left. */
function isBeyondFunds({ pool }: Market, move: Trade): boolean {
  const most = FUNDS / 8n;
  if (pool.reserve0 > most || pool.reserve1 > most) return true;
  if (move.name === "sell") return move.amount > most;
  return move.name === "add" && (move.max0 > most || move.max1 > most);
}

describe("quotes of the AMM", () => {
  it(`of the lens and of the twin in src equal execution to the unit in ${CASES} random cases and more`, async function () {
    this.timeout(120_000 + 20 * CASES);
    const seed = seedFromEnvironment();
    const random = new Random(seed);
    const comparison = await Comparison.create(random);
    for (let pools = 0; comparison.done < CASES; pools++) {
      await comparison.pool(at(KINDS, pools % KINDS.length), 400, `seed ${seed}, pool ${pools}`);
    }
    const list = (counts: Map<string, number>) => [...counts].map(([name, count]) => `${name} ${count}`).join(", ");
    console.log(
      `      seed ${seed}: ${comparison.done} quotes executed (${list(comparison.executed)}), ${comparison.refused} refused ` +
        `alike; by pool: ${list(comparison.perKind)}`,
    );
    expect(comparison.done).to.be.at.least(CASES);
    expect([...comparison.perKind.keys()].sort()).to.deep.equal([...KINDS].sort());
  });
});
