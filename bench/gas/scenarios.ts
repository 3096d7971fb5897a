import type { JsonRpcSigner } from "ethers";
import { assetId, bookKey, lpShareId, type PoolKey } from "../../src/index.js";
import type { MockERC20 } from "../../typechain-types/index.js";
import type { GasRow, Peer } from "../schema.js";
import { expectedIn, expectedOut, type Sides } from "./expected.js";
import { BARS, FLOORS, QUOTED } from "./floors.js";
import { FAR_FUTURE, FEE, type Lab, type Sent } from "./lab.js";
import { measure, type Effect } from "./measure.js";
import type { PeerFigures } from "./peers.js";

const UNIT = 10n ** 18n;
/** Entries of a pool's history, and the seconds after which the next one is due. */
const ORACLE_ENTRIES = 64n;
const MINUTE = 60;
const RECEIVER = "0x0000000000000000000000000000000000000b0b";

type Case = Pick<GasRow, "domain" | "action" | "path" | "state"> & {
  from: JsonRpcSigner;
  request: Sent;
  effects: readonly Effect[];
  peers?: readonly Peer[];
  floor?: number;
  bar?: number;
  behind?: Sent;
};

/** Measures every user action of the ledger and the AMM, each beside its peers. */
export async function measureSuite(lab: Lab, peers: PeerFigures): Promise<GasRow[]> {
  const rows: GasRow[] = [];
  const { lakh, ledger, user, pools, a, b, c, d } = lab;
  const [idA, idB, idC, idD] = (await Promise.all([a, b, c, d].map((token) => token.getAddress()))).map(assetId);
  if (idA === undefined || idB === undefined || idC === undefined || idD === undefined) throw new TypeError("4 tokens");
  const wethId = assetId(lakh.addresses.weth);

  const add = async ({
    from,
    request,
    effects,
    peers: beside = [],
    floor,
    bar,
    behind,
    ...row
  }: Case): Promise<void> => {
    const { l1FeeWei, ...measured } = await measure(lab, {
      name: row.action,
      from,
      request,
      state: row.state,
      effects,
      ...(behind === undefined ? {} : { behind }),
    });
    rows.push({
      ...row,
      ...measured,
      l1FeeWei: String(l1FeeWei),
      peers: [...beside],
      floor: floor ?? null,
      bar: bar ?? null,
    });
  };
  const wallet = (token: MockERC20, account: string, change: bigint): Effect => ({
    label: "token balance",
    read: () => token.balanceOf(account),
    change,
  });
  const held = (id: bigint, account: string, change: bigint): Effect => ({
    label: "ledger balance",
    read: () => ledger.balanceOf(account, id),
    change,
  });
  const share = (pool: PoolKey, account: string, change: bigint): Effect => ({
    ...held(lpShareId({ amm: lakh.addresses.amm, pool }), account, change),
    label: "shares",
  });
  const reserve = (pool: PoolKey, side: 0 | 1, change: bigint): Effect => ({
    label: `reserve ${side}`,
    read: async () => {
      const view = await lakh.amm.poolOf({ pool });
      return side === 0 ? view.reserve0 : view.reserve1;
    },
    change,
  });
  const reserves = (pool: PoolKey, assetIn: bigint, paid: bigint, out: bigint): Effect[] =>
    pool.asset0 === assetIn
      ? [reserve(pool, 0, paid), reserve(pool, 1, -out)]
      : [reserve(pool, 0, -out), reserve(pool, 1, paid)];
  const sides = async (pool: PoolKey, assetIn: bigint): Promise<Sides> => {
    const { virtual0, virtual1 } = await lakh.amm.poolOf({ pool });
    return assetIn === pool.asset0 ? { x: virtual0, y: virtual1 } : { x: virtual1, y: virtual0 };
  };
  const withoutB = async (): Promise<JsonRpcSigner> => {
    const account = await lab.newcomer();
    await (await b.burn(account.address, await b.balanceOf(account.address))).wait();
    return account;
  };
  const onWallet = { source: "wallet", destination: "wallet", deadline: FAR_FUTURE } as const;
  const onLedger = { source: "ledger", destination: "ledger", deadline: FAR_FUTURE } as const;

  /* SWAPS, WALLET */

  const walletSwap = async (account: JsonRpcSigner, row: Pick<Case, "state" | "peers" | "floor" | "bar">) => {
    const pool = pools.plainHome;
    const out = expectedOut(await sides(pool, idA), UNIT, FEE);
    const request = { pool, assetIn: idA, amountIn: UNIT, minAmountOut: out, to: account.address, ...onWallet };
    await add({
      domain: "amm",
      action: "swap, exact in",
      path: "wallet",
      from: account,
      request: lakh.amm.swapExactIn(request),
      effects: [wallet(a, account.address, -UNIT), wallet(b, account.address, out), ...reserves(pool, idA, UNIT, out)],
      ...row,
    });
  };
  await walletSwap(user, {
    state: "steady",
    peers: [...peers.walletSwap, ...QUOTED.walletSwap],
    floor: FLOORS.walletSwap,
    bar: BARS.walletSwap,
  });
  await walletSwap(await withoutB(), {
    state: "new",
    peers: peers.walletSwapNew,
    floor: FLOORS.walletSwapNew,
  });

  const rangeOut = expectedOut(await sides(pools.rangeHome, idA), UNIT, FEE);
  await add({
    domain: "amm",
    action: "swap, exact in, range pool",
    path: "wallet",
    state: "steady",
    from: user,
    request: lakh.amm.swapExactIn({
      ...{ pool: pools.rangeHome, assetIn: idA, amountIn: UNIT, minAmountOut: rangeOut, to: user.address },
      ...onWallet,
    }),
    effects: [wallet(a, user.address, -UNIT), wallet(b, user.address, rangeOut)],
    peers: [...peers.walletSwap, ...QUOTED.walletSwap],
    floor: FLOORS.walletSwap,
  });

  const cost = expectedIn(await sides(pools.plainHome, idA), UNIT, FEE);
  await add({
    domain: "amm",
    action: "swap, exact out",
    path: "wallet",
    state: "steady",
    from: user,
    request: lakh.amm.swapExactOut({
      ...{ pool: pools.plainHome, assetIn: idA, amountOut: UNIT, maxAmountIn: cost * 2n, to: user.address },
      ...onWallet,
    }),
    effects: [
      wallet(a, user.address, -cost),
      wallet(b, user.address, UNIT),
      ...reserves(pools.plainHome, idA, cost, UNIT),
    ],
    peers: peers.walletSwapExactOut,
    floor: FLOORS.walletSwap,
  });

  /* SWAPS, TWO HOPS */

  const twoPools = [pools.plainHome, pools.between];
  const ends = (route: "wallet" | "ledger", paid: bigint, out: bigint): Effect[] => [
    ...(route === "wallet"
      ? [wallet(a, user.address, -paid), wallet(c, user.address, out)]
      : [held(idA, user.address, -paid), held(idC, user.address, out)]),
    held(idB, user.address, 0n),
  ];
  const both = (paid: bigint, middle: bigint, out: bigint): Effect[] => [
    ...reserves(pools.plainHome, idA, paid, middle),
    ...reserves(pools.between, idB, middle, out),
  ];
  const exactInTwice = async (): Promise<{ middle: bigint; out: bigint }> => {
    const middle = expectedOut(await sides(pools.plainHome, idA), UNIT, FEE);
    return { middle, out: expectedOut(await sides(pools.between, idB), middle, FEE) };
  };
  for (const route of ["wallet", "ledger"] as const) {
    const { middle, out } = await exactInTwice();
    const request = { pools: twoPools, assetIn: idA, amountIn: UNIT, minAmountOut: out, to: user.address };
    await add({
      domain: "amm",
      action: "swap, exact in, two hops",
      path: route,
      state: "steady",
      from: user,
      request: lakh.amm.swapPathExactIn({ ...request, ...(route === "wallet" ? onWallet : onLedger) }),
      effects: [...ends(route, UNIT, out), ...both(UNIT, middle, out)],
      peers: route === "wallet" ? [...peers.twoHops, ...QUOTED.twoHops] : peers.ledgerTwoHops,
      ...(route === "wallet" ? { floor: FLOORS.twoHops, bar: BARS.twoHops } : {}),
    });
  }
  {
    const middle = expectedIn(await sides(pools.between, idB), UNIT, FEE);
    const paid = expectedIn(await sides(pools.plainHome, idA), middle, FEE);
    const request = { pools: twoPools, assetIn: idA, amountOut: UNIT, maxAmountIn: paid * 2n, to: user.address };
    await add({
      domain: "amm",
      action: "swap, exact out, two hops",
      path: "wallet",
      state: "steady",
      from: user,
      request: lakh.amm.swapPathExactOut({ ...request, ...onWallet }),
      effects: [...ends("wallet", paid, UNIT), ...both(paid, middle, UNIT)],
      peers: peers.twoHopsExactOut,
      floor: FLOORS.twoHops,
    });
  }
  {
    // Without a path the first hop pays to the ledger, where the second takes an amount that was known beforehand.
    const { middle, out } = await exactInTwice();
    const common = { to: user.address, deadline: FAR_FUTURE } as const;
    const hops = [
      lakh.amm.swapExactIn({
        ...{ pool: pools.plainHome, assetIn: idA, amountIn: UNIT, minAmountOut: middle, ...common },
        ...{ source: "wallet", destination: "ledger" },
      }),
      lakh.amm.swapExactIn({
        ...{ pool: pools.between, assetIn: idB, amountIn: middle, minAmountOut: out, ...common },
        ...{ source: "ledger", destination: "wallet" },
      }),
    ];
    await add({
      domain: "amm",
      action: "swap, exact in, two calls in one multicall",
      path: "wallet",
      state: "steady",
      from: user,
      request: lakh.ledger.multicall(hops),
      effects: [...ends("wallet", UNIT, out), ...both(UNIT, middle, out)],
      peers: [...peers.twoHops, ...QUOTED.twoHops],
      floor: FLOORS.twoHops,
    });
  }

  /* SWAPS, ETHER */

  const etherIn = UNIT / 100n;
  const etherOut = expectedOut(await sides(pools.native, wethId), etherIn, FEE);
  await add({
    domain: "amm",
    action: "swap, ether in",
    path: "wallet",
    state: "steady",
    from: user,
    request: lakh.amm.swapExactIn({
      ...{ pool: pools.native, assetIn: wethId, amountIn: etherIn, minAmountOut: etherOut, to: user.address },
      ...onWallet,
      payWithEther: true,
    }),
    effects: [wallet(a, user.address, etherOut), ...reserves(pools.native, wethId, etherIn, etherOut)],
    peers: peers.nativeSwap,
  });
  const unwrapped = expectedOut(await sides(pools.native, idA), UNIT, FEE);
  await add({
    domain: "amm",
    action: "swap, ether out",
    path: "wallet",
    state: "steady",
    from: user,
    request: lakh.amm.swapExactIn({
      ...{ pool: pools.native, assetIn: idA, amountIn: UNIT, minAmountOut: unwrapped, to: user.address },
      ...onWallet,
      destination: "native",
    }),
    effects: [wallet(a, user.address, -UNIT), ...reserves(pools.native, idA, UNIT, unwrapped)],
  });

  /* SWAPS, LEDGER */

  const ledgerSwap = async (
    account: JsonRpcSigner,
    pool: PoolKey,
    action: string,
    row: Pick<Case, "state" | "bar">,
  ): Promise<void> => {
    const [paying, receiving] = pool === pools.plainHome || pool === pools.rangeHome ? [idA, idB] : [idC, idD];
    const out = expectedOut(await sides(pool, paying), UNIT, FEE);
    const request = { pool, assetIn: paying, amountIn: UNIT, minAmountOut: out, to: account.address, ...onLedger };
    await add({
      domain: "amm",
      action,
      path: "ledger",
      from: account,
      request: lakh.amm.swapExactIn(request),
      effects: [
        held(paying, account.address, -UNIT),
        held(receiving, account.address, out),
        ...reserves(pool, paying, UNIT, out),
      ],
      peers: peers.ledgerSwap,
      floor: FLOORS.ledgerSwap,
      ...row,
    });
  };
  const { ledgerSwap: plainBar, rangeLedgerSwap: rangeBar } = BARS;
  await ledgerSwap(user, pools.plainHome, "swap, plain pool, home pair", { state: "steady", bar: plainBar });
  // A pair of two words costs 5,000 more for the second one, whatever the code; the bars are those of a home pair.
  await ledgerSwap(user, pools.plainApart, "swap, plain pool, two words", { state: "steady" });
  await ledgerSwap(user, pools.rangeHome, "swap, range pool, home pair", { state: "steady", bar: rangeBar });
  await ledgerSwap(user, pools.rangeApart, "swap, range pool, two words", { state: "steady" });
  for (const [pool, token, words] of [
    [pools.plainHome, a, "home pair"],
    [pools.plainApart, c, "two words"],
  ] as const) {
    const account = await lab.newcomer();
    const first = { token: await token.getAddress(), amount: 10n * UNIT, to: account.address };
    await lab.send(account, lakh.ledger.deposit(first));
    await ledgerSwap(account, pool, `swap, plain pool, ${words}`, { state: "new" });
  }

  /* SWAPS, ORACLE */

  const oraclePool = pools.oracleHome;
  const oracleRequest = async (account: JsonRpcSigner, route: "wallet" | "ledger", before = 0n) => {
    const now = await sides(oraclePool, idA);
    // What the maker's swap before it in the block leaves.
    const met = { x: now.x + before, y: now.y - (before === 0n ? 0n : expectedOut(now, before, FEE)) };
    const out = expectedOut(met, UNIT, FEE);
    const places = route === "wallet" ? onWallet : onLedger;
    const swap = { pool: oraclePool, assetIn: idA, amountIn: UNIT, minAmountOut: out, to: account.address, ...places };
    return { out, request: lakh.amm.swapExactIn(swap) };
  };
  const oracleSwap = async (
    route: "wallet" | "ledger",
    row: Pick<Case, "action" | "peers">,
    behind?: Sent,
  ): Promise<void> => {
    const { out, request } = await oracleRequest(user, route, behind === undefined ? 0n : UNIT);
    const effects =
      route === "wallet"
        ? [wallet(a, user.address, -UNIT), wallet(b, user.address, out)]
        : [held(idA, user.address, -UNIT), held(idB, user.address, out)];
    const place = behind === undefined ? {} : { behind };
    await add({ domain: "amm", path: route, state: "steady", from: user, request, effects, ...place, ...row });
  };
  // After as many minutes as the ring has entries, an entry takes the place of an older one.
  for (let entry = 0n; entry < ORACLE_ENTRIES; entry++) {
    await lab.wait(MINUTE);
    await lab.send(lab.maker, (await oracleRequest(lab.maker, "ledger")).request);
  }
  for (const route of ["wallet", "ledger"] as const) {
    const [writing, reading] = route === "wallet" ? [peers.oracleSwap, peers.oracleSwapAgain] : [[], []];
    await lab.wait(MINUTE);
    await oracleSwap(route, { action: "swap, oracle, first of a minute", peers: writing });
    await lab.wait(1);
    await oracleSwap(route, { action: "swap, oracle, first of a second", peers: writing });
    const { request } = await oracleRequest(lab.maker, "ledger");
    await oracleSwap(route, { action: "swap, oracle, again in a block", peers: reading }, request);
  }

  /* LIQUIDITY */

  for (const [kind, template] of [
    ["plain", pools.plainHome],
    ["range", pools.rangeHome],
  ] as const) {
    const pool = { ...template, fee: 500n };
    const shares = await lakh.amm.quoteCreate({ pool, amount0: UNIT, amount1: UNIT });
    if (kind === "plain" && shares !== UNIT - 1_000n) throw new RangeError("√(1e18·1e18) − 1,000 shares expected");
    await add({
      domain: "amm",
      action: `create pool, ${kind}`,
      path: "wallet",
      state: "new",
      from: user,
      request: lakh.amm.createPool({
        ...{ pool, amount0: UNIT, amount1: UNIT, minShares: shares, to: user.address },
        ...onWallet,
      }),
      effects: [
        wallet(a, user.address, -UNIT),
        wallet(b, user.address, -UNIT),
        share(pool, user.address, shares),
        { label: "book 0", read: () => bookAmount(lab, pool, 0n), change: UNIT },
        { label: "book 1", read: () => bookAmount(lab, pool, 1n), change: UNIT },
      ],
      peers: peers.createPool,
      floor: FLOORS.firstLiquidity,
    });
  }

  const joiner = await lab.newcomer();
  for (const source of ["wallet", "ledger"] as const) {
    for (const state of source === "wallet" ? (["new", "steady"] as const) : (["steady"] as const)) {
      const account = source === "wallet" ? joiner : user;
      const pool = pools.plainHome;
      const view = await lakh.amm.poolOf({ pool });
      const max = 1_000n * UNIT;
      // ⌊max·T / r⌋ of the scarcer side; what it takes rounds up.
      const [by0, by1] = [(max * view.totalShares) / view.reserve0, (max * view.totalShares) / view.reserve1];
      const shares = by0 < by1 ? by0 : by1;
      const up = (reserveOf: bigint): bigint => (reserveOf * shares + view.totalShares - 1n) / view.totalShares;
      const [taken0, taken1] = [up(view.reserve0), up(view.reserve1)];
      const [takenA, takenB] = pool.asset0 === idA ? [taken0, taken1] : [taken1, taken0];
      const balances =
        source === "wallet"
          ? [wallet(a, account.address, -takenA), wallet(b, account.address, -takenB)]
          : [held(idA, account.address, -takenA), held(idB, account.address, -takenB)];
      await add({
        domain: "amm",
        action: "add liquidity, plain pool",
        path: source,
        state,
        from: account,
        request: lakh.amm.addLiquidity({
          ...{ pool, amount0: max, amount1: max, minShares: shares, to: account.address },
          ...(source === "wallet" ? onWallet : onLedger),
        }),
        effects: [
          ...balances,
          share(pool, account.address, shares),
          reserve(pool, 0, taken0),
          reserve(pool, 1, taken1),
        ],
        peers: state === "new" ? peers.newLiquidity : peers.moreLiquidity,
        floor: state === "new" ? FLOORS.newLiquidity : FLOORS.moreLiquidity,
      });
    }
  }
  for (const destination of ["wallet", "ledger"] as const) {
    const pool = pools.plainHome;
    const view = await lakh.amm.poolOf({ pool });
    const shares = 100n * UNIT;
    const [out0, out1] = [(view.reserve0 * shares) / view.totalShares, (view.reserve1 * shares) / view.totalShares];
    const [outA, outB] = pool.asset0 === idA ? [out0, out1] : [out1, out0];
    const balances =
      destination === "wallet"
        ? [wallet(a, user.address, outA), wallet(b, user.address, outB)]
        : [held(idA, user.address, outA), held(idB, user.address, outB)];
    await add({
      domain: "amm",
      action: "remove liquidity, part, plain pool",
      path: destination,
      state: "steady",
      from: user,
      request: lakh.amm.removeLiquidity({
        ...{ pool, shares, minAmount0: out0, minAmount1: out1, to: user.address },
        ...(destination === "wallet" ? onWallet : onLedger),
      }),
      effects: [...balances, share(pool, user.address, -shares), reserve(pool, 0, -out0), reserve(pool, 1, -out1)],
      peers: peers.lessLiquidity,
      floor: FLOORS.lessLiquidity,
    });
  }

  /* LEDGER */

  const depositor = await lab.newcomer();
  for (const state of ["new", "steady"] as const) {
    await add({
      domain: "ledger",
      action: "deposit",
      path: "wallet",
      state,
      from: depositor,
      request: lakh.ledger.deposit({ token: await c.getAddress(), amount: UNIT, to: depositor.address }),
      effects: [wallet(c, depositor.address, -UNIT), held(idC, depositor.address, UNIT)],
      peers: state === "new" ? QUOTED.depositNew : QUOTED.deposit,
    });
  }
  await add({
    domain: "ledger",
    action: "withdraw, part",
    path: "wallet",
    state: "steady",
    from: user,
    request: lakh.ledger.withdraw({ token: await c.getAddress(), amount: UNIT, to: user.address }),
    effects: [wallet(c, user.address, UNIT), held(idC, user.address, -UNIT)],
    peers: QUOTED.withdraw,
  });
  for (const state of ["new", "steady"] as const) {
    await add({
      domain: "ledger",
      action: "transfer, ERC-6909",
      path: "ledger",
      state,
      from: user,
      request: lakh.ledger.transfer({ asset: idC, amount: UNIT, to: RECEIVER }),
      effects: [held(idC, user.address, -UNIT), held(idC, RECEIVER, UNIT)],
      peers: state === "new" ? peers.transferNew : peers.transfer,
    });
  }

  await permitAndSwap(lab, add, async () => ({ ...(await sides(pools.plainHome, idA)) }), { wallet, idA });
  return rows;
}

/** One transaction: an EIP-2612 permit for the input and one unit more, so that no slot is cleared, and the swap. */
async function permitAndSwap(
  lab: Lab,
  add: (row: Case) => Promise<void>,
  sides: () => Promise<Sides>,
  { wallet, idA }: { wallet: (token: MockERC20, account: string, change: bigint) => Effect; idA: bigint },
): Promise<void> {
  const { lakh, a, b, pools } = lab;
  const account = await lab.newcomer();
  const token = await a.getAddress();
  const signed = async (value: bigint) => {
    const permit = {
      ...{ token: { address: token, name: "Bench A" }, chainId: 31_337n, owner: account.address, value },
      ...{ nonce: await a.nonces(account.address), deadline: FAR_FUTURE },
    };
    const { domain, types, message } = lakh.ledger.permitTypedData(permit);
    const signature = await account.signTypedData(domain, types, message);
    return lakh.ledger.permit({ token, value, deadline: FAR_FUTURE, signature });
  };
  await lab.send(account, await signed(1n)); // the nonce is in use, one unit is allowed
  const out = expectedOut(await sides(), UNIT, FEE);
  const swap = lakh.amm.swapExactIn({
    ...{ pool: pools.plainHome, assetIn: idA, amountIn: UNIT, minAmountOut: out, to: account.address },
    ...{ source: "wallet", destination: "wallet", deadline: FAR_FUTURE },
  });
  await add({
    domain: "amm",
    action: "permit and swap in one multicall",
    path: "wallet",
    state: "steady",
    from: account,
    request: lakh.ledger.multicall([await signed(UNIT + 1n), swap]),
    effects: [wallet(a, account.address, -UNIT), wallet(b, account.address, out)],
  });
}

async function bookAmount(lab: Lab, pool: PoolKey, side: bigint): Promise<bigint> {
  const { amm } = lab.lakh.addresses;
  const word = await lab.ledger.bookOf(amm, bookKey(pool), pool.asset0, pool.asset1);
  return (word >> (112n * side)) & ((1n << 112n) - 1n);
}
