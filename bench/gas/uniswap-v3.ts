import { Contract, solidityPacked, solidityPackedKeccak256, type JsonRpcSigner } from "ethers";
import { amountsOf, liquidityFor, swapIn, swapOut, type TickPool } from "../amm/ticks.js";
import type { Peer } from "../schema.js";
import { readPackaged, readProduction } from "./artifacts.js";
import { encode, FAR_FUTURE, readUint, type Lab } from "./lab.js";
import { measure, type Effect } from "./measure.js";
import {
  approveAll,
  newcomerWithout,
  PEER_FEE,
  PEER_LIQUIDITY,
  PEER_STEP,
  UNIT,
  walletEffect,
  type PoolFigures,
} from "./peer-kit.js";

const V3 = "core 1.0.1, periphery 1.4.4";
const V3_CORE = "core 1.0.1";

/** A price of 1. */
export const START = 1n << 96n;
/** All prices, at the spacing of ticks that a fee of 0.3 % has. */
export const EVERYWHERE = { low: -887_220, high: 887_220 };
/** No limit of the price: v3's bounds. */
export const limitOf = (zeroForOne: boolean): bigint =>
  zeroForOne ? 4_295_128_740n : 1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_341n;

/** Uniswap v3 from its npm bytecode: through its own periphery, and through the leanest caller. */
export async function measureUniswapV3(lab: Lab): Promise<PoolFigures> {
  const { user, maker, a, b, c, weth, chain } = lab;
  const core = "@uniswap/v3-core/artifacts/contracts";
  const periphery = "@uniswap/v3-periphery/artifacts/contracts";
  const factory = await lab.deploy(await readPackaged(`${core}/UniswapV3Factory.sol/UniswapV3Factory.json`));
  const { abi: poolAbi } = await readPackaged(`${core}/UniswapV3Pool.sol/UniswapV3Pool.json`);
  const wiring = [await factory.getAddress(), await weth.getAddress()];
  const router = await lab.deploy(await readPackaged(`${periphery}/SwapRouter.sol/SwapRouter.json`), ...wiring);
  const manager = await lab.deploy(
    await readPackaged(`${periphery}/NonfungiblePositionManager.sol/NonfungiblePositionManager.json`),
    ...wiring,
    wiring[0], // what draws the positions' pictures; not asked here
  );
  const callerCode = await readProduction("contracts/mocks/BenchTickPoolCaller.sol");
  const caller = await lab.deploy(callerCode);
  // What a caller adds is its own; a second one has no position yet.
  const joiner = await lab.deploy(callerCode);
  const [addressA, addressB, addressC] = await Promise.all([a.getAddress(), b.getAddress(), c.getAddress()]);
  const [routerAddress, managerAddress, callerAddress, joinerAddress] = await Promise.all(
    [router, manager, caller, joiner].map((contract) => contract.getAddress()),
  );
  if (routerAddress === undefined || managerAddress === undefined) throw new TypeError("4 contracts");
  if (callerAddress === undefined || joinerAddress === undefined) throw new TypeError("4 contracts");
  const viaRouter = (gas: number): Peer => ({ name: "Uniswap v3 SwapRouter", version: V3, gas, measured: true });
  const viaManager = (gas: number): Peer => ({
    ...{ name: "Uniswap v3 position manager", version: V3, gas, measured: true },
  });
  const lean = (gas: number): Peer => ({
    ...{ name: "Uniswap v3 pool, minimal caller", version: V3_CORE, gas, measured: true },
  });
  const spenders = [routerAddress, managerAddress, callerAddress, joinerAddress];
  for (const account of [maker, user]) await approveAll(account, [a, b, c], spenders);

  const sorted = (x: string, y: string): [string, string] => (BigInt(x) < BigInt(y) ? [x, y] : [y, x]);
  const mintData = (tokens: [string, string], amount: bigint, account: string): string =>
    encode(manager, "mint", [
      [...tokens, PEER_FEE, EVERYWHERE.low, EVERYWHERE.high, amount, amount, 0n, 0n, account, FAR_FUTURE],
    ]);
  const createData = (tokens: [string, string]): string =>
    encode(manager, "multicall", [
      [
        encode(manager, "createAndInitializePoolIfNecessary", [...tokens, PEER_FEE, START]),
        mintData(tokens, PEER_LIQUIDITY, maker.address),
      ],
    ]);
  const poolOf = async (tokens: [string, string]): Promise<Contract> => {
    const address = (await factory.getFunction("getPool")(...tokens, PEER_FEE)) as string;
    return new Contract(address, poolAbi, chain.provider);
  };
  const stateOf = async (pool: Contract): Promise<TickPool> => {
    const [sqrtPrice] = (await pool.getFunction("slot0")()) as [bigint];
    return { sqrtPrice, liquidity: (await pool.getFunction("liquidity")()) as bigint, fee: PEER_FEE };
  };

  /* POOLS */

  const [pairAB, pairBC] = [sorted(addressA, addressB), sorted(addressB, addressC)];
  const sellsA = pairAB[0] === addressA;
  const sellsB = pairBC[0] === addressB;
  const desired = { amount0: PEER_LIQUIDITY, amount1: PEER_LIQUIDITY };
  const firstLiquidity = liquidityFor(START, EVERYWHERE, desired);
  const first = amountsOf({ sqrtPrice: START, liquidity: firstLiquidity }, EVERYWHERE, "up");
  const ofA = (amounts: { amount0: bigint; amount1: bigint }): bigint => (sellsA ? amounts.amount0 : amounts.amount1);
  const ofB = (amounts: { amount0: bigint; amount1: bigint }): bigint => (sellsA ? amounts.amount1 : amounts.amount0);
  const created = await measure(lab, {
    name: "Uniswap v3: create pool",
    from: maker,
    request: { to: managerAddress, data: createData(pairAB) },
    state: "new",
    effects: [
      walletEffect(a, maker.address, -ofA(first)),
      walletEffect(b, maker.address, -ofB(first)),
      {
        label: "positions",
        read: () => readUint(chain, managerAddress, encode(manager, "balanceOf", [maker.address])),
        change: 1n,
      },
    ],
  });
  await lab.send(maker, { to: managerAddress, data: createData(pairBC) });
  const [pool, nextPool] = [await poolOf(pairAB), await poolOf(pairBC)];
  const [poolAddress, nextPoolAddress] = [await pool.getAddress(), await nextPool.getAddress()];

  const pathOf = (...tokens: [string, string, string]): string =>
    solidityPacked(
      ["address", "uint24", "address", "uint24", "address"],
      [tokens[0], PEER_FEE, tokens[1], PEER_FEE, tokens[2]],
    );
  // Fees have grown on all sides, and no price is on a tick: a swap that leaves a tick writes the oracle.
  for (const [path, amount] of [
    [pathOf(addressA, addressB, addressC), 30n * UNIT],
    [pathOf(addressC, addressB, addressA), 20n * UNIT],
  ] as const) {
    const data = encode(router, "exactInput", [[path, maker.address, FAR_FUTURE, amount, 0n]]);
    await lab.send(maker, { to: routerAddress, data });
  }

  /* SWAPS */

  const swapEffects = (account: string, paid: bigint, out: bigint): Effect[] => [
    walletEffect(a, account, -paid),
    walletEffect(b, account, out),
  ];
  const direct = async (from: JsonRpcSigner, state: "steady" | "new"): Promise<number> => {
    const { out } = swapIn(await stateOf(pool), sellsA, UNIT);
    const data = encode(caller, "swap", [poolAddress, sellsA, UNIT, limitOf(sellsA), addressA]);
    const effects = swapEffects(from.address, UNIT, out);
    const request = { to: callerAddress, data };
    return (await measure(lab, { name: "Uniswap v3 pool", from, request, state, effects })).gas;
  };
  const routed = async (from: JsonRpcSigner, state: "steady" | "new"): Promise<number> => {
    const { out } = swapIn(await stateOf(pool), sellsA, UNIT);
    const order = [addressA, addressB, PEER_FEE, from.address, FAR_FUTURE, UNIT, out, 0n];
    const request = { to: routerAddress, data: encode(router, "exactInputSingle", [order]) };
    const effects = swapEffects(from.address, UNIT, out);
    return (await measure(lab, { name: "Uniswap v3 router", from, request, state, effects })).gas;
  };
  const withoutB = async (): Promise<JsonRpcSigner> => {
    const account = await newcomerWithout(lab, b);
    await approveAll(account, [a], spenders);
    return account;
  };
  const walletSwap = [lean(await direct(user, "steady")), viaRouter(await routed(user, "steady"))];
  const walletSwapNew = [lean(await direct(await withoutB(), "new")), viaRouter(await routed(await withoutB(), "new"))];

  const exactOut = async (to: string, dataOf: (paid: bigint) => string): Promise<number> => {
    const { paid } = swapOut(await stateOf(pool), sellsA, UNIT);
    const effects = swapEffects(user.address, paid, UNIT);
    const request = { to, data: dataOf(paid) };
    return (await measure(lab, { name: "Uniswap v3: exact out", from: user, request, state: "steady", effects })).gas;
  };
  const walletSwapExactOut = [
    lean(
      await exactOut(callerAddress, () =>
        encode(caller, "swap", [poolAddress, sellsA, -UNIT, limitOf(sellsA), addressA]),
      ),
    ),
    viaRouter(
      await exactOut(routerAddress, (paid) =>
        encode(router, "exactOutputSingle", [
          [addressA, addressB, PEER_FEE, user.address, FAR_FUTURE, UNIT, paid * 2n, 0n],
        ]),
      ),
    ),
  ];

  const twice = async (kind: "direct" | "routed"): Promise<number> => {
    const state = await stateOf(pool);
    const between = swapIn(state, sellsA, UNIT).out;
    const { out } = swapIn(await stateOf(nextPool), sellsB, between);
    // The lean caller buys what the second pool takes: at most as dear as the trade that gives as much.
    const paid = kind === "routed" ? UNIT : swapOut(state, sellsA, between).paid;
    const limits = [limitOf(sellsA), limitOf(sellsB)];
    const leanArgs = [poolAddress, nextPoolAddress, [sellsA, sellsB], between, limits, addressA];
    const path = pathOf(addressA, addressB, addressC);
    const request =
      kind === "routed"
        ? { to: routerAddress, data: encode(router, "exactInput", [[path, user.address, FAR_FUTURE, UNIT, out]]) }
        : { to: callerAddress, data: encode(caller, "swapTwice", leanArgs) };
    const effects = [walletEffect(a, user.address, -paid), walletEffect(c, user.address, out)];
    return (await measure(lab, { name: "Uniswap v3: two hops", from: user, request, state: "steady", effects })).gas;
  };
  const twoHops = [lean(await twice("direct")), viaRouter(await twice("routed"))];

  const buyTwice = async (): Promise<number> => {
    const between = swapOut(await stateOf(nextPool), sellsB, UNIT).paid;
    const { paid } = swapOut(await stateOf(pool), sellsA, between);
    const path = pathOf(addressC, addressB, addressA); // from the end
    const order = [path, user.address, FAR_FUTURE, UNIT, paid * 2n];
    const request = { to: routerAddress, data: encode(router, "exactOutput", [order]) };
    const effects = [walletEffect(a, user.address, -paid), walletEffect(c, user.address, UNIT)];
    return (await measure(lab, { name: "Uniswap v3: buy twice", from: user, request, state: "steady", effects })).gas;
  };
  const twoHopsExactOut = [viaRouter(await buyTwice())];

  /* LIQUIDITY */

  const callerLiquidity = (owner: string, change: bigint): Effect => {
    const key = keyOf(owner);
    return { label: "liquidity", read: () => readUint(chain, poolAddress, encode(pool, "positions", [key])), change };
  };
  const { low, high } = EVERYWHERE;
  const add = async (by: Contract, owner: string, state: "steady" | "new"): Promise<number> => {
    const { sqrtPrice } = await stateOf(pool);
    const liquidity = liquidityFor(sqrtPrice, EVERYWHERE, { amount0: PEER_STEP, amount1: PEER_STEP });
    const taken = amountsOf({ sqrtPrice, liquidity }, EVERYWHERE, "up");
    const request = { to: owner, data: encode(by, "mint", [poolAddress, low, high, liquidity, ...pairAB]) };
    const effects = [
      walletEffect(a, user.address, -ofA(taken)),
      walletEffect(b, user.address, -ofB(taken)),
      callerLiquidity(owner, liquidity),
    ];
    return (await measure(lab, { name: "Uniswap v3: add liquidity", from: user, request, state, effects })).gas;
  };
  await add(caller, callerAddress, "new");
  const [newLean, moreLean] = [await add(joiner, joinerAddress, "new"), await add(caller, callerAddress, "steady")];

  const nextId = async (): Promise<bigint> => {
    const count = await readUint(chain, managerAddress, encode(manager, "totalSupply", []));
    return count + 1n;
  };
  const positionEffect = (id: bigint, change: bigint): Effect => ({
    label: "liquidity",
    read: async () => {
      const position = (await manager.getFunction("positions")(id)) as { liquidity: bigint };
      return position.liquidity;
    },
    change,
  });
  const managed = async (name: string, data: string, effects: Effect[], state: "steady" | "new"): Promise<number> => {
    const request = { to: managerAddress, data };
    return (await measure(lab, { name: `Uniswap v3: ${name}`, from: user, request, state, effects })).gas;
  };
  const { sqrtPrice } = await stateOf(pool);
  const stepLiquidity = liquidityFor(sqrtPrice, EVERYWHERE, { amount0: PEER_STEP, amount1: PEER_STEP });
  const taken = amountsOf({ sqrtPrice, liquidity: stepLiquidity }, EVERYWHERE, "up");
  const takenEffects = [walletEffect(a, user.address, -ofA(taken)), walletEffect(b, user.address, -ofB(taken))];
  const id = await nextId();
  const newManaged = await managed(
    "new position",
    mintData(pairAB, PEER_STEP, user.address),
    [
      ...takenEffects,
      {
        label: "positions",
        read: () => readUint(chain, managerAddress, encode(manager, "balanceOf", [user.address])),
        change: 1n,
      },
    ],
    "new",
  );
  const moreManaged = await managed(
    "increase",
    encode(manager, "increaseLiquidity", [[id, PEER_STEP, PEER_STEP, 0n, 0n, FAR_FUTURE]]),
    [...takenEffects, positionEffect(id, stepLiquidity)],
    "steady",
  );
  const half = stepLiquidity / 2n;
  const given = amountsOf({ sqrtPrice, liquidity: half }, EVERYWHERE, "down");
  const givenEffects = [walletEffect(a, user.address, ofA(given)), walletEffect(b, user.address, ofB(given))];
  const lessManaged = await managed(
    "decrease and collect",
    encode(manager, "multicall", [
      [
        encode(manager, "decreaseLiquidity", [[id, half, 0n, 0n, FAR_FUTURE]]),
        encode(manager, "collect", [[id, user.address, given.amount0, given.amount1]]),
      ],
    ]),
    [...givenEffects, positionEffect(id, -half)],
    "steady",
  );
  const lessLean = await measure(lab, {
    name: "Uniswap v3: burn and collect",
    from: user,
    request: { to: callerAddress, data: encode(caller, "burn", [poolAddress, low, high, half]) },
    state: "steady",
    effects: [...givenEffects, callerLiquidity(callerAddress, -half)],
  });

  /* ORACLE */

  // A ring of a hundred entries, one of them in use. A swap of a hundred units leaves its tick, and so writes an entry.
  await lab.send(maker, { to: poolAddress, data: encode(pool, "increaseObservationCardinalityNext", [100n]) });
  const written = 100n * UNIT;
  const observations: Effect = {
    label: "entries of the oracle",
    read: async () => BigInt(((await pool.getFunction("slot0")()) as { observationIndex: bigint }).observationIndex),
    change: 1n,
  };
  const writing = async (kind: "direct" | "routed", state: "steady" | "new" = "steady"): Promise<number> => {
    const { out } = swapIn(await stateOf(pool), sellsA, written);
    const order = [addressA, addressB, PEER_FEE, user.address, FAR_FUTURE, written, out, 0n];
    const request =
      kind === "routed"
        ? { to: routerAddress, data: encode(router, "exactInputSingle", [order]) }
        : {
            to: callerAddress,
            data: encode(caller, "swap", [poolAddress, sellsA, written, limitOf(sellsA), addressA]),
          };
    const effects = [...swapEffects(user.address, written, out), observations];
    return (await measure(lab, { name: "Uniswap v3: oracle", from: user, request, state, effects })).gas;
  };
  await writing("direct", "new"); // which widens the ring
  const oracleSwap = [lean(await writing("direct")), viaRouter(await writing("routed"))];

  return {
    walletSwap,
    oracleSwap,
    oracleSwapAgain: walletSwap, // within its tick, or behind another swap of the block, v3 writes no entry
    walletSwapNew,
    walletSwapExactOut,
    twoHops,
    twoHopsExactOut,
    nativeSwap: [],
    ledgerSwap: [],
    ledgerTwoHops: [],
    createPool: [{ ...viaManager(created.gas), name: "Uniswap v3 position manager, with the pool's code" }],
    newLiquidity: [lean(newLean), viaManager(newManaged)],
    moreLiquidity: [lean(moreLean), viaManager(moreManaged)],
    lessLiquidity: [lean(lessLean.gas), viaManager(lessManaged)],
  };
}

/** Where a pool keeps what `owner` has in the range of all prices. */
function keyOf(owner: string): string {
  return solidityPackedKeccak256(["address", "int24", "int24"], [owner, EVERYWHERE.low, EVERYWHERE.high]);
}
