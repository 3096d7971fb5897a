import { expect } from "chai";
import { Interface, ZeroAddress } from "ethers";
import { network } from "#chain";
import {
  AmmModel,
  bookKey,
  decodeError,
  LedgerModel,
  MAX_AMOUNT,
  ModelError,
  poolKey,
  tokenId,
  tokenOf,
  type AmmAction,
  type PoolKey,
} from "../../src/index.js";
import { at, deployLakh, deployPackaged } from "../helpers/deploy.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../helpers/random.js";

type Operation = { kind: 0n | 1n | 2n | 3n; zeroForOne: boolean; amount0: bigint; amount1: bigint };
type Outcome = { amount0: bigint; amount1: bigint; shares: bigint; reserve0: bigint; reserve1: bigint; total: bigint };

const SEQUENCES = countFromEnvironment("LAKH_V2_SEQUENCES", 2000);
const MAX_OPERATIONS = 7n;
const FUNDS = 1n << 110n;
const HIGHEST = 1n << 100n;
const LOWEST = 1000n;
const FLOOR = 1000n;
/** 997 pips in a thousand of an input trade. */
const EXACT = 2n * 997n;
const [ADD, REMOVE, EXACT_IN, EXACT_OUT] = [0n, 1n, 2n, 3n] as const;
const ACCOUNT = "0x1111111111111111111111111111111111111111";

const RESULT =
  "tuple(uint256 amount0, uint256 amount1, uint256 shares, uint256 pairAmount0, uint256 pairAmount1, " +
  "uint256 pairShares, uint256 reserve0, uint256 reserve1, uint256 pairReserve0, uint256 pairReserve1, " +
  "uint256 totalShares, uint256 pairTotalShares, bytes tight)[]";
const harnessInterface = new Interface([
  "function fund(address token)",
  "function run(tuple(uint256 asset0, uint256 asset1, uint24 fee, uint128 alpha, uint128 beta, uint8 flags) key, " +
    `tuple(uint8 kind, bool zeroForOne, uint256 amount0, uint256 amount1)[] operations) returns (${RESULT} results)`,
]);

type Measured = {
  amount0: bigint;
  amount1: bigint;
  shares: bigint;
  pairAmount0: bigint;
  pairAmount1: bigint;
  pairShares: bigint;
  reserve0: bigint;
  reserve1: bigint;
  pairReserve0: bigint;
  pairReserve1: bigint;
  totalShares: bigint;
  pairTotalShares: bigint;
  tight: string;
};

/** One account on one pool of the model, as the harness is on chain. */
class Twin {
  readonly #ledger = new LedgerModel({ address: "ledger", tokens: [] });
  readonly #amm: AmmModel;
  readonly #pool: PoolKey;
  #exists = false;

  constructor(amm: string, pool: PoolKey) {
    this.#amm = new AmmModel({ address: amm, ledger: this.#ledger });
    this.#pool = pool;
    for (const id of [pool.asset0, pool.asset1]) this.#ledger.state.set(`word ${ACCOUNT} ${id}`, FUNDS);
  }

  /** A random operation that the pool should bear. */
  choose(random: Random): Operation {
    const zeroForOne = random.chance(50);
    if (!this.#exists) {
      // Some reserves are such that half of one costs the other without rounding.
      const unit = random.chance(25) ? EXACT : 1n;
      const amount = () => random.magnitude(LOWEST, HIGHEST / unit) * unit;
      return { kind: ADD, zeroForOne, amount0: amount(), amount1: amount() };
    }
    const { reserve0, reserve1, totalShares } = this.#amm.poolOf(this.#pool);
    const reserveOut = zeroForOne ? reserve1 : reserve0;
    const swapsExactOut = reserveOut > FLOOR && random.chance(40);
    if (swapsExactOut && random.chance(70)) {
      const half = reserveOut / 2n;
      const amount0 = random.chance(15) && half > FLOOR ? half : random.magnitude(1n, reserveOut - FLOOR);
      return { kind: EXACT_OUT, zeroForOne, amount0, amount1: 0n };
    }
    const available = totalShares - 1000n;
    if (available > 0n && random.chance(30)) {
      return { kind: REMOVE, zeroForOne, amount0: random.magnitude(1n, available), amount1: 0n };
    }
    if (random.chance(35)) {
      const amount0 = random.magnitude(LOWEST, HIGHEST);
      const ratio = (amount0 * reserve1) / reserve0 + 1n;
      const amount1 = random.chance(50) && ratio <= HIGHEST ? ratio : random.magnitude(LOWEST, HIGHEST);
      return { kind: ADD, zeroForOne, amount0, amount1 };
    }
    return { kind: EXACT_IN, zeroForOne, amount0: random.magnitude(LOWEST, HIGHEST), amount1: 0n };
  }

  /** What the operation does, or undefined where the pool, or v2's rules, refuse it. */
  apply({ kind, zeroForOne, amount0, amount1 }: Operation): Outcome | undefined {
    const { state } = this.#ledger;
    try {
      return state.attempt(() => {
        const before = this.#balances();
        const input = kind === EXACT_IN ? amount0 : kind === EXACT_OUT ? FUNDS / 2n : 0n;
        const { minted } = this.#ledger.call(ACCOUNT, {
          protocol: this.#amm.address,
          asset0: this.#pool.asset0,
          asset1: this.#pool.asset1,
          key: bookKey(this.#pool),
          source: "ledger",
          destination: "ledger",
          amount0: kind === ADD ? amount0 : zeroForOne ? input : 0n,
          amount1: kind === ADD ? amount1 : zeroForOne ? 0n : input,
          to: ZeroAddress,
          data: this.#action(kind, amount0),
        });
        const after = this.#balances();
        const { reserve0, reserve1, totalShares } = this.#amm.poolOf(this.#pool);
        const moved = [absolute(after[0] - before[0]), absolute(after[1] - before[1])] as const;
        // The pair pays no output of 0 and stays above what a swap of the AMM may leave.
        const isFit = moved[0] > 0n && moved[1] > 0n && reserve0 >= FLOOR && reserve1 >= FLOOR;
        if (!isFit || reserve0 > MAX_AMOUNT || reserve1 > MAX_AMOUNT) throw new ModelError("Unfit");
        this.#exists = true;
        return {
          amount0: moved[0],
          amount1: moved[1],
          shares: kind === REMOVE ? amount0 : minted,
          reserve0,
          reserve1,
          total: totalShares,
        };
      });
    } catch (error) {
      if (error instanceof ModelError) return undefined;
      throw error;
    }
  }

  #action(kind: Operation["kind"], amount: bigint): AmmAction {
    const deadline = 0n;
    if (kind === REMOVE) return { name: "removeLiquidity", shares: amount, minAmount0: 0n, minAmount1: 0n, deadline };
    if (kind === EXACT_IN) return { name: "swapExactIn", minAmountOut: 0n, deadline };
    if (kind === EXACT_OUT) return { name: "swapExactOut", amountOut: amount, deadline };
    if (this.#exists) return { name: "addLiquidity", minShares: 0n, deadline };
    return { name: "createPool", pool: this.#pool, minShares: 0n, deadline };
  }

  #balances(): [bigint, bigint] {
    const balance = (id: bigint) => this.#ledger.balanceOf({ account: ACCOUNT, id });
    return [balance(this.#pool.asset0), balance(this.#pool.asset1)];
  }
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function sequence(random: Random, twin: Twin): { operations: Operation[]; expected: Outcome[] } {
  const operations: Operation[] = [];
  const expected: Outcome[] = [];
  const length = Number(random.between(2n, MAX_OPERATIONS));
  for (let tries = 0; operations.length < length && tries < 200; tries++) {
    const operation = twin.choose(random);
    const outcome = twin.apply(operation);
    if (outcome === undefined) continue;
    operations.push(operation);
    expected.push(outcome);
  }
  return { operations, expected };
}

describe("AmmCore and Uniswap v2", () => {
  it("agree to the unit without virtual offsets, at v2's fee", async function () {
    this.timeout(600_000);
    const seed = seedFromEnvironment();
    const random = new Random(seed);
    const connection = await network.create();
    const { lakh, tokens, amm, admin } = await deployLakh(connection);
    const factory = await deployPackaged({
      module: "@uniswap/v2-core/build/UniswapV2Factory.json",
      signer: admin,
      parameters: [admin.address],
    });
    const harness = await connection.ethers.deployContract("MockUniswapV2Harness", [amm, factory]);
    const to = await harness.getAddress();
    for (const token of tokens) {
      const data = harnessInterface.encodeFunctionData("fund", [await token.getAddress()]);
      await admin.sendTransaction({ to, data });
    }
    const addresses = [await at(tokens, 0).getAddress(), await at(tokens, 1).getAddress()] as const;
    const pool = poolKey({ assets: addresses, fee: 3000n });
    expect([tokenOf(pool.asset0), tokenOf(pool.asset1)].map(tokenId)).to.deep.equal([pool.asset0, pool.asset1]);

    const counts = [0, 0, 0, 0];
    for (let i = 0; i < SEQUENCES; i++) {
      const { operations, expected } = sequence(random, new Twin(lakh.amm.address, pool));
      // Each sequence starts on the same chain, with a new pool and a new pair.
      const data = harnessInterface.encodeFunctionData("run", [pool, operations]);
      const answer = (await connection.provider.request({ method: "eth_call", params: [{ to, data }] })) as string;
      const [results] = harnessInterface.decodeFunctionResult("run", answer) as unknown as [Measured[]];
      expect(results.length).to.equal(operations.length);
      results.forEach((result, step) => {
        const label = `seed ${seed}, sequence ${i}, step ${step}`;
        const { kind } = at(operations, step);
        const { amount0, amount1, shares, reserve0, reserve1, totalShares } = result;
        const chain: Outcome = { amount0, amount1, shares, reserve0, reserve1, total: totalShares };
        const pair: Outcome = {
          amount0: result.pairAmount0,
          amount1: result.pairAmount1,
          shares: result.pairShares,
          reserve0: result.pairReserve0,
          reserve1: result.pairReserve1,
          total: result.pairTotalShares,
        };
        expect(chain, `${label}: chain and model`).to.deep.equal(at(expected, step));
        expect(pair, `${label}: pair and chain`).to.deep.equal(chain);
        if (kind === EXACT_IN || kind === EXACT_OUT) {
          expect(decodeError(result.tight).args.reason, `${label}: one unit more`).to.equal("UniswapV2: K");
        }
        counts[Number(kind)] = at(counts, Number(kind)) + 1;
      });
    }
    const [adds, removals, exactIns, exactOuts] = counts;
    console.log(
      `      seed ${seed}: ${SEQUENCES} sequences: ${adds} additions, ${removals} removals, ` +
        `${exactIns} exact-in and ${exactOuts} exact-out swaps`,
    );
  });
});
