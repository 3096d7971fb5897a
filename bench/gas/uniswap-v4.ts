import {
  AbiCoder,
  keccak256,
  solidityPackedKeccak256,
  toBeHex,
  toQuantity,
  ZeroAddress,
  zeroPadValue,
  type JsonRpcSigner,
} from "ethers";
import { amountsOf, liquidityFor, swapIn, swapOut, type TickPool } from "../amm/ticks.js";
import type { Peer } from "../schema.js";
import { readPeer, readProduction } from "./artifacts.js";
import { encode, readUint, type Lab } from "./lab.js";
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
import { EVERYWHERE, limitOf, START } from "./uniswap-v3.js";

const V4 = "core 1.0.2";
const SPACING = 60;
/** Where the manager keeps its pools, and in a pool the liquidity and the positions. */
const POOLS_SLOT = 6n;
const LIQUIDITY_OFFSET = 3n;
const POSITIONS_OFFSET = 6n;
const MASK_160 = (1n << 160n) - 1n;
const MASK_128 = (1n << 128n) - 1n;

type Key = readonly [currency0: string, currency1: string, fee: bigint, spacing: number, hooks: string];
type Amounts = { amount0: bigint; amount1: bigint };

/** Uniswap v4's manager from its npm bytecode, through the leanest caller. Its own router is quoted elsewhere. */
export async function measureUniswapV4(lab: Lab): Promise<PoolFigures> {
  const { user, maker, a, b, c, chain } = lab;
  const manager = await lab.deploy(
    await readPeer("@uniswap/v4-core/out/PoolManager.sol/PoolManager.json"),
    maker.address,
  );
  const managerAddress = await manager.getAddress();
  const caller = await lab.deploy(await readProduction("contracts/mocks/BenchManagerCaller.sol"), managerAddress);
  const callerAddress = await caller.getAddress();
  const [addressA, addressB, addressC] = await Promise.all([a.getAddress(), b.getAddress(), c.getAddress()]);
  const peer = (gas: number): Peer => ({
    ...{ name: "Uniswap v4 manager, minimal caller", version: V4, gas, measured: true },
  });
  const withClaims = (gas: number): Peer => ({ ...peer(gas), name: "Uniswap v4 with ERC-6909 claims" });
  for (const account of [maker, user]) await approveAll(account, [a, b, c], [callerAddress]);

  const keyOf = (x: string, y: string): Key => {
    const [currency0, currency1] = BigInt(x) < BigInt(y) ? [x, y] : [y, x];
    return [currency0, currency1, PEER_FEE, SPACING, ZeroAddress];
  };
  const read = async (slot: bigint): Promise<bigint> =>
    readUint(chain, managerAddress, encode(manager, "extsload(bytes32)", [toBeHex(slot, 32)]));
  const slotOf = (key: Key): bigint => {
    const id = keccak256(
      AbiCoder.defaultAbiCoder().encode(["address", "address", "uint24", "int24", "address"], [...key]),
    );
    return BigInt(solidityPackedKeccak256(["bytes32", "uint256"], [id, POOLS_SLOT]));
  };
  const stateOf = async (key: Key): Promise<TickPool> => ({
    sqrtPrice: (await read(slotOf(key))) & MASK_160,
    liquidity: (await read(slotOf(key) + LIQUIDITY_OFFSET)) & MASK_128,
    fee: PEER_FEE,
  });
  const saltOf = (account: string): string => zeroPadValue(account, 32);
  const liquidityEffect = (key: Key, account: string, change: bigint): Effect => {
    const position = solidityPackedKeccak256(
      ["address", "int24", "int24", "bytes32"],
      [callerAddress, EVERYWHERE.low, EVERYWHERE.high, saltOf(account)],
    );
    const slot = solidityPackedKeccak256(["bytes32", "uint256"], [position, slotOf(key) + POSITIONS_OFFSET]);
    return { label: "liquidity", read: async () => (await read(BigInt(slot))) & MASK_128, change };
  };

  /* POOLS */

  const [pairAB, pairBC, pairEther] = [
    keyOf(addressA, addressB),
    keyOf(addressB, addressC),
    keyOf(ZeroAddress, addressA),
  ];
  const sellsA = pairAB[0] === addressA;
  const sellsB = pairBC[0] === addressB;
  const ofA = ({ amount0, amount1 }: Amounts): bigint => (sellsA ? amount0 : amount1);
  const ofB = ({ amount0, amount1 }: Amounts): bigint => (sellsA ? amount1 : amount0);
  const both = (account: string, amounts: Amounts, sign: 1n | -1n): Effect[] => [
    walletEffect(a, account, sign * ofA(amounts)),
    walletEffect(b, account, sign * ofB(amounts)),
  ];
  const partOf = (account: string, change: bigint) => [EVERYWHERE.low, EVERYWHERE.high, change, saltOf(account)];
  const firstLiquidity = liquidityFor(START, EVERYWHERE, { amount0: PEER_LIQUIDITY, amount1: PEER_LIQUIDITY });
  const createData = (key: Key): string =>
    encode(caller, "create", [key, partOf(maker.address, firstLiquidity), START]);
  const created = await measure(lab, {
    name: "Uniswap v4: create pool",
    from: maker,
    request: { to: callerAddress, data: createData(pairAB) },
    state: "new",
    effects: [
      ...both(maker.address, amountsOf({ sqrtPrice: START, liquidity: firstLiquidity }, EVERYWHERE, "up"), -1n),
      liquidityEffect(pairAB, maker.address, firstLiquidity),
    ],
  });
  await lab.send(maker, { to: callerAddress, data: createData(pairBC) });

  const orderOf = (zeroForOne: boolean, amount: bigint) => [zeroForOne, amount, limitOf(zeroForOne)];
  const swapData = (key: Key, zeroForOne: boolean, amount: bigint): string =>
    encode(caller, "swap", [key, orderOf(zeroForOne, amount)]);
  // Fees have grown on all sides, and no price is on a tick.
  for (const key of [pairAB, pairBC]) {
    for (const zeroForOne of [true, false]) {
      const amount = zeroForOne ? 30n * UNIT : 20n * UNIT;
      await lab.send(maker, { to: callerAddress, data: swapData(key, zeroForOne, -amount) });
    }
  }

  /* SWAPS */

  const swap = async (from: JsonRpcSigner, state: "steady" | "new"): Promise<number> => {
    const { out } = swapIn(await stateOf(pairAB), sellsA, UNIT);
    const request = { to: callerAddress, data: swapData(pairAB, sellsA, -UNIT) };
    const effects = [walletEffect(a, from.address, -UNIT), walletEffect(b, from.address, out)];
    return (await measure(lab, { name: "Uniswap v4: swap", from, request, state, effects })).gas;
  };
  const walletSwap = [peer(await swap(user, "steady"))];
  const receiver = await newcomerWithout(lab, b);
  await approveAll(receiver, [a], [callerAddress]);
  const walletSwapNew = [peer(await swap(receiver, "new"))];

  const { paid } = swapOut(await stateOf(pairAB), sellsA, UNIT);
  const exactOut = await measure(lab, {
    name: "Uniswap v4: exact out",
    from: user,
    request: { to: callerAddress, data: swapData(pairAB, sellsA, UNIT) },
    state: "steady",
    effects: [walletEffect(a, user.address, -paid), walletEffect(b, user.address, UNIT)],
  });

  /** Through both pools, and what that pays. */
  const twice = async (name: string, effectsOf: (out: bigint) => Effect[]): Promise<number> => {
    const between = swapIn(await stateOf(pairAB), sellsA, UNIT).out;
    const { out } = swapIn(await stateOf(pairBC), sellsB, between);
    const data = encode(caller, name, [pairAB, orderOf(sellsA, -UNIT), pairBC, orderOf(sellsB, 0n)]);
    const request = { to: callerAddress, data };
    const effects = effectsOf(out);
    return (await measure(lab, { name: `Uniswap v4: ${name}`, from: user, request, state: "steady", effects })).gas;
  };
  const wallets = await twice("swapTwice", (out) => [
    walletEffect(a, user.address, -UNIT),
    walletEffect(c, user.address, out),
  ]);

  // The manager's own balances.
  const operator = encode(manager, "setOperator", [callerAddress, true]);
  await lab.send(user, { to: managerAddress, data: operator });
  for (const token of [addressA, addressB, addressC]) {
    await lab.send(user, { to: callerAddress, data: encode(caller, "deposit", [token, PEER_STEP]) });
  }
  const claim = (token: string, change: bigint): Effect => ({
    label: "claims",
    read: () => readUint(chain, managerAddress, encode(manager, "balanceOf", [user.address, BigInt(token)])),
    change,
  });
  const { out: claimed } = swapIn(await stateOf(pairAB), sellsA, UNIT);
  const inside = await measure(lab, {
    name: "Uniswap v4: claims",
    from: user,
    request: { to: callerAddress, data: encode(caller, "swapClaims", [pairAB, orderOf(sellsA, -UNIT)]) },
    state: "steady",
    effects: [claim(addressA, -UNIT), claim(addressB, claimed)],
  });

  const claims = await twice("swapTwiceClaims", (out) => [claim(addressA, -UNIT), claim(addressC, out)]);

  /* LIQUIDITY */

  const { sqrtPrice } = await stateOf(pairAB);
  const liquidity = liquidityFor(sqrtPrice, EVERYWHERE, { amount0: PEER_STEP, amount1: PEER_STEP });
  const modify = async (change: bigint, state: "steady" | "new"): Promise<number> => {
    const isMore = change > 0n;
    const amounts = amountsOf({ sqrtPrice, liquidity: isMore ? change : -change }, EVERYWHERE, isMore ? "up" : "down");
    const effects = [...both(user.address, amounts, isMore ? -1n : 1n), liquidityEffect(pairAB, user.address, change)];
    const request = { to: callerAddress, data: encode(caller, "modify", [pairAB, partOf(user.address, change)]) };
    return (await measure(lab, { name: "Uniswap v4: liquidity", from: user, request, state, effects })).gas;
  };
  const [added, more] = [await modify(liquidity, "new"), await modify(liquidity, "steady")];
  const less = await modify(-liquidity / 2n, "steady");

  /* ETHER */

  const etherAmount = 100n * UNIT;
  const etherLiquidity = liquidityFor(START, EVERYWHERE, { amount0: etherAmount, amount1: etherAmount });
  // The caller pays ether for liquidity out of its own balance.
  const held = toQuantity(etherAmount);
  await chain.request({ method: "hardhat_setBalance", params: [callerAddress, held] });
  const createEther = encode(caller, "create", [pairEther, partOf(maker.address, etherLiquidity), START]);
  await lab.send(maker, { to: callerAddress, data: createEther });
  const sellEther = async (): Promise<number> => {
    const value = UNIT / 100n;
    const { out } = swapIn(await stateOf(pairEther), true, value);
    const request = { to: callerAddress, data: swapData(pairEther, true, -value), value };
    const effects = [walletEffect(a, user.address, out)];
    return (await measure(lab, { name: "Uniswap v4: sell ether", from: user, request, state: "steady", effects })).gas;
  };
  await sellEther();

  return {
    walletSwap,
    walletSwapNew,
    walletSwapExactOut: [peer(exactOut.gas)],
    oracleSwap: [], // v4's core has none
    oracleSwapAgain: [],
    twoHops: [peer(wallets)],
    twoHopsExactOut: [],
    nativeSwap: [peer(await sellEther())],
    ledgerSwap: [withClaims(inside.gas)],
    ledgerTwoHops: [withClaims(claims)],
    createPool: [{ ...peer(created.gas), name: "Uniswap v4, initialize and first liquidity" }],
    newLiquidity: [peer(added)],
    moreLiquidity: [peer(more)],
    lessLiquidity: [peer(less)],
  };
}
