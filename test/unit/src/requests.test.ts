import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import { network } from "#chain";
import {
  bookKey,
  createLakh,
  explain,
  MAX_AMOUNT,
  poolKey,
  PRICE_SCALE,
  protocolSharesOf,
  rangeOffsets,
  sendRequest,
  tokenId,
  type LakhRequest,
  type PoolKey,
} from "../../../src/index.js";
import { type MockFlashBorrower } from "../../../typechain-types/index.js";
import { at, deployLakh, deployTyped, type LakhFixture } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";

const DEADLINE = 1n << 40n;
const UNIT = 10n ** 18n;
const FUNDS = 1_000_000n * UNIT;

type Fixture = LakhFixture & {
  one: string;
  two: string;
  pool: PoolKey;
  send: (...requests: LakhRequest[]) => Promise<void>;
};

async function fixture(): Promise<Fixture> {
  const deployed = await deployLakh(await network.create());
  const { admin, tokens, ledger } = deployed;
  for (const token of tokens) {
    await token.mint(admin, FUNDS);
    await token.approve(ledger, FUNDS);
  }
  const [one, two] = [await at(tokens, 0).getAddress(), await at(tokens, 1).getAddress()];
  return {
    ...deployed,
    one,
    two,
    pool: poolKey({ assets: [one, two], fee: 3000n }),
    send: async (...requests) => {
      for (const request of requests) await admin.sendTransaction(request);
    },
  };
}

async function withPool(): Promise<Fixture> {
  const deployed = await fixture();
  const { lakh, pool, one, two, send } = deployed;
  const amounts = { amount0: 1000n * UNIT, amount1: 1000n * UNIT };
  await send(
    lakh.ledger.deposit({ token: one, amount: FUNDS / 2n }),
    lakh.ledger.deposit({ token: two, amount: FUNDS / 2n }),
    lakh.amm.createPool({ pool, ...amounts, minShares: 0n, deadline: DEADLINE }),
  );
  return deployed;
}

describe("src/ledger", () => {
  it("refuses parameters that cannot succeed", async () => {
    const { lakh, one } = await fixture();
    expectCode(() => lakh.ledger.deposit({ token: one, amount: 0n }), "AmountZero");
    expectCode(() => lakh.ledger.deposit({ token: one, amount: MAX_AMOUNT + 1n }), "AmountTooLarge");
    expectCode(() => lakh.ledger.deposit({ token: "0x", amount: 1n }), "InvalidAddress");
    expectCode(() => lakh.ledger.withdraw({ token: one, amount: -1n }), "AmountOutOfRange");
    expectCode(() => lakh.ledger.transfer({ asset: one, amount: 1n, to: ZeroAddress }), "InvalidAddress");
    const self = lakh.ledger.address;
    expectCode(() => lakh.ledger.transfer({ asset: one, amount: 1n, to: self }), "InvalidAddress");
    expectCode(() => lakh.ledger.approve({ asset: one, spender: self, amount: -1n }), "AmountOutOfRange");
    expectCode(() => lakh.ledger.setConsent({ asset: one, versions: [8] }), "InvalidVersion");
    expectCode(() => lakh.ledger.createFacade({ owner: self, salt: ZeroHash, flags: 16n }), "InvalidFlags");
    expectCode(() => lakh.ledger.multicall([]), "EmptyMulticall");
    expectCode(() => lakh.ledger.multicall([lakh.ledger.depositNative({ amount: 1n })]), "EtherInMulticall");
    const foreign = { ...lakh.ledger.cancel({ asset: one }), to: one };
    expectCode(() => lakh.ledger.multicall([foreign]), "ForeignCall");
    const anonymous = createLakh({ addresses: lakh.addresses });
    expectCode(() => anonymous.ledger.deposit({ token: one, amount: 1n }), "RecipientMissing");
  });

  it("deposits, transfers and withdraws", async () => {
    const { lakh, one, send, signers, ledger, tokens } = await fixture();
    const other = at(signers, 1);
    const request = lakh.ledger.deposit({ token: one, amount: 10n });
    expect(request.parameters).to.deep.equal({ token: one, amount: 10n, minimum: 10n, to: at(signers, 0).address });
    await send(
      request,
      lakh.ledger.transfer({ asset: one, amount: 4n, to: other.address }),
      lakh.ledger.withdraw({ token: one, amount: 5n, to: other.address }),
      lakh.ledger.approve({ asset: one, spender: other.address, amount: 1n }),
    );
    expect(await lakh.ledger.balanceOf({ account: other.address, asset: one })).to.equal(4n);
    expect(await at(tokens, 0).balanceOf(other)).to.equal(5n);
    const from = at(signers, 0).address;
    await other.sendTransaction(lakh.ledger.transferFrom({ from, asset: one, amount: 1n, to: other.address }));
    expect(await ledger.balanceOf(from, tokenId(one))).to.equal(0n);
    expect(await ledger.balanceOf(other, tokenId(one))).to.equal(5n);
  });

  it("deposits and withdraws ether", async () => {
    const { lakh, send, weth, signers, connection } = await fixture();
    const { provider } = connection.ethers;
    const to = at(signers, 5).address;
    const before = await provider.getBalance(to);
    await send(lakh.ledger.depositNative({ amount: 10n }), lakh.ledger.withdrawNative({ amount: 4n, to }));
    const asset = await weth.getAddress();
    expect(await lakh.ledger.balanceOf({ account: at(signers, 0).address, asset })).to.equal(6n);
    expect(await provider.getBalance(to)).to.equal(before + 4n);
  });

  it("refuses paths that break, or that a pool stands in twice", async () => {
    const { lakh, one, two, pool } = await fixture();
    const { weth } = lakh.addresses;
    const next = poolKey({ assets: [two, weth], fee: 3000n });
    const path = { assetIn: one, amountIn: UNIT, minAmountOut: 0n, deadline: DEADLINE };
    expectCode(() => lakh.amm.swapPathExactIn({ ...path, pools: [] }), "EmptyPath");
    expectCode(() => lakh.amm.swapPathExactIn({ ...path, pools: [next] }), "WrongAsset");
    expectCode(() => lakh.amm.swapPathExactIn({ ...path, pools: [pool, next, pool] }), "WrongAsset");
    expectCode(() => lakh.amm.swapPathExactIn({ ...path, pools: [pool, pool] }), "PoolTwice");
    expectCode(() => lakh.amm.swapPathExactIn({ ...path, pools: [pool], amountIn: 1n }), "BelowMinimumTrade");
    const out = { assetIn: one, amountOut: UNIT, maxAmountIn: UNIT, deadline: DEADLINE };
    expectCode(() => lakh.amm.swapPathExactOut({ ...out, pools: [pool, pool] }), "PoolTwice");
    expectCode(() => lakh.amm.swapPathExactOut({ ...out, pools: [pool, next], amountOut: 0n }), "AmountZero");
    const ether = { ...out, pools: [pool, next], payWithEther: true };
    expectCode(() => lakh.amm.swapPathExactOut(ether), "NativeAssetMissing");
    expectCode(() => lakh.amm.swapPathExactIn({ ...path, pools: [pool], destination: "native" }), "NativeAssetMissing");

    expectCode(() => lakh.ledger.callPath([]), "EmptyPath");
    const { calls } = lakh.amm.swapPathExactIn({ ...path, pools: [pool, next] }).parameters;
    const [first, second] = [at(calls, 0), at(calls, 1)];
    expectCode(() => lakh.ledger.callPath([first, { ...second, amount0: 1n }]), "BrokenPath");
    expectCode(() => lakh.ledger.callPath([first, { ...second, asset0: 1n, asset1: 2n }]), "BrokenPath");
    expectCode(() => lakh.ledger.callPath([first, second], 5n), "NativeAssetMissing");
    expectCode(() => lakh.ledger.callPath([first, { ...second, amount0: -1n }]), "BrokenPath");
  });

  it("takes a path's inputs from the first call's source and pays at the last one's destination", async () => {
    const { lakh, one, two, pool } = await fixture();
    const { weth } = lakh.addresses;
    const next = poolKey({ assets: [two, weth], fee: 3000n });
    const options = { deadline: DEADLINE, source: "wallet", destination: "native", to: one } as const;
    const path = lakh.amm.swapPathExactOut({
      ...{ pools: [pool, next], assetIn: one, amountOut: 7n, maxAmountIn: UNIT },
      ...options,
    });
    const fields = path.parameters.calls.map(({ source, destination, to, amount0, amount1 }) => [
      ...[source, destination, to, amount0 + amount1],
    ]);
    expect(fields).to.deep.equal([
      ["wallet", "ledger", ZeroAddress, UNIT],
      ["ledger", "native", one, 0n],
    ]);
    expect(path.value).to.equal(0n);
    const back = { pools: [next, pool], assetIn: weth, amountIn: UNIT, minAmountOut: 1n, deadline: DEADLINE };
    expect(lakh.amm.swapPathExactIn({ ...back, payWithEther: true }).value).to.equal(UNIT);
  });

  it("sets operators and cancels sequences", async () => {
    const { lakh, one, send, signers, ledger, admin } = await fixture();
    const operator = at(signers, 1).address;
    await send(lakh.ledger.setOperator({ operator, approved: true }), lakh.ledger.cancel({ asset: one }));
    expect(await ledger.isOperator(admin, operator)).to.equal(true);
    const { holder } = await lakh.ledger.wordOf({ account: admin.address, asset: one });
    expect(holder).to.deep.equal({ consent: 0n, sequence: 85n, frozen: false });
  });

  it("sets consent to listed settlement versions", async () => {
    const { lakh, one, send, signers, ledger, admin } = await fixture();
    await ledger.listSettlement(at(signers, 1));
    await ledger.listSettlement(at(signers, 2));
    const request = lakh.ledger.setConsent({ asset: one, versions: [1, 0] });
    expect(request.parameters.versions).to.equal(3n);
    await send(request);
    const { holder } = await lakh.ledger.wordOf({ account: admin.address, asset: one });
    expect(holder.consent).to.equal(3n);
    expect((await lakh.lens.holdingOf(admin, tokenId(one))).consent).to.equal(3n);
  });

  it("creates the facade of an issued asset", async () => {
    const { lakh, send, pool, ledger } = await withPool();
    expect(await ledger.FACADES()).to.equal(lakh.ledger.facades);
    const request = lakh.ledger.createFacade({ owner: lakh.amm.address, salt: (await lakh.amm.poolOf({ pool })).id });
    const asset = request.parameters.id;
    expect(asset).to.equal(lakh.amm.shareIdOf({ pool }));
    expect(await lakh.ledger.facadeOf({ asset })).to.equal(undefined);
    await send(request);
    expect(await lakh.ledger.facadeOf({ asset })).to.match(/^0x[0-9a-fA-F]{40}$/);
    expect(await lakh.lens.name(asset)).to.match(/^Lakh LP/);
  });

  it("takes a flash loan", async () => {
    const { lakh, send, one, ledger, admin, connection } = await fixture();
    const borrower = await deployTyped<MockFlashBorrower>(connection, "MockFlashBorrower", [ledger]);
    await borrower.setExpectedInitiator(admin);
    await send(
      lakh.ledger.deposit({ token: one, amount: 10n }),
      lakh.ledger.flashLoan({ receiver: await borrower.getAddress(), token: one, amount: 10n }),
    );
    expect(await borrower.loans()).to.equal(1n);
  });
});

describe("src/amm", () => {
  it("refuses parameters that cannot succeed", async () => {
    const { lakh, pool } = await fixture();
    const swap = { pool, assetIn: pool.asset0, amountIn: 1000n, minAmountOut: 0n, deadline: 100n };
    const { amm } = lakh;
    expectCode(() => amm.swapExactIn({ ...swap, assetIn: lakh.addresses.weth }), "WrongAsset");
    expectCode(() => amm.swapExactIn({ ...swap, amountIn: 0n }), "AmountZero");
    expectCode(() => amm.swapExactIn({ ...swap, amountIn: 999n }), "BelowMinimumTrade");
    expectCode(() => amm.swapExactIn({ ...swap, amountIn: MAX_AMOUNT + 1n }), "AmountTooLarge");
    expectCode(() => amm.swapExactIn({ ...swap, now: 101n }), "DeadlinePassed");
    amm.swapExactIn({ ...swap, now: 100n });
    const unsorted = { ...pool, asset0: pool.asset1, asset1: pool.asset0 };
    expectCode(() => amm.swapExactIn({ ...swap, pool: unsorted }), "UnsortedPool");
    expectCode(() => amm.swapExactIn({ ...swap, payWithEther: true }), "NativeAssetMissing");
    expectCode(() => amm.swapExactIn({ ...swap, destination: "native" }), "NativeAssetMissing");
    const exactOut = { pool, assetIn: pool.asset1, amountOut: 0n, maxAmountIn: 1000n, deadline: 100n };
    expectCode(() => amm.swapExactOut(exactOut), "AmountZero");
    const add = { pool, amount0: 0n, amount1: 0n, minShares: 0n, deadline: 100n };
    expectCode(() => amm.addLiquidity(add), "BothAmountsZero");
    expectCode(() => amm.createPool(add), "BothAmountsZero");
    const remove = { pool, shares: 0n, minAmount0: 0n, minAmount1: 0n, deadline: 100n };
    expectCode(() => amm.removeLiquidity(remove), "AmountZero");
  });

  it("does what its quotes say", async () => {
    const { lakh, pool, send, admin } = await withPool();
    const balances = async () =>
      Promise.all(
        [pool.asset0, pool.asset1, lakh.amm.shareIdOf({ pool })].map((asset) =>
          lakh.ledger.balanceOf({ account: admin.address, asset }),
        ),
      );
    const change = async (request: LakhRequest) => {
      const before = await balances();
      await send(request);
      return (await balances()).map((balance, index) => balance - at(before, index));
    };
    const { amm } = lakh;

    const amountIn = 5n * UNIT;
    const out = await amm.quoteExactIn({ pool, assetIn: pool.asset0, amountIn });
    expect(
      await change(amm.swapExactIn({ pool, assetIn: pool.asset0, amountIn, minAmountOut: out, deadline: DEADLINE })),
    ).to.deep.equal([-amountIn, out, 0n]);

    const amountOut = 3n * UNIT;
    const paid = await amm.quoteExactOut({ pool, assetIn: pool.asset1, amountOut });
    expect(
      await change(
        amm.swapExactOut({ pool, assetIn: pool.asset1, amountOut, maxAmountIn: 2n * paid, deadline: DEADLINE }),
      ),
    ).to.deep.equal([amountOut, -paid, 0n]);

    const limits = { amount0: 10n * UNIT, amount1: 7n * UNIT };
    const added = await amm.quoteAdd({ pool, ...limits });
    expect(
      await change(amm.addLiquidity({ pool, ...limits, minShares: added.shares, deadline: DEADLINE })),
    ).to.deep.equal([-added.amount0, -added.amount1, added.shares]);

    const shares = added.shares / 3n;
    const { amount0, amount1 } = await amm.quoteRemove({ pool, shares });
    const request = amm.removeLiquidity({
      pool,
      shares,
      minAmount0: amount0,
      minAmount1: amount1,
      deadline: DEADLINE,
    });
    expect(await change(request)).to.deep.equal([amount0, amount1, -shares]);
  });

  it("collects what the protocol has in a pool, as many shares as it says", async () => {
    const { lakh, pool, send, amm: contract, admin, signers } = await withPool();
    const { amm, ledger } = lakh;
    const receiver = at(signers, 1).address;
    const range = { ...pool, ...rangeOffsets({ low: PRICE_SCALE / 2n, high: 2n * PRICE_SCALE }) };
    const amounts = { amount0: 1000n * UNIT, amount1: 1000n * UNIT };
    await contract.setProtocolFee(2500n, admin.address);
    expect(await amm.protocolFee()).to.deep.equal({ fee: 2500n, recipient: admin.address });
    await send(amm.createPool({ pool: range, ...amounts, minShares: 0n, deadline: DEADLINE }));
    const swap = { assetIn: pool.asset0, amountIn: 50n * UNIT, minAmountOut: 0n, deadline: DEADLINE };
    for (const key of [pool, range]) {
      // The first change of liquidity under the fee begins the count, the second one stores shares.
      const add = amm.addLiquidity({ pool: key, ...amounts, minShares: 0n, deadline: DEADLINE });
      await send(add, amm.swapExactIn({ pool: key, ...swap }), add, amm.swapExactIn({ pool: key, ...swap }));
      const shares = await protocolSharesOf({ key, amm });
      await send(amm.collectProtocolFee({ pool: key, to: receiver }));
      expect(await ledger.balanceOf({ account: receiver, asset: amm.shareIdOf({ pool: key }) })).to.equal(shares);
      if (key === pool) expect(shares > 0n).to.equal(true);
      expect(await protocolSharesOf({ key, amm })).to.equal(0n);
    }
    const unsorted = { ...pool, asset0: pool.asset1, asset1: pool.asset0 };
    expectCode(() => amm.collectProtocolFee({ pool: unsorted }), "UnsortedPool");
    expect(amm.collectProtocolFee({ pool }).parameters.to).to.equal(admin.address);
  });

  it("pays whoever sends it, where neither a receiver nor an account is given", async () => {
    const { lakh, pool, signers, ledger } = await withPool();
    const anonymous = createLakh({ addresses: lakh.addresses });
    const [from, sender] = [at(signers, 0), at(signers, 1)];
    await from.sendTransaction(lakh.ledger.transfer({ asset: pool.asset0, amount: 10_000n, to: sender.address }));
    const swap = { pool, assetIn: pool.asset0, amountIn: 10_000n, minAmountOut: 1n, deadline: DEADLINE };
    const out = await lakh.amm.quoteExactIn(swap);
    const request = anonymous.amm.swapExactIn(swap);
    expect(request.parameters.to).to.equal(ZeroAddress);
    expect(request.parameters.key).to.equal(bookKey(pool));
    await sender.sendTransaction(request);
    expect(await ledger.balanceOf(sender, pool.asset1)).to.equal(out);
    expectCode(() => anonymous.amm.swapExactIn({ ...swap, to: lakh.ledger.address }), "InvalidAddress");
  });

  it("trades from wallets, with ether", async () => {
    const { lakh, one, weth, send, admin, tokens } = await fixture();
    const wrapped = await weth.getAddress();
    const pool = poolKey({ assets: [one, wrapped], fee: 0n });
    const { amm } = lakh;
    const amounts = { amount0: 1_000_000n, amount1: 1_000_000n };
    expect(await amm.quoteCreate({ pool, ...amounts })).to.equal(999_000n);
    const common = { pool, deadline: DEADLINE, source: "wallet", payWithEther: true } as const;
    await send(amm.createPool({ ...common, ...amounts, minShares: 999_000n }));
    const before = await at(tokens, 0).balanceOf(admin);
    const swap = { ...common, assetIn: wrapped, amountIn: 10_000n, minAmountOut: 1n } as const;
    const out = await amm.quoteExactIn(swap);
    const request = amm.swapExactIn({ ...swap, destination: "wallet" });
    expect(request.value).to.equal(10_000n);
    await send(request);
    expect(await at(tokens, 0).balanceOf(admin)).to.equal(before + out);
    const view = await amm.poolOf({ pool });
    expect(view.exists).to.equal(true);
    expect(view.totalShares).to.equal(1_000_000n);
  });
  it("sends half as much gas again as the node estimates, and nothing that would be refused", async () => {
    const { lakh, one, send, admin } = await fixture();
    await send(lakh.ledger.deposit({ token: one, amount: 10_000n }));
    const [transfer, tooMuch] = [10_000n, 10_001n].map((amount) =>
      lakh.ledger.transfer({ asset: tokenId(one), amount, to: lakh.addresses.amm }),
    ) as [LakhRequest, LakhRequest];
    const nonce = await admin.getNonce();
    const refused = await sendRequest(admin, tooMuch).catch((error: unknown) => error);
    expect(explain(refused).name).to.equal("LedgerInsufficientBalance");
    expect(await admin.getNonce()).to.equal(nonce);
    const estimated = await admin.estimateGas({ to: transfer.to, data: transfer.data });
    const sent = await sendRequest(admin, transfer);
    expect(sent.gasLimit).to.equal((estimated * 3n) / 2n);
    expect((await sent.wait())?.status).to.equal(1);
  });
});
