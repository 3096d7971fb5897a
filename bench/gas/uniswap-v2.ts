import { Contract, type JsonRpcSigner } from "ethers";
import type { MockERC20 } from "../../typechain-types/index.js";
import type { Peer } from "../schema.js";
import { readPackaged, readProduction } from "./artifacts.js";
import { expectedIn, expectedOut, type Sides } from "./expected.js";
import { encode, FAR_FUTURE, readUint, type Lab, type Sent } from "./lab.js";
import { measure, type Effect } from "./measure.js";
import {
  approveAll,
  MAX_UINT256,
  newcomerWithout,
  PEER_FEE,
  PEER_LIQUIDITY,
  PEER_STEP,
  UNIT,
  walletEffect,
  type PoolFigures,
} from "./peer-kit.js";

/** A swap of the maker's in the same block, and the reserves that it leaves. */
type Behind = { request: Sent; sides: Sides };

const V2 = "core 1.0.1, periphery 1.1.0-beta.0";

/** Uniswap v2 from its npm bytecode. */
export async function measureUniswapV2(lab: Lab): Promise<PoolFigures> {
  const { user, maker, a, b, c, weth, chain } = lab;
  const factory = await lab.deploy(await readPackaged("@uniswap/v2-core/build/UniswapV2Factory.json"), maker.address);
  const router = await lab.deploy(
    await readPackaged("@uniswap/v2-periphery/build/UniswapV2Router02.json"),
    await factory.getAddress(),
    await weth.getAddress(),
  );
  const caller = await lab.deploy(await readProduction("contracts/mocks/BenchPairCaller.sol"));
  const { abi: pairAbi } = await readPackaged("@uniswap/v2-core/build/UniswapV2Pair.json");
  const liquidityCaller = await lab.deploy(await readProduction("contracts/mocks/BenchPairLiquidityCaller.sol"));
  const [routerAddress, callerAddress] = await Promise.all([router.getAddress(), caller.getAddress()]);
  const liquidityCallerAddress = await liquidityCaller.getAddress();
  const [addressA, addressB, addressC] = await Promise.all([a.getAddress(), b.getAddress(), c.getAddress()]);
  const wethAddress = await weth.getAddress();
  const peer = (name: string, gas: number): Peer => ({ name: `Uniswap v2 ${name}`, version: V2, gas, measured: true });
  const lean = (gas: number): Peer => peer("pair, minimal caller", gas);

  const approve = async (account: JsonRpcSigner, tokens: readonly MockERC20[]): Promise<void> =>
    approveAll(account, tokens, [routerAddress, callerAddress, liquidityCallerAddress]);
  const pairOf = async (x: string, y: string): Promise<Contract> => {
    const address = (await factory.getFunction("getPair")(x, y)) as string;
    return new Contract(address, pairAbi, chain.provider);
  };
  const reserves = async (pair: Contract, tokenIn: string): Promise<{ x: bigint; y: bigint }> => {
    const [r0, r1] = (await pair.getFunction("getReserves")()) as [bigint, bigint];
    const token0 = (await pair.getFunction("token0")()) as string;
    return token0 === tokenIn ? { x: r0, y: r1 } : { x: r1, y: r0 };
  };
  const shares = (pair: Contract, account: string, change: bigint): Effect => ({
    label: "shares",
    read: () => pair.getFunction("balanceOf")(account) as Promise<bigint>,
    change,
  });

  await approve(maker, [a, b, c]);
  await approve(user, [a, b]);
  const add = (x: string, y: string, amount: bigint, to: string): string =>
    encode(router, "addLiquidity", [x, y, amount, amount, 0n, 0n, to, FAR_FUTURE]);
  const liquidity = PEER_LIQUIDITY;
  const createPool = await measure(lab, {
    name: "Uniswap v2: create pair",
    from: maker,
    request: { to: routerAddress, data: add(addressA, addressB, liquidity, maker.address) },
    state: "new",
    effects: [
      walletEffect(a, maker.address, -liquidity),
      walletEffect(b, maker.address, -liquidity),
      {
        label: "pairs",
        read: () => readUint(chain, factory.target as string, encode(factory, "allPairsLength", [])),
        change: 1n,
      },
    ],
  });
  const pair = await pairOf(addressA, addressB);
  const pairAddress = await pair.getAddress();
  for (const spender of [routerAddress, liquidityCallerAddress]) {
    await lab.send(maker, { to: pairAddress, data: encode(pair, "approve", [spender, MAX_UINT256]) });
  }
  const isZero = ((await pair.getFunction("token0")()) as string) === addressA;

  const makerSwap = async (): Promise<Behind> => {
    const before = await reserves(pair, addressA);
    const out = expectedOut(before, UNIT, PEER_FEE);
    const data = encode(caller, "swap", [pairAddress, addressA, UNIT, ...(isZero ? [0n, out] : [out, 0n])]);
    return { request: { to: callerAddress, data }, sides: { x: before.x + UNIT, y: before.y - out } };
  };
  const direct = async (account: JsonRpcSigner, state: "steady" | "new", behind?: Behind): Promise<number> => {
    const out = expectedOut(behind?.sides ?? (await reserves(pair, addressA)), UNIT, PEER_FEE);
    const outs = isZero ? [0n, out] : [out, 0n];
    const data = encode(caller, "swap", [pairAddress, addressA, UNIT, ...outs]);
    const effects = [walletEffect(a, account.address, -UNIT), walletEffect(b, account.address, out)];
    const request = { to: callerAddress, data };
    const first = behind === undefined ? {} : { behind: behind.request };
    return (await measure(lab, { name: "Uniswap v2 pair", from: account, request, state, effects, ...first })).gas;
  };
  const routed = async (account: JsonRpcSigner, state: "steady" | "new", behind?: Behind): Promise<number> => {
    const out = expectedOut(behind?.sides ?? (await reserves(pair, addressA)), UNIT, PEER_FEE);
    const path = [addressA, addressB];
    const data = encode(router, "swapExactTokensForTokens", [UNIT, out, path, account.address, FAR_FUTURE]);
    const effects = [walletEffect(a, account.address, -UNIT), walletEffect(b, account.address, out)];
    const request = { to: routerAddress, data };
    const first = behind === undefined ? {} : { behind: behind.request };
    return (await measure(lab, { name: "Uniswap v2 router", from: account, request, state, effects, ...first })).gas;
  };
  const withoutB = async (): Promise<JsonRpcSigner> => {
    const account = await newcomerWithout(lab, b);
    await approve(account, [a]);
    return account;
  };

  await direct(user, "steady"); // from here on the pair's cumulative prices are in use
  const walletSwap = [lean(await direct(user, "steady")), peer("Router02", await routed(user, "steady"))];
  // Each of these is the first of its block and writes the cumulative prices; one behind another writes none.
  const oracleSwapAgain = [
    lean(await direct(user, "steady", await makerSwap())),
    peer("Router02", await routed(user, "steady", await makerSwap())),
  ];
  const walletSwapNew = [
    lean(await direct(await withoutB(), "new")),
    peer("Router02", await routed(await withoutB(), "new")),
  ];

  const cost = expectedIn(await reserves(pair, addressA), UNIT, PEER_FEE) + 1n; // v2 rounds down and adds one unit
  const exact = [UNIT, cost * 2n, [addressA, addressB], user.address, FAR_FUTURE];
  const paid = await routerAmountIn(router, UNIT, [addressA, addressB]);
  const exactOut = await measure(lab, {
    name: "Uniswap v2 router, exact out",
    from: user,
    request: { to: routerAddress, data: encode(router, "swapTokensForExactTokens", exact) },
    state: "steady",
    effects: [walletEffect(a, user.address, -paid), walletEffect(b, user.address, UNIT)],
  });

  // What the pair itself demands for the same, without the router's unit more.
  const least = expectedIn(await reserves(pair, addressA), UNIT, PEER_FEE);
  const outs = isZero ? [0n, UNIT] : [UNIT, 0n];
  const leanExactOut = await measure(lab, {
    name: "Uniswap v2 pair, exact out",
    from: user,
    request: { to: callerAddress, data: encode(caller, "swap", [pairAddress, addressA, least, ...outs]) },
    state: "steady",
    effects: [walletEffect(a, user.address, -least), walletEffect(b, user.address, UNIT)],
  });

  const half = PEER_STEP;
  type Way = "direct" | "routed";
  const moreOf = async (way: Way, account: JsonRpcSigner, state: "steady" | "new"): Promise<number> => {
    const [x, y, supply] = [await reserves(pair, addressA), half, (await pair.getFunction("totalSupply")()) as bigint];
    // The router keeps the ratio: it takes all of the first token or all of the second.
    const wantedB = (y * x.y) / x.x;
    const [takenA, takenB] = wantedB <= y ? [y, wantedB] : [(y * x.x) / x.y, y];
    const [byA, byB] = [(takenA * supply) / x.x, (takenB * supply) / x.y];
    const minted = byA < byB ? byA : byB;
    const effects = [
      walletEffect(a, account.address, -takenA),
      walletEffect(b, account.address, -takenB),
      shares(pair, account.address, minted),
    ];
    const request =
      way === "routed"
        ? { to: routerAddress, data: add(addressA, addressB, y, account.address) }
        : {
            to: liquidityCallerAddress,
            data: encode(liquidityCaller, "add", [pairAddress, addressA, takenA, addressB, takenB]),
          };
    return (await measure(lab, { name: "Uniswap v2: add liquidity", from: account, request, state, effects })).gas;
  };
  const [joiner, other] = [await lab.newcomer(), await lab.newcomer()];
  for (const account of [joiner, other]) await approve(account, [a, b]);
  const newLiquidity = [
    lean(await moreOf("direct", joiner, "new")),
    peer("Router02", await moreOf("routed", other, "new")),
  ];
  const moreLiquidity = [
    lean(await moreOf("direct", joiner, "steady")),
    peer("Router02", await moreOf("routed", joiner, "steady")),
  ];

  const lessOf = async (way: Way): Promise<number> => {
    const before = await reserves(pair, addressA);
    const supply = (await pair.getFunction("totalSupply")()) as bigint;
    const args = [addressA, addressB, half, 1n, 1n, maker.address, FAR_FUTURE];
    const request =
      way === "routed"
        ? { to: routerAddress, data: encode(router, "removeLiquidity", args) }
        : { to: liquidityCallerAddress, data: encode(liquidityCaller, "remove", [pairAddress, half]) };
    const effects = [
      walletEffect(a, maker.address, (before.x * half) / supply),
      walletEffect(b, maker.address, (before.y * half) / supply),
      shares(pair, maker.address, -half),
    ];
    const state = "steady";
    return (await measure(lab, { name: "Uniswap v2: remove liquidity", from: maker, request, state, effects })).gas;
  };
  const lessLiquidity = [lean(await lessOf("direct")), peer("Router02", await lessOf("routed"))];

  // Ether for token A.
  const addEther = encode(router, "addLiquidityETH", [addressA, 100n * UNIT, 0n, 0n, maker.address, FAR_FUTURE]);
  await lab.send(maker, { to: routerAddress, data: addEther, value: 100n * UNIT });
  const etherPair = await pairOf(addressA, wethAddress);
  const sellEther = async (): Promise<number> => {
    const value = UNIT / 100n;
    const out = expectedOut(await reserves(etherPair, wethAddress), value, PEER_FEE);
    const args = [out, [wethAddress, addressA], user.address, FAR_FUTURE];
    const request = { to: routerAddress, data: encode(router, "swapExactETHForTokens", args), value };
    const effects = [walletEffect(a, user.address, out)];
    return (await measure(lab, { name: "Uniswap v2: sell ether", from: user, request, state: "steady", effects })).gas;
  };
  await sellEther();

  // A for B for C.
  await lab.send(maker, { to: routerAddress, data: add(addressB, addressC, liquidity, maker.address) });
  const nextPair = await pairOf(addressB, addressC);
  const sellTwice = async (): Promise<number> => {
    const between = expectedOut(await reserves(pair, addressA), UNIT, PEER_FEE);
    const out = expectedOut(await reserves(nextPair, addressB), between, PEER_FEE);
    const args = [UNIT, out, [addressA, addressB, addressC], user.address, FAR_FUTURE];
    const request = { to: routerAddress, data: encode(router, "swapExactTokensForTokens", args) };
    const effects = [walletEffect(a, user.address, -UNIT), walletEffect(c, user.address, out)];
    return (await measure(lab, { name: "Uniswap v2: two hops", from: user, request, state: "steady", effects })).gas;
  };
  const buyTwice = async (): Promise<number> => {
    const path = [addressA, addressB, addressC];
    const most = await routerAmountIn(router, UNIT, path);
    const args = [UNIT, most * 2n, path, user.address, FAR_FUTURE];
    const request = { to: routerAddress, data: encode(router, "swapTokensForExactTokens", args) };
    const effects = [walletEffect(a, user.address, -most), walletEffect(c, user.address, UNIT)];
    return (await measure(lab, { name: "Uniswap v2: buy twice", from: user, request, state: "steady", effects })).gas;
  };
  await sellTwice(); // the second pair's cumulative prices are in use from here on
  return {
    walletSwap,
    walletSwapNew,
    oracleSwap: walletSwap,
    oracleSwapAgain,
    walletSwapExactOut: [lean(leanExactOut.gas), peer("Router02", exactOut.gas)],
    twoHops: [peer("Router02", await sellTwice())],
    twoHopsExactOut: [peer("Router02", await buyTwice())],
    nativeSwap: [peer("Router02", await sellEther())],
    ledgerSwap: [],
    ledgerTwoHops: [],
    createPool: [peer("Router02, with the pair's code", createPool.gas)],
    newLiquidity,
    moreLiquidity,
    lessLiquidity,
  };
}

async function routerAmountIn(router: Contract, out: bigint, path: string[]): Promise<bigint> {
  const [paid] = (await router.getFunction("getAmountsIn")(out, path)) as [bigint];
  return paid;
}
