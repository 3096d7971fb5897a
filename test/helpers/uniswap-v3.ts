import { Contract, type BaseContract } from "ethers";
import { amountsOf, liquidityFor, sqrtPriceAt, type TickPool, type TickRange } from "../../bench/amm/ticks.js";
import { mirrored, push } from "../../bench/amm/manipulation.js";
import { PIPS, poolKey, PRICE_SCALE, type Lakh, type PoolKey } from "../../src/index.js";
import type { PoolState } from "../../src/models/amm-math.js";
import type { MockERC20 } from "../../typechain-types/index.js";
import { at, deployLakh, deployPackaged, readPackaged, type Connection, type TestSigner } from "./deploy.js";

const CORE = "@uniswap/v3-core/artifacts/contracts";
const PERIPHERY = "@uniswap/v3-periphery/artifacts/contracts";
const Q96 = 1n << 96n;
const MAX_UINT256 = (1n << 256n) - 1n;
const FAR_FUTURE = 4_102_444_800n; // 2100-01-01

/** A pool of the AMM and one of Uniswap v3 with the same tokens, fee, range, price and liquidity. */
export class PoolPair {
  readonly pool: PoolKey;
  readonly #lakh: Lakh;
  readonly #admin: TestSigner;
  readonly #tokens: readonly [MockERC20, MockERC20];
  readonly #router: BaseContract;
  readonly #other: BaseContract;

  private constructor(options: {
    pool: PoolKey;
    lakh: Lakh;
    admin: TestSigner;
    tokens: readonly [MockERC20, MockERC20];
    router: BaseContract;
    other: BaseContract;
  }) {
    this.pool = options.pool;
    this.#lakh = options.lakh;
    this.#admin = options.admin;
    this.#tokens = options.tokens;
    this.#router = options.router;
    this.#other = options.other;
  }

  /** At a price of 1, from at most `amount` of each token. */
  static async open(
    connection: Connection,
    { fee, range, amount }: { fee: bigint; range: TickRange; amount: bigint },
  ): Promise<PoolPair> {
    const specs = ["ONE", "TWO"].map((symbol) => ({ symbol, decimals: 18 }));
    const { lakh, tokens, ledger, weth, admin } = await deployLakh(connection, { tokens: specs });
    const addresses = await Promise.all(tokens.map((token) => token.getAddress()));
    const isSorted = BigInt(at(addresses, 0)) < BigInt(at(addresses, 1));
    const [token0, token1] = isSorted ? [at(tokens, 0), at(tokens, 1)] : [at(tokens, 1), at(tokens, 0)];
    const sorted = [await token0.getAddress(), await token1.getAddress()] as const;

    const factory = await deployPackaged({
      module: `${CORE}/UniswapV3Factory.sol/UniswapV3Factory.json`,
      signer: admin,
    });
    const parameters = [await factory.getAddress(), await weth.getAddress()];
    const router = await deployPackaged({
      module: `${PERIPHERY}/SwapRouter.sol/SwapRouter.json`,
      signer: admin,
      parameters,
    });
    const manager = await deployPackaged({
      module: `${PERIPHERY}/NonfungiblePositionManager.sol/NonfungiblePositionManager.json`,
      signer: admin,
      parameters: [...parameters, await factory.getAddress()],
    });
    for (const token of [token0, token1]) {
      await token.mint(admin.address, amount * 1_000n);
      for (const spender of [router, manager, ledger]) await token.approve(spender, MAX_UINT256);
    }

    await manager.getFunction("createAndInitializePoolIfNecessary")(...sorted, fee, Q96);
    const desired = { amount0: amount, amount1: amount };
    const order = [...sorted, fee, range.low, range.high, amount, amount, 0n, 0n, admin.address, FAR_FUTURE];
    await manager.getFunction("mint")(order);
    const { abi } = await readPackaged(`${CORE}/UniswapV3Pool.sol/UniswapV3Pool.json`);
    const address = (await factory.getFunction("getPool")(...sorted, fee)) as string;
    const other = new Contract(address, abi, admin);

    // A share is a unit of v3's liquidity: α = 1/√high and β = √low, Q64.
    const alpha = (1n << 160n) / sqrtPriceAt(range.high);
    const beta = sqrtPriceAt(range.low) >> 32n;
    const pool = poolKey({ assets: sorted, fee, alpha, beta });
    const liquidity = liquidityFor(Q96, range, desired);
    const { amount0, amount1 } = amountsOf({ sqrtPrice: Q96, liquidity }, range, "up");
    const created = lakh.amm.createPool({
      ...{ pool, amount0, amount1, minShares: 1n, to: admin.address, source: "wallet", deadline: FAR_FUTURE },
    });
    await admin.sendTransaction(created);
    return new PoolPair({ pool, lakh, admin, tokens: [token0, token1], router, other });
  }

  /** Ours, in numbers. Its supply plays no part in swaps. */
  async ours(): Promise<PoolState> {
    const { reserve0, reserve1, virtual0, virtual1, totalShares } = await this.#lakh.amm.poolOf({ pool: this.pool });
    const { alpha, beta, fee } = this.pool;
    const offsets = { offset0: virtual0 - reserve0, offset1: virtual1 - reserve1 };
    return { reserve0, reserve1, ...offsets, keep: PIPS - fee, totalShares, virtualShares: 0n, alpha, beta, rootK: 0n };
  }

  /** v3's, in numbers. */
  async theirs(): Promise<TickPool> {
    const [sqrtPrice] = (await this.#other.getFunction("slot0")()) as [bigint];
    const liquidity = (await this.#other.getFunction("liquidity")()) as bigint;
    return { sqrtPrice, liquidity, fee: this.pool.fee };
  }

  /** The same trade on both; what each pays. */
  async trade(zeroForOne: boolean, paid: bigint): Promise<{ ours: bigint; theirs: bigint }> {
    return {
      ours: await this.#received(zeroForOne, () => this.#tradeOurs(zeroForOne, paid)),
      theirs: await this.#received(zeroForOne, () => this.#tradeTheirs(zeroForOne, paid, 0n)),
    };
  }

  /** Trades in each pool until its price is that of `sqrtPrice` (Q96), as arbitrage does. */
  async moveTo(sqrtPrice: bigint): Promise<void> {
    const { sqrtPrice: now } = await this.theirs();
    const zeroForOne = sqrtPrice < now;
    await this.#tradeTheirs(zeroForOne, await at(this.#tokens, zeroForOne ? 0 : 1).balanceOf(this.#admin), sqrtPrice);
    const pool = await this.ours();
    const square = sqrtPrice * sqrtPrice;
    const moved = zeroForOne
      ? push(mirrored(pool), (PRICE_SCALE * Q96 * Q96) / square)
      : push(pool, (PRICE_SCALE * square) / (Q96 * Q96));
    if (moved === undefined) throw new RangeError("The range ends before that price");
    await this.#tradeOurs(zeroForOne, moved.paid);
  }

  async #received(zeroForOne: boolean, send: () => Promise<void>): Promise<bigint> {
    const token = at(this.#tokens, zeroForOne ? 1 : 0);
    const before = await token.balanceOf(this.#admin);
    await send();
    return (await token.balanceOf(this.#admin)) - before;
  }

  async #tradeOurs(zeroForOne: boolean, paid: bigint): Promise<void> {
    const { asset0, asset1 } = this.pool;
    const request = this.#lakh.amm.swapExactIn({
      ...{ pool: this.pool, assetIn: zeroForOne ? asset0 : asset1, amountIn: paid, minAmountOut: 1n },
      ...{ to: this.#admin.address, source: "wallet", destination: "wallet", deadline: FAR_FUTURE },
    });
    await this.#admin.sendTransaction(request);
  }

  async #tradeTheirs(zeroForOne: boolean, paid: bigint, limit: bigint): Promise<void> {
    const [token0, token1] = await Promise.all(this.#tokens.map((token) => token.getAddress()));
    const [tokenIn, tokenOut] = zeroForOne ? [token0, token1] : [token1, token0];
    const { fee } = this.pool;
    await this.#router.getFunction("exactInputSingle")([
      ...[tokenIn, tokenOut, fee, this.#admin.address, FAR_FUTURE, paid, 0n, limit],
    ]);
  }
}
