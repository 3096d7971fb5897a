import { Contract, type JsonRpcSigner } from "ethers";
import type { MockERC20 } from "../../typechain-types/index.js";
import type { Peer } from "../schema.js";
import { readPackaged, readProduction } from "./artifacts.js";
import { expectedIn, expectedOut } from "./expected.js";
import { encode, FAR_FUTURE, readUint, type Lab } from "./lab.js";
import { measure, type Effect } from "./measure.js";

const UNIT = 10n ** 18n;
const MAX_UINT256 = (1n << 256n) - 1n;
const FEE = 3_000n; // Uniswap v2's, in pips
const V2 = "core 1.0.1, periphery 1.1.0-beta.0";
const RECEIVER = "0x00000000000000000000000000000000000A11cE";

/** Whole-transaction gas of the peers, measured on the same chain as ours, by the operation they stand beside. */
export type PeerFigures = {
  walletSwap: Peer[];
  walletSwapNew: Peer[];
  walletSwapExactOut: Peer[];
  nativeSwap: Peer[];
  createPool: Peer[];
  newLiquidity: Peer[];
  moreLiquidity: Peer[];
  lessLiquidity: Peer[];
  transfer: Peer[];
  transferNew: Peer[];
};

export async function measurePeers(lab: Lab): Promise<PeerFigures> {
  return { ...(await measureUniswap(lab)), ...(await measureTokens(lab)) };
}

async function measureUniswap(lab: Lab) {
  const { user, maker, a, b, weth, chain } = lab;
  const factory = await lab.deploy(await readPackaged("@uniswap/v2-core/build/UniswapV2Factory.json"), maker.address);
  const router = await lab.deploy(
    await readPackaged("@uniswap/v2-periphery/build/UniswapV2Router02.json"),
    await factory.getAddress(),
    await weth.getAddress(),
  );
  const caller = await lab.deploy(await readProduction("contracts/mocks/BenchPairCaller.sol"));
  const { abi: pairAbi } = await readPackaged("@uniswap/v2-core/build/UniswapV2Pair.json");
  const [routerAddress, callerAddress] = await Promise.all([router.getAddress(), caller.getAddress()]);
  const [addressA, addressB, wethAddress] = await Promise.all([a.getAddress(), b.getAddress(), weth.getAddress()]);
  const peer = (name: string, gas: number): Peer => ({ name: `Uniswap v2 ${name}`, version: V2, gas, measured: true });

  const approve = async (account: JsonRpcSigner, tokens: readonly MockERC20[]): Promise<void> => {
    for (const token of tokens) {
      for (const spender of [routerAddress, callerAddress]) {
        await (await token.connect(account).approve(spender, MAX_UINT256)).wait();
      }
    }
  };
  const pairOf = async (x: string, y: string): Promise<Contract> => {
    const address = (await factory.getFunction("getPair")(x, y)) as string;
    return new Contract(address, pairAbi, chain.provider);
  };
  const reserves = async (pair: Contract, tokenIn: string): Promise<{ x: bigint; y: bigint }> => {
    const [r0, r1] = (await pair.getFunction("getReserves")()) as [bigint, bigint];
    const token0 = (await pair.getFunction("token0")()) as string;
    return token0 === tokenIn ? { x: r0, y: r1 } : { x: r1, y: r0 };
  };
  const wallet = (token: MockERC20, account: string, change: bigint): Effect => ({
    label: "token balance",
    read: () => token.balanceOf(account),
    change,
  });
  const shares = (pair: Contract, account: string, change: bigint): Effect => ({
    label: "shares",
    read: () => pair.getFunction("balanceOf")(account) as Promise<bigint>,
    change,
  });

  await approve(maker, [a, b]);
  await approve(user, [a, b]);
  const add = (x: string, y: string, amount: bigint, to: string): string =>
    encode(router, "addLiquidity", [x, y, amount, amount, 0n, 0n, to, FAR_FUTURE]);
  const liquidity = 1_000_000n * UNIT;
  const createPool = await measure(lab, {
    name: "Uniswap v2: create pair",
    from: maker,
    request: { to: routerAddress, data: add(addressA, addressB, liquidity, maker.address) },
    state: "new",
    effects: [
      wallet(a, maker.address, -liquidity),
      wallet(b, maker.address, -liquidity),
      {
        label: "pairs",
        read: () => readUint(chain, factory.target as string, encode(factory, "allPairsLength", [])),
        change: 1n,
      },
    ],
  });
  const pair = await pairOf(addressA, addressB);
  const pairAddress = await pair.getAddress();
  const approval = encode(pair, "approve", [routerAddress, MAX_UINT256]);
  for (const account of [maker, user]) await lab.send(account, { to: pairAddress, data: approval });
  const isZero = ((await pair.getFunction("token0")()) as string) === addressA;

  const direct = async (account: JsonRpcSigner, state: "steady" | "new"): Promise<number> => {
    const out = expectedOut(await reserves(pair, addressA), UNIT, FEE);
    const outs = isZero ? [0n, out] : [out, 0n];
    const data = encode(caller, "swap", [pairAddress, addressA, UNIT, ...outs]);
    const effects = [wallet(a, account.address, -UNIT), wallet(b, account.address, out)];
    const request = { to: callerAddress, data };
    return (await measure(lab, { name: "Uniswap v2 pair", from: account, request, state, effects })).gas;
  };
  const routed = async (account: JsonRpcSigner, state: "steady" | "new"): Promise<number> => {
    const out = expectedOut(await reserves(pair, addressA), UNIT, FEE);
    const path = [addressA, addressB];
    const data = encode(router, "swapExactTokensForTokens", [UNIT, out, path, account.address, FAR_FUTURE]);
    const effects = [wallet(a, account.address, -UNIT), wallet(b, account.address, out)];
    const request = { to: routerAddress, data };
    return (await measure(lab, { name: "Uniswap v2 router", from: account, request, state, effects })).gas;
  };
  const withoutB = async (): Promise<JsonRpcSigner> => {
    const account = await lab.newcomer();
    await approve(account, [a]);
    await (await b.burn(account.address, await b.balanceOf(account.address))).wait();
    return account;
  };

  await direct(user, "steady"); // from here on the pair's cumulative prices are in use
  const walletSwap = [
    peer("pair, minimal caller", await direct(user, "steady")),
    peer("Router02", await routed(user, "steady")),
  ];
  const walletSwapNew = [
    peer("pair, minimal caller", await direct(await withoutB(), "new")),
    peer("Router02", await routed(await withoutB(), "new")),
  ];

  const cost = expectedIn(await reserves(pair, addressA), UNIT, FEE) + 1n; // v2 rounds down and adds one unit
  const exact = [UNIT, cost * 2n, [addressA, addressB], user.address, FAR_FUTURE];
  const paid = await routerAmountIn(router, UNIT, [addressA, addressB]);
  const exactOut = await measure(lab, {
    name: "Uniswap v2 router, exact out",
    from: user,
    request: { to: routerAddress, data: encode(router, "swapTokensForExactTokens", exact) },
    state: "steady",
    effects: [wallet(a, user.address, -paid), wallet(b, user.address, UNIT)],
  });

  const half = 1_000n * UNIT;
  const moreOf = async (account: JsonRpcSigner, state: "steady" | "new"): Promise<number> => {
    const [x, y, supply] = [await reserves(pair, addressA), half, (await pair.getFunction("totalSupply")()) as bigint];
    // The router keeps the ratio: it takes all of the first token or all of the second.
    const wantedB = (y * x.y) / x.x;
    const [takenA, takenB] = wantedB <= y ? [y, wantedB] : [(y * x.x) / x.y, y];
    const [byA, byB] = [(takenA * supply) / x.x, (takenB * supply) / x.y];
    const minted = byA < byB ? byA : byB;
    const effects = [
      wallet(a, account.address, -takenA),
      wallet(b, account.address, -takenB),
      shares(pair, account.address, minted),
    ];
    const request = { to: routerAddress, data: add(addressA, addressB, y, account.address) };
    return (await measure(lab, { name: "Uniswap v2: add liquidity", from: account, request, state, effects })).gas;
  };
  const joiner = await lab.newcomer();
  await approve(joiner, [a, b]);
  const newLiquidity = [peer("Router02", await moreOf(joiner, "new"))];
  const moreLiquidity = [peer("Router02", await moreOf(joiner, "steady"))];

  const before = await reserves(pair, addressA);
  const supply = (await pair.getFunction("totalSupply")()) as bigint;
  const less = await measure(lab, {
    name: "Uniswap v2: remove liquidity",
    from: maker,
    request: {
      to: routerAddress,
      data: encode(router, "removeLiquidity", [addressA, addressB, half, 1n, 1n, maker.address, FAR_FUTURE]),
    },
    state: "steady",
    effects: [
      wallet(a, maker.address, (before.x * half) / supply),
      wallet(b, maker.address, (before.y * half) / supply),
      shares(pair, maker.address, -half),
    ],
  });

  // Ether for token A.
  const addEther = encode(router, "addLiquidityETH", [addressA, 100n * UNIT, 0n, 0n, maker.address, FAR_FUTURE]);
  await lab.send(maker, { to: routerAddress, data: addEther, value: 100n * UNIT });
  const etherPair = await pairOf(addressA, wethAddress);
  const sellEther = async (): Promise<number> => {
    const value = UNIT / 100n;
    const out = expectedOut(await reserves(etherPair, wethAddress), value, FEE);
    const args = [out, [wethAddress, addressA], user.address, FAR_FUTURE];
    const request = { to: routerAddress, data: encode(router, "swapExactETHForTokens", args), value };
    const effects = [wallet(a, user.address, out)];
    return (await measure(lab, { name: "Uniswap v2: sell ether", from: user, request, state: "steady", effects })).gas;
  };
  await sellEther();
  return {
    walletSwap,
    walletSwapNew,
    walletSwapExactOut: [peer("Router02", exactOut.gas)],
    nativeSwap: [peer("Router02", await sellEther())],
    createPool: [peer("Router02, with the pair's code", createPool.gas)],
    newLiquidity,
    moreLiquidity,
    lessLiquidity: [peer("Router02", less.gas)],
  };
}

async function routerAmountIn(router: Contract, out: bigint, path: string[]): Promise<bigint> {
  const [paid] = (await router.getFunction("getAmountsIn")(out, path)) as [bigint];
  return paid;
}

async function measureTokens(lab: Lab): Promise<Pick<PeerFigures, "transfer" | "transferNew">> {
  const { user } = lab;
  const peers: Omit<Peer, "gas" | "measured">[] = [
    { name: "OpenZeppelin ERC-20", version: "5.7.0" },
    { name: "Solady ERC-20", version: "0.1.26" },
    { name: "OpenZeppelin ERC-6909", version: "5.7.0" },
    { name: "Solady ERC-6909", version: "0.1.26" },
  ];
  const sources = ["MockERC20", "BenchSoladyToken", "BenchMultiToken", "BenchSoladyMultiToken"];
  const figures: Pick<PeerFigures, "transfer" | "transferNew"> = { transfer: [], transferNew: [] };
  for (const [index, peer] of peers.entries()) {
    const code = await readProduction(`contracts/mocks/${sources[index] ?? ""}.sol`);
    const token = index === 0 ? await lab.deploy(code, "Bench", "BENCH", 18) : await lab.deploy(code);
    const id = index < 2 ? [] : [1n]; // ERC-6909 names an id before the amount
    const to = await token.getAddress();
    await lab.send(user, { to, data: encode(token, "mint", [user.address, ...id, 10n * UNIT]) });
    const balance = (account: string, change: bigint): Effect => ({
      label: "balance",
      read: () => readUint(lab.chain, to, encode(token, "balanceOf", [account, ...id])),
      change,
    });
    for (const state of ["new", "steady"] as const) {
      const { gas } = await measure(lab, {
        name: peer.name,
        from: user,
        request: { to, data: encode(token, "transfer", [RECEIVER, ...id, UNIT]) },
        state,
        effects: [balance(user.address, -UNIT), balance(RECEIVER, UNIT)],
      });
      figures[state === "new" ? "transferNew" : "transfer"].push({ ...peer, gas, measured: true });
    }
  }
  return figures;
}
