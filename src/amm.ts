import { ZeroAddress, type ContractRunner } from "ethers";
import { type AmmCore } from "../typechain-types/amm/AmmCore.js";
import { AmmCore__factory } from "../typechain-types/factories/amm/AmmCore__factory.js";
import { IAmmActions__factory } from "../typechain-types/factories/interfaces/IAmmActions__factory.js";
import { AmmLens__factory } from "../typechain-types/factories/periphery/AmmLens__factory.js";
import { type AmmLens } from "../typechain-types/periphery/AmmLens.js";
import {
  assetId,
  bookKey,
  checkPool,
  lpShareId,
  MIN_TRADE,
  nonZeroAddress,
  poolId,
  type AssetLike,
  type PoolKey,
} from "./assets.js";
import { ValidationError } from "./lakh-error.js";
import { type LedgerCall, type LedgerClient } from "./ledger.js";
import { checkAmount, checkDeadline, checkLimit, type Destination, type LakhRequest, type Source } from "./request.js";

/** What every action says of its parties and its time. */
export type ActionOptions = {
  /** Last second, Unix time, inclusive. */
  deadline: bigint;
  /** Unix time; when given, a passed deadline is refused here. */
  now?: bigint;
  /** Receiver of outputs and shares; the client's account unless given, without one whoever sends the request. */
  to?: string;
  /** Where inputs come from; the caller's ledger balance unless given. */
  source?: Source;
  /** Where outputs go; the receiver's ledger balance unless given. */
  destination?: Destination;
};

/** Ether instead of wrapped ether as an input. */
export type PayOptions = {
  /** Pays the wrapped-ether input with ether sent along. */
  payWithEther?: boolean;
};

/** Sells an exact amount; both amounts in units of their assets. */
export type SwapExactIn = ActionOptions &
  PayOptions & { pool: PoolKey; assetIn: AssetLike; amountIn: bigint; minAmountOut: bigint };
/** Buys an exact amount; both amounts in units of their assets. */
export type SwapExactOut = ActionOptions &
  PayOptions & { pool: PoolKey; assetIn: AssetLike; amountOut: bigint; maxAmountIn: bigint };
/** A trade through pools in a row, each of which holds what the one before pays; no pool stands twice. */
export type SwapPath = ActionOptions & PayOptions & { pools: readonly PoolKey[]; assetIn: AssetLike };
/** A path whose outcome is asked for: the pools in order, and the asset that the first one takes. */
export type PathQuote = Pick<SwapPath, "pools" | "assetIn">;
/** Sells an exact amount through a path, for at least `minAmountOut` of its last asset. */
export type SwapPathExactIn = SwapPath & { amountIn: bigint; minAmountOut: bigint };
/** Buys an exact amount of the last asset of a path, for at most `maxAmountIn` of its first. */
export type SwapPathExactOut = SwapPath & { amountOut: bigint; maxAmountIn: bigint };
/** Creates a pool and funds it; amounts in units, `minShares` in LP shares. */
export type CreatePool = ActionOptions &
  PayOptions & { pool: PoolKey; amount0: bigint; amount1: bigint; minShares: bigint };
/** Adds to a pool at most these amounts in its proportion, for at least `minShares`; what is not needed stays with its owner. */
export type AddLiquidity = CreatePool;
/** Burns LP shares for at least these amounts. */
export type RemoveLiquidity = ActionOptions & {
  pool: PoolKey;
  shares: bigint;
  minAmount0: bigint;
  minAmount1: bigint;
};

/** Takes no deadline: what it mints can only grow. */
export type CollectProtocolFee = Pick<ActionOptions, "to"> & { pool: PoolKey };

/** What `createAmmClient` needs: addresses of core, lens and wrapped ether, and whose requests they are. */
export type AmmClientOptions = {
  address: string;
  lens: string;
  weth: string;
  ledger: LedgerClient;
  account?: string | undefined;
  runner?: ContractRunner | null | undefined;
};

const actions = IAmmActions__factory.createInterface();

/** `LedgerCall.data` of each AMM action, unchecked. */
export const ammActions = {
  createPool: (key: PoolKey, minShares: bigint, deadline: bigint): string =>
    actions.encodeFunctionData("createPool", [key, minShares, deadline]),
  addLiquidity: (minShares: bigint, deadline: bigint): string =>
    actions.encodeFunctionData("addLiquidity", [minShares, deadline]),
  removeLiquidity: (shares: bigint, minAmount0: bigint, minAmount1: bigint, deadline: bigint): string =>
    actions.encodeFunctionData("removeLiquidity", [shares, minAmount0, minAmount1, deadline]),
  swapExactIn: (minAmountOut: bigint, deadline: bigint): string =>
    actions.encodeFunctionData("swapExactIn", [minAmountOut, deadline]),
  swapExactOut: (amountOut: bigint, deadline: bigint): string =>
    actions.encodeFunctionData("swapExactOut", [amountOut, deadline]),
  swapExactOutPath: (next: readonly PoolKey[], assetOut: bigint, amountOut: bigint, deadline: bigint): string =>
    actions.encodeFunctionData("swapExactOutPath", [[...next], assetOut, amountOut, deadline]),
  collectProtocolFee: (): string => actions.encodeFunctionData("collectProtocolFee"),
} as const;

/** Builds and quotes what concerns the AMM. Amounts are smallest units; builders throw `ValidationError`. */
export type AmmClient = ReturnType<typeof createAmmClient>;

/** See `createLakh`. */
export function createAmmClient({ address, lens, weth, ledger, account, runner }: AmmClientOptions) {
  const amm = nonZeroAddress(address, "amm");
  const contract: AmmCore = AmmCore__factory.connect(amm, runner ?? null);
  const lensContract: AmmLens = AmmLens__factory.connect(nonZeroAddress(lens, "ammLens"), runner ?? null);
  const wethId = assetId(weth);

  type Action = {
    pool: PoolKey;
    amount0?: bigint;
    amount1?: bigint;
    data: string;
    options: Omit<ActionOptions, "deadline"> & PayOptions & { deadline?: bigint };
  };

  function build(action: Action): LakhRequest<LedgerCall> {
    return ledger.call(callOf(action), etherOf(action));
  }

  function callOf({ pool, amount0 = 0n, amount1 = 0n, data, options }: Action): LedgerCall {
    const { to, deadline, now, source = "ledger", destination = "ledger" } = options;
    if (deadline !== undefined) checkDeadline(deadline, now);
    return {
      protocol: amm,
      asset0: pool.asset0,
      asset1: pool.asset1,
      key: bookKey(pool),
      source,
      destination,
      amount0,
      amount1,
      to: to ?? account ?? ZeroAddress,
      data,
    };
  }

  /** The ether that is sent along. */
  function etherOf({ pool, amount0 = 0n, amount1 = 0n, options: { payWithEther = false } }: Action): bigint {
    const ether = (pool.asset0 === wethId ? amount0 : 0n) + (pool.asset1 === wethId ? amount1 : 0n);
    if (payWithEther && ether === 0n) {
      throw new ValidationError("NativeAssetMissing", "The input that ether pays for is not wrapped ether", {});
    }
    return payWithEther ? ether : 0n;
  }

  /** The calls of a path: the first takes `amountIn` from its source, the last pays; between them nothing is delivered. */
  function buildPath(
    hops: readonly PathHop[],
    amountIn: bigint,
    dataOf: (index: number) => string,
    options: ActionOptions & PayOptions,
  ): LakhRequest<{ calls: readonly LedgerCall[] }> {
    const { source = "ledger", destination = "ledger", to, ...rest } = options;
    const steps = hops.map(({ pool, zeroForOne }, i): Action => {
      const isLast = i === hops.length - 1;
      const receiver = isLast ? (to === undefined ? {} : { to }) : { to: ZeroAddress };
      const step = { ...rest, ...receiver, ...(i === 0 ? { source } : {}), ...(isLast ? { destination } : {}) };
      return { pool, ...inputs(zeroForOne, i === 0 ? amountIn : 0n), data: dataOf(i), options: step };
    });
    const [first] = steps;
    return ledger.callPath(steps.map(callOf), first === undefined ? 0n : etherOf(first));
  }

  return {
    address: amm,
    contract,
    lens: lensContract,

    /** Creates the pool with both inputs as its first reserves; 1,000 shares stay locked. */
    createPool({ pool, amount0, amount1, minShares, ...options }: CreatePool): LakhRequest<LedgerCall> {
      checkPool(pool);
      checkInputs(amount0, amount1);
      checkLimit(minShares, "minShares");
      return build({
        pool,
        amount0,
        amount1,
        data: ammActions.createPool(pool, minShares, options.deadline),
        options,
      });
    },

    /**
     * Adds liquidity at the pool's ratio within both amounts; what is not used comes back. Shares round down. A range
     * pool may take one unit more of a side, also of one that it has run out of; without that unit it refuses.
     */
    addLiquidity({ pool, amount0, amount1, minShares, ...options }: AddLiquidity): LakhRequest<LedgerCall> {
      checkPool(pool);
      checkInputs(amount0, amount1);
      checkLimit(minShares, "minShares");
      return build({ pool, amount0, amount1, data: ammActions.addLiquidity(minShares, options.deadline), options });
    },

    /** Burns `shares` of the caller's ledger balance; amounts paid out round down. */
    removeLiquidity({ pool, shares, minAmount0, minAmount1, ...options }: RemoveLiquidity): LakhRequest<LedgerCall> {
      checkPool(pool);
      checkAmount(shares, "shares");
      checkLimit(minAmount0, "minAmount0");
      checkLimit(minAmount1, "minAmount1");
      return build({
        pool,
        data: ammActions.removeLiquidity(shares, minAmount0, minAmount1, options.deadline),
        options,
      });
    },

    /** Sells exactly `amountIn` (at least 1,000 units); the output rounds down and is at least `minAmountOut`. */
    swapExactIn({ pool, assetIn, amountIn, minAmountOut, ...options }: SwapExactIn): LakhRequest<LedgerCall> {
      const zeroForOne = isZeroForOne(pool, assetIn);
      checkTrade(amountIn, "amountIn");
      checkLimit(minAmountOut, "minAmountOut");
      const data = ammActions.swapExactIn(minAmountOut, options.deadline);
      return build({ pool, ...inputs(zeroForOne, amountIn), data, options });
    },

    /** Buys exactly `amountOut` for at most `maxAmountIn`; what is taken rounds up, the rest comes back. */
    swapExactOut({ pool, assetIn, amountOut, maxAmountIn, ...options }: SwapExactOut): LakhRequest<LedgerCall> {
      const zeroForOne = isZeroForOne(pool, assetIn);
      checkAmount(amountOut, "amountOut");
      checkTrade(maxAmountIn, "maxAmountIn");
      const data = ammActions.swapExactOut(amountOut, options.deadline);
      return build({ pool, ...inputs(zeroForOne, maxAmountIn), data, options });
    },

    /**
     * Sells exactly `amountIn` through `pools`, one after the other, in one call; what the last pays rounds down and is at least
     * `minAmountOut`, the only limit. What the pools between pay is nobody's balance.
     */
    swapPathExactIn({ pools, assetIn, amountIn, minAmountOut, ...options }: SwapPathExactIn) {
      const hops = hopsOf(pools, assetIn);
      checkTrade(amountIn, "amountIn");
      checkLimit(minAmountOut, "minAmountOut");
      const dataOf = (i: number) => ammActions.swapExactIn(i === hops.length - 1 ? minAmountOut : 0n, options.deadline);
      return buildPath(hops, amountIn, dataOf, options);
    },

    /**
     * Buys exactly `amountOut` of what the last of `pools` pays, for at most `maxAmountIn`, the only limit. The first pool finds on
     * chain what each must pay, rounded up, and what is not needed of the input comes back.
     */
    swapPathExactOut({ pools, assetIn, amountOut, maxAmountIn, ...options }: SwapPathExactOut) {
      const hops = hopsOf(pools, assetIn);
      checkAmount(amountOut, "amountOut");
      checkTrade(maxAmountIn, "maxAmountIn");
      const { deadline } = options;
      const assetOut = hops.at(-1)?.assetOut ?? 0n;
      const dataOf = (i: number) =>
        i === hops.length - 1
          ? ammActions.swapExactOut(amountOut, deadline)
          : ammActions.swapExactOutPath(pools.slice(i + 1), assetOut, amountOut, deadline);
      return buildPath(hops, maxAmountIn, dataOf, options);
    },

    /** The output of `swapPathExactIn`, to the unit, with every pool as of one state. */
    async quotePathExactIn({ pools, assetIn, amountIn }: PathQuote & { amountIn: bigint }): Promise<bigint> {
      hopsOf(pools, assetIn);
      return lensContract.quotePathExactIn([...pools], assetId(assetIn), checkTrade(amountIn, "amountIn"));
    },

    /** The input of `swapPathExactOut`, to the unit, with every pool as of one state. */
    async quotePathExactOut({ pools, assetIn, amountOut }: PathQuote & { amountOut: bigint }): Promise<bigint> {
      hopsOf(pools, assetIn);
      return lensContract.quotePathExactOut([...pools], assetId(assetIn), checkAmount(amountOut, "amountOut"));
    },

    /** Mints what the protocol has in the pool; for the protocol's recipient alone, who may name another receiver. */
    collectProtocolFee({ pool, ...options }: CollectProtocolFee): LakhRequest<LedgerCall> {
      checkPool(pool);
      return build({ pool, data: ammActions.collectProtocolFee(), options });
    },

    /** The protocol's part of what fees add to pools, in parts of 10,000, and who may collect it. */
    async protocolFee(): Promise<{ fee: bigint; recipient: string }> {
      const [fee, recipient] = await contract.protocolFee();
      return { fee, recipient };
    },

    /** The output of `swapExactIn` as of now, to the unit. */
    async quoteExactIn(options: { pool: PoolKey; assetIn: AssetLike; amountIn: bigint }): Promise<bigint> {
      const zeroForOne = isZeroForOne(options.pool, options.assetIn);
      return lensContract.quoteExactIn(options.pool, zeroForOne, checkTrade(options.amountIn, "amountIn"));
    },

    /** The input of `swapExactOut` as of now, to the unit. */
    async quoteExactOut(options: { pool: PoolKey; assetIn: AssetLike; amountOut: bigint }): Promise<bigint> {
      const zeroForOne = isZeroForOne(options.pool, options.assetIn);
      return lensContract.quoteExactOut(options.pool, zeroForOne, checkAmount(options.amountOut, "amountOut"));
    },

    /** The shares that `createPool` mints to the receiver. */
    async quoteCreate(options: { pool: PoolKey; amount0: bigint; amount1: bigint }): Promise<bigint> {
      checkPool(options.pool);
      return lensContract.quoteCreate(options.pool, options.amount0, options.amount1);
    },

    /** The shares that `addLiquidity` mints and the amounts it takes. */
    async quoteAdd(options: {
      pool: PoolKey;
      amount0: bigint;
      amount1: bigint;
    }): Promise<{ shares: bigint; amount0: bigint; amount1: bigint }> {
      checkPool(options.pool);
      const [shares, amount0, amount1] = await lensContract.quoteAdd(options.pool, options.amount0, options.amount1);
      return { shares, amount0, amount1 };
    },

    /** What `removeLiquidity` pays for `shares`. */
    async quoteRemove(options: { pool: PoolKey; shares: bigint }): Promise<{ amount0: bigint; amount1: bigint }> {
      checkPool(options.pool);
      const [amount0, amount1] = await lensContract.quoteRemove(options.pool, checkAmount(options.shares, "shares"));
      return { amount0, amount1 };
    },

    /** The pool as it stands; the price is raw units of asset 1 per raw unit of asset 0 · 1e36, rounded down. */
    async poolOf({ pool }: { pool: PoolKey }) {
      checkPool(pool);
      const view = await lensContract.poolOf(pool);
      return {
        id: view.id,
        exists: view.exists,
        shareId: view.shareId,
        reserve0: view.reserve0,
        reserve1: view.reserve1,
        virtual0: view.virtual0,
        virtual1: view.virtual1,
        totalShares: view.totalShares,
        price: view.price,
      };
    },

    /** The pool's id: that of its ledger book, and the salt of its LP share. */
    poolIdOf({ pool }: { pool: PoolKey }): string {
      return poolId({ amm, pool });
    },

    /** The ledger id of the pool's LP share. */
    shareIdOf({ pool }: { pool: PoolKey }): bigint {
      return lpShareId({ amm, pool });
    },
  };
}

/** Whether `assetIn` is the pool's asset 0. Throws `WrongAsset` when it is neither. */
export function isZeroForOne(pool: PoolKey, assetIn: AssetLike): boolean {
  checkPool(pool);
  const id = assetId(assetIn);
  if (id !== pool.asset0 && id !== pool.asset1) {
    throw new ValidationError("WrongAsset", `Asset ${id} is not one of the pool's two`, { asset: id, pool });
  }
  return id === pool.asset0;
}

/** A pool of a path, which way the trade goes through it, and what it pays. */
type PathHop = { pool: PoolKey; zeroForOne: boolean; assetOut: bigint };

/** The pools in a row from `assetIn` on. Throws `EmptyPath`, `PoolTwice`, and `WrongAsset` where the row breaks. */
function hopsOf(pools: readonly PoolKey[], assetIn: AssetLike): PathHop[] {
  if (pools.length === 0) throw new ValidationError("EmptyPath", "A path needs a pool");
  let asset = assetId(assetIn);
  const seen = new Set<string>();
  return pools.map((pool) => {
    const zeroForOne = isZeroForOne(pool, asset);
    const name = [pool.asset0, pool.asset1, bookKey(pool)].join(" ");
    if (seen.has(name)) throw new ValidationError("PoolTwice", "A pool stands twice in the path", { pool });
    seen.add(name);
    asset = zeroForOne ? pool.asset1 : pool.asset0;
    return { pool, zeroForOne, assetOut: asset };
  });
}

function inputs(zeroForOne: boolean, amount: bigint): { amount0: bigint; amount1: bigint } {
  return zeroForOne ? { amount0: amount, amount1: 0n } : { amount0: 0n, amount1: amount };
}

function checkInputs(amount0: bigint, amount1: bigint): void {
  checkLimit(amount0, "amount0");
  checkLimit(amount1, "amount1");
  if (amount0 === 0n && amount1 === 0n) throw new ValidationError("BothAmountsZero", "Both amounts are zero");
}

function checkTrade(amount: bigint, name: string): bigint {
  checkAmount(amount, name);
  if (amount < MIN_TRADE) {
    throw new ValidationError("BelowMinimumTrade", `${name} is below ${MIN_TRADE} units`, { name, amount });
  }
  return amount;
}
