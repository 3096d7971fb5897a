import { expect } from "chai";
import { lpShareId, POOL_ORACLE, rangeOffsets, type PoolKey } from "../../../src/index.js";
import { at } from "../../helpers/deploy.js";
import {
  actions,
  bookKeyOf,
  ethers,
  impersonate,
  KIND,
  loadFixture,
  NEVER,
  networkHelpers,
  poolCall,
  poolFixture,
  poolIdOf,
  sectionOf,
  settle,
  stateOf,
  WAD,
  wordParts,
  type Order,
} from "../../helpers/ledger-fixture.js";

const [ADD0, ADD1] = [8n, 9n];
const MAX_LIMIT = (1n << 112n) - 1n;
/** What the core answers of an operation that it refuses: a twin of `OperationLib.FAILED`. */
const FAILED = 1n << 255n;

/** The pool fixture, where Alice, Bob and the settlement may act on all words of the pool. */
async function sectionFixture() {
  const fixture = await poolFixture();
  const { ledger, amm, settlement, alice, bob, key } = fixture;
  const address = await amm.getAddress();
  const consent = async (pool: PoolKey) => {
    const ids = [pool.asset0, pool.asset1, lpShareId({ amm: address, pool })];
    for (const account of [alice, bob]) for (const id of ids) await ledger.connect(account).setConsent(id, 1n);
  };
  await consent(key);
  const run = (orders: readonly Order[], changes: Partial<Parameters<typeof sectionOf>[0]> = {}, pool: PoolKey = key) =>
    settle({
      settlement,
      section: sectionOf({
        ...{ protocol: address, key: bookKeyOf(pool), asset0: pool.asset0, asset1: pool.asset1 },
        ...{ shareId: lpShareId({ amm: address, pool }), ...changes },
      }),
      orders,
    });
  /** Both halves of an addition; tokens have words of their own, so each is the next of its word. */
  const halves = (account: typeof alice, amounts: [bigint, bigint], limits = [1n, 1n], sequence = 0n): Order[] => [
    { account, kind: ADD0, amount: amounts[0], arguments: at(limits, 0), sequence },
    { account, kind: ADD1, amount: amounts[1], arguments: at(limits, 1), sequence },
  ];
  const removal = (account: typeof alice, shares: bigint, [min0, min1] = [0n, 0n], sequence = 0n): Order => ({
    ...{ account, kind: KIND.shares, amount: shares, sequence },
    arguments: (min1 << 112n) | min0,
  });
  const holding = async (account: typeof alice, pool: PoolKey = key) =>
    Promise.all(
      [pool.asset0, pool.asset1, lpShareId({ amm: address, pool })].map((id) => ledger.balanceOf(account, id)),
    );
  return { ...fixture, consent, run, halves, removal, holding };
}

/** With pools of one asset, whose other side is an offset alone, and so small a one that few shares have none. */
async function thinFixture() {
  const fixture = await sectionFixture();
  const { ledger, amm, alice, key, token0, token1 } = fixture;
  const thin = async (side: "alpha" | "beta") => {
    const pool: PoolKey = { ...key, [side]: (1n << 64n) / 10n ** 6n };
    const amount = 900n * WAD + WAD / 2n / 10n ** 6n; // the offset rounds down by half a unit
    for (const token of [token0, token1]) await ledger.connect(alice).deposit(token, amount, 0n, alice);
    const amounts = side === "alpha" ? { amount1: amount } : { amount0: amount };
    const data = actions.encodeFunctionData("createPool", [pool, 0n, NEVER]);
    await ledger.connect(alice).call(poolCall({ amm, key: pool, to: alice, data, ...amounts }));
    return { pool, amm };
  };
  return { ...fixture, thin };
}

function difference(after: readonly bigint[], before: readonly bigint[]): bigint[] {
  return after.map((value, index) => value - at(before, index));
}

describe("AmmLiquidity", () => {
  describe("sections", () => {
    it("refuses to be called directly: it is the core's own code", async () => {
      const { amm, alice, poolId, key } = await loadFixture(sectionFixture);
      const part = await ethers.getContractAt("AmmLiquidity", await amm.LIQUIDITY());
      for (const send of [
        () => part.onLedgerCall(alice, poolId, 0n, 0n, "0x"),
        () => part.onLedgerBatch(poolId, 0n, 0n, "0x", []),
        () => part.forceExit(key, alice, 0n, 0n),
      ]) {
        await expect(send()).to.be.revertedWithCustomError(amm, "AmmNotCore").withArgs(part.target);
      }
    });

    it("fails as a whole for another share, or in a pool that is not", async () => {
      const { ledger, amm, run, halves, bob, key, poolId, bookKey, shareId } = await loadFixture(sectionFixture);
      const book = await ledger.bookOf(amm, bookKey, key.asset0, key.asset1);
      const asLedger = amm.connect(await impersonate(ledger));
      await expect(asLedger.onLedgerBatch(poolId, book, 0n, "0x", []))
        .to.be.revertedWithCustomError(amm, "AmmWrongShare")
        .withArgs(shareId, 0n);
      for (const shareId of [0n, lpShareId({ amm: await amm.getAddress(), pool: { ...key, fee: 1n } })]) {
        expect((await run(halves(bob, [WAD, 4n * WAD]), { shareId })).executed).to.equal(false);
      }
      expect((await run(halves(bob, [WAD, 4n * WAD]), {}, { ...key, fee: 1n })).executed).to.equal(false);
    });

    it("adds what both halves cover, and gives the change back with the second (AMM_21)", async () => {
      const { amm, poolId, run, halves, holding, bob } = await loadFixture(sectionFixture);
      const before = await holding(bob);
      const answer = await run(halves(bob, [10n * WAD, 50n * WAD], [20n * WAD, 20n * WAD]));
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0n]]);
      expect(difference(await holding(bob), before)).to.deep.equal([-10n * WAD, -40n * WAD, 20n * WAD]);
      await expect(answer.response)
        .to.emit(amm, "LiquidityAdded")
        .withArgs(poolId, bob.address, 10n * WAD, 40n * WAD, 20n * WAD);
    });

    it("removes shares for both limits, the second of which takes the high bits of the arguments", async () => {
      const { amm, poolId, run, removal, holding, alice } = await loadFixture(sectionFixture);
      const before = await holding(alice);
      const answer = await run([
        removal(alice, 20n * WAD, [10n * WAD, 40n * WAD]),
        removal(alice, 20n * WAD, [10n * WAD, 40n * WAD + 1n], 1n),
        removal(alice, 20n * WAD, [10n * WAD + 1n, 40n * WAD], 2n),
        removal(alice, 20n * WAD, [MAX_LIMIT, 0n], 3n),
        removal(alice, 20n * WAD, [0n, MAX_LIMIT], 4n),
      ]);
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0b11110n]]);
      expect(difference(await holding(alice), before)).to.deep.equal([10n * WAD, 40n * WAD, -20n * WAD]);
      await expect(answer.response)
        .to.emit(amm, "LiquidityRemoved")
        .withArgs(poolId, alice.address, 10n * WAD, 40n * WAD, 20n * WAD);
    });

    it("refunds whole what does not belong together, is short, or means something in swaps (AMM_21)", async () => {
      const { run, halves, removal, holding, alice, bob, ledger, amm, key } = await loadFixture(sectionFixture);
      const before = [await holding(alice), await holding(bob)];
      const book = await ledger.bookOf(amm, bookKeyOf(key), key.asset0, key.asset1);
      const [alices, bobs] = [halves(alice, [WAD, 4n * WAD]), halves(bob, [WAD, 4n * WAD])];
      const cases: [string, Order[]][] = [
        ["the first half alone", [at(bobs, 0)]],
        ["the second half alone", [at(bobs, 1)]],
        ["the second before the first", [at(bobs, 1), at(bobs, 0)]],
        ["halves of two accounts", [at(alices, 0), at(bobs, 1)]],
        ["another between", [at(bobs, 0), at(alices, 0), at(bobs, 1)]],
        ["fewer shares than both want", halves(bob, [WAD, 4n * WAD], [2n * WAD + 1n, 2n * WAD + 1n])],
        ["halves that want different shares", halves(bob, [WAD, 4n * WAD], [1n, 0n])],
        ["too little for a share", halves(bob, [1n, 1n], [0n, 0n])],
        ["a swap of asset 0", [{ account: bob, kind: KIND.asset0, amount: WAD }]],
        ["a swap of asset 1", [{ account: bob, kind: KIND.asset1, amount: WAD }]],
        [
          "two swaps",
          [
            { account: bob, kind: KIND.asset0, amount: WAD },
            { account: bob, kind: KIND.asset1, amount: 4n * WAD },
          ],
        ],
        ["nothing", [{ account: bob, kind: KIND.none, amount: 0n }]],
        ["a kind that is none", [{ account: bob, kind: 6n, amount: WAD }]],
        ["more shares than there are", [removal(alice, 201n * WAD)]],
      ];
      for (const [name, orders] of cases) {
        const clean = await networkHelpers.takeSnapshot();
        const answer = await run(orders);
        const all = (1n << BigInt(orders.length)) - 1n;
        expect([answer.executed, answer.skipped], name).to.deep.equal([true, [all]]);
        expect([await holding(alice), await holding(bob)], name).to.deep.equal(before);
        expect(await ledger.bookOf(amm, bookKeyOf(key), key.asset0, key.asset1), name).to.equal(book);
        await clean.restore();
      }
    });

    it("changes nothing without operations", async () => {
      const { ledger, amm, run } = await loadFixture(sectionFixture);
      const before = await stateOf([amm, ledger]);
      const answer = await run([]);
      expect([answer.executed, answer.skipped]).to.deep.equal([true, []]);
      expect(await stateOf([amm, ledger])).to.deep.equal(before);
    });

    it("refuses removals that would leave a range pool less of its product than its shares", async () => {
      const { run, removal, holding, alice, consent, thin } = await loadFixture(thinFixture);
      const { pool, amm } = await thin("alpha");
      await consent(pool);
      const { totalShares } = await amm.poolOf(await poolIdOf({ amm, key: pool }));
      const before = await holding(alice, pool);
      const left = 1_000_001n;
      const answers: bigint[][] = [];
      for (const [sequence, kept] of [1000n, 999_999n, left].entries()) {
        const { skipped } = await run([removal(alice, totalShares - kept, [0n, 0n], BigInt(sequence))], {}, pool);
        answers.push(skipped);
      }
      expect(answers).to.deep.equal([[1n], [1n], [0n]]);
      expect(difference(await holding(alice, pool), before).at(2)).to.equal(left - totalShares);
    });

    it("takes no unit that a half does not have, though the ledger hands over none without any", async () => {
      const fixture = await loadFixture(thinFixture);
      const { ledger, ammLens, settlement, thin, bob, halves } = fixture;
      for (const side of ["alpha", "beta"] as const) {
        const { pool, amm } = await thin(side);
        const asLedger = amm.connect(await impersonate(ledger));
        const book = await ledger.bookOf(amm, bookKeyOf(pool), pool.asset0, pool.asset1);
        const id = await poolIdOf({ amm, key: pool });
        const answer = async (amounts: [bigint, bigint]) => {
          const orders = halves(bob, amounts).map((order) => ({ sequence: 0n, kind: 0n, arguments: 0n, ...order }));
          const operations = [...(await settlement.pack(orders))];
          const shareId = await amm.shareIdOf(pool);
          return (await asLedger.onLedgerBatch.staticCall(id, book, shareId, "0x", operations))[2];
        };
        // The side without a real unit may want one for the rounding of its offset, or may not.
        let refused = 0;
        // A share costs 10^6 units, and adds a millionth of one to the offset.
        for (let amount = WAD; amount < WAD + 10n ** 12n; amount += 61_803n * 10n ** 6n) {
          const sides = (unit: bigint): [bigint, bigint] => (side === "alpha" ? [unit, amount] : [amount, unit]);
          const quote = () => ammLens.quoteAdd(pool, ...sides(0n));
          if ((await answer(sides(0n)))[0] === FAILED) {
            await expect(quote()).to.be.revertedWithCustomError(amm, "AmmAboveMaximumIn").withArgs(1n, 0n);
            refused += 1;
          } else expect((await quote()).shares).to.be.greaterThan(0n);
          const halves = await answer(sides(1n));
          expect(halves.includes(FAILED)).to.equal(false);
        }
        expect(refused, side).to.be.within(1, 15);
      }
    });

    it("takes a half whose other half the ledger skipped for none", async () => {
      const { run, halves, holding, bob } = await loadFixture(sectionFixture);
      const before = await holding(bob);
      const [first, second] = halves(bob, [WAD, 4n * WAD]);
      const wrong = { sequence: 9n };
      for (const orders of [
        [{ ...first, ...wrong } as Order, second as Order],
        [first as Order, { ...second, ...wrong, sequence: 9n } as Order],
      ]) {
        const clean = await networkHelpers.takeSnapshot();
        expect((await run(orders)).skipped).to.deep.equal([0b11n]);
        expect(await holding(bob)).to.deep.equal(before);
        await clean.restore();
      }
    });

    it("has no kind in common with a section of swaps", async () => {
      const { run, halves, removal, holding, alice, bob } = await loadFixture(sectionFixture);
      const before = [await holding(alice), await holding(bob)];
      const parameters = `0x${(4n * 10n ** 36n).toString(16).padStart(64, "0")}${(WAD / 2n).toString(16).padStart(64, "0")}`;
      const orders = [...halves(bob, [WAD, 4n * WAD]), removal(alice, WAD)];
      const answer = await run(orders, { parameters });
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0b111n]]);
      expect([await holding(alice), await holding(bob)]).to.deep.equal(before);
    });

    it("takes the fees of both halves, and a removal's out of what it is paid", async () => {
      const { ledger, run, halves, removal, holding, alice, bob, carol, ids } = await loadFixture(sectionFixture);
      const [before, others] = [await holding(bob), await holding(alice)];
      const fees = { fee0: 7n, fee1: 11n, feeTo: carol.address };
      const answer = await run(
        [...halves(bob, [WAD, 4n * WAD]), ...halves(bob, [1n, 1n], [0n, 0n], 1n), removal(alice, 2n * WAD)],
        fees,
      );
      expect(answer.skipped).to.deep.equal([0b1100n]); // which pays none
      expect(difference(await holding(bob), before)).to.deep.equal([-WAD - 7n, -4n * WAD - 11n, 2n * WAD]);
      expect(difference(await holding(alice), others)).to.deep.equal([WAD - 7n, 4n * WAD, -2n * WAD]);
      expect([await ledger.balanceOf(carol, ids.token0), await ledger.balanceOf(carol, ids.token1)]).to.deep.equal([
        ...[14n, 11n],
      ]);
    });

    it("counts the protocol's part and writes the history once, before the first of them", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, amm, ammLens, alice, bob, carol, key, consent, run, halves, removal } = fixture;
      const pool = {
        ...key,
        fee: 10_000n,
        flags: POOL_ORACLE,
        ...rangeOffsets({ low: 10n ** 36n, high: 9n * 10n ** 36n }),
      };
      await amm.setProtocolFee(2500n, carol);
      const call = (data: string, amount0: bigint, amount1 = 0n, account = alice) =>
        ledger.connect(account).call(poolCall({ amm, key: pool, to: account, amount0, amount1, data }));
      await call(actions.encodeFunctionData("createPool", [pool, 1n, NEVER]), 100n * WAD, 400n * WAD);
      await consent(pool);
      await call(actions.encodeFunctionData("swapExactIn", [1n, NEVER]), 10n * WAD);
      await networkHelpers.time.increase(120);
      const shares = await ledger.balanceOf(alice, await amm.shareIdOf(pool));
      const quote = await ammLens.quoteAdd(pool, WAD, 9n * WAD);
      const before = await amm.poolOf(await poolIdOf({ amm, key: pool }));
      const answer = await run(
        [...halves(bob, [WAD, 9n * WAD]), removal(alice, shares / 2n), ...halves(bob, [WAD, 9n * WAD], [1n, 1n], 1n)],
        {},
        pool,
      );
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0n]]);
      const receipt = await answer.response.wait();
      const names = (receipt?.logs ?? [])
        .map((log) => amm.interface.parseLog(log)?.name)
        .filter((name) => name !== undefined);
      expect(names).to.deep.equal(["ProtocolSharesAdded", "LiquidityAdded", "LiquidityRemoved", "LiquidityAdded"]);
      const parsed = receipt?.logs
        .map((log) => amm.interface.parseLog(log))
        .find((log) => log?.name === "LiquidityAdded");
      expect([...(parsed?.args ?? [])].slice(2)).to.deep.equal([quote.amount0, quote.amount1, quote.shares]);
      const after = await amm.poolOf(await poolIdOf({ amm, key: pool }));
      expect(after.protocolShares).to.be.greaterThan(before.protocolShares);
      expect(after.rootK).to.be.greaterThan(0n);
      expect(await amm.consult(pool, 60n)).to.be.greaterThan(0n);
      const { amount0, amount1 } = wordParts(await ledger.bookOf(amm, bookKeyOf(pool), pool.asset0, pool.asset1));
      const view = await ammLens.poolOf(pool);
      expect([view.reserve0, view.reserve1]).to.deep.equal([amount0, amount1]);
    });
  });
});
