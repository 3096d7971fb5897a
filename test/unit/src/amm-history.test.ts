import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import { IAmmCore__factory, ILedger__factory } from "../../../typechain-types/index.js";
import {
  type EventLog,
  type MovedBatch,
  type PoolEvent,
  profitOf,
  readPoolEvents,
  rebuildPool,
  type SettledOperation,
  shareIdOf,
} from "../../../src/index.js";
import { expectCode } from "../../helpers/expect-code.js";

const AMM = "0x1000000000000000000000000000000000000000";
const LEDGER = "0x2000000000000000000000000000000000000000";
const ALICE = "0x3000000000000000000000000000000000000000";
const BOB = "0x4000000000000000000000000000000000000000";
const CAROL = "0x5000000000000000000000000000000000000000";
const POOL = `0x${"ab".repeat(32)}`;
const SHARE = shareIdOf({ amm: AMM, id: POOL, isRestricted: false });
const UNIT = 10n ** 18n;

const created = { name: "PoolCreated", asset0: 1n, asset1: 2n, fee: 0n, alpha: 0n, beta: 0n } as const;
/** Alice's pool of 100 and 400: √(100·400) = 200 shares, 1,000 units of which are locked. */
const opened: PoolEvent[] = [
  created,
  { name: "LiquidityAdded", account: ALICE, amount0: 100n * UNIT, amount1: 400n * UNIT, shares: 200n * UNIT - 1000n },
  { name: "SharesMoved", from: ZeroAddress, to: ALICE, amount: 200n * UNIT - 1000n },
];
const moved = (from: string, to: string, amount: bigint): PoolEvent => ({ name: "SharesMoved", from, to, amount });
/** Equal but for what the locked shares are worth. */
const near = (actual: bigint, expected: bigint) =>
  expect(actual - expected <= 10_000n && expected - actual <= 10_000n).to.equal(true);

describe("src/amm-history", () => {
  it("gives the known loss against holding when the price goes four times up", () => {
    // 50 leave and 400 come: 50 · 800 = 100 · 400. The price goes from 4 to 16.
    const history = rebuildPool([
      ...opened,
      { name: "Swapped", account: BOB, amount0: -50n * UNIT, amount1: 400n * UNIT },
    ]);
    const result = profitOf(history, ALICE);
    expect(history.price).to.equal(16n * 10n ** 36n);
    near(result.worthValue, 1600n * UNIT);
    expect(result.heldValue).to.equal(2000n * UNIT);
    // 2·√4 / (1 + 4) − 1 = −20 %
    near(result.impermanentLoss, 400n * UNIT);
    near(result.profit, -400n * UNIT);
    expect(result.feeValue).to.equal(0n);
    expect(profitOf(history, CAROL)).to.deep.include({ shares: 0n, profit: 0n, impermanentLoss: 0n });
  });

  it("gives fees to whoever holds the shares, those of batches too", () => {
    const trade: PoolEvent = {
      ...{ name: "BatchCleared", price: 4n * 10n ** 36n },
      ...{ amountIn0: 10n * UNIT, amountIn1: 40n * UNIT, amountOut0: 9n * UNIT, amountOut1: 36n * UNIT },
    };
    const [first, ...rest] = opened;
    const half = 100n * UNIT;
    const history = rebuildPool([
      { ...(first as typeof created), fee: 10_000n },
      ...rest,
      trade,
      moved(ALICE, BOB, half),
      trade,
      moved(BOB, BOB, half),
    ]);
    // A hundredth of 10 and 40 each time: all of the first and half of the second are Alice's.
    const [alice, bob] = [history.positions.get(ALICE), history.positions.get(BOB)];
    near(alice?.fees.amount0 ?? 0n, (15n * UNIT) / 100n);
    near(alice?.fees.amount1 ?? 0n, (60n * UNIT) / 100n);
    near(bob?.fees.amount1 ?? 0n, (20n * UNIT) / 100n);
    // What was given is worth its part of 101 and 404 at that time.
    expect(alice?.sent).to.deep.equal({ amount0: (101n * UNIT) / 2n, amount1: 202n * UNIT });
    expect(bob?.received).to.deep.equal(alice?.sent);
    expect(history.pool).to.deep.include({ reserve0: 102n * UNIT, reserve1: 408n * UNIT });
    expect(profitOf(history, BOB).profit > 0n).to.equal(true);
  });

  it("knows shares that nobody's log moved, those in books, and shares minted to others", () => {
    const added = {
      name: "LiquidityAdded",
      account: BOB,
      amount0: UNIT,
      amount1: 4n * UNIT,
      shares: 2n * UNIT,
    } as const;
    const removed = { ...added, name: "LiquidityRemoved" } as const;
    const history = rebuildPool([
      ...opened,
      added, // no log of the shares: Bob's
      added,
      moved(ZeroAddress, CAROL, 2n * UNIT), // paid by Bob, for Carol
      moved(ALICE, ZeroAddress, 5n * UNIT), // into a book
      moved(ZeroAddress, BOB, 3n * UNIT), // out of it
      removed,
      moved(BOB, ZeroAddress, 2n * UNIT),
    ]);
    const shares = (account: string) => history.positions.get(account)?.shares;
    expect([shares(BOB), shares(CAROL), shares(ZeroAddress)]).to.deep.equal([3n * UNIT, 2n * UNIT, 2n * UNIT]);
    expect(history.positions.get(CAROL)?.received).to.deep.equal({ amount0: UNIT, amount1: 4n * UNIT });
    expect(history.positions.get(BOB)?.paidOut).to.deep.equal({ amount0: UNIT, amount1: 4n * UNIT });
    expect(history.pool.totalShares).to.equal(202n * UNIT);
  });

  it("gives the protocol its shares, and passes them on when they are collected", () => {
    const fee: PoolEvent = { name: "ProtocolFeeSet", fee: 2500n, recipient: BOB };
    // 100 · 400 becomes 121 · 400: the root goes from 200 to 220. A quarter of 20 of 220 is 5 / 215 of the 200 shares.
    const shares = (200n * UNIT * 5n) / 215n;
    const accrued: PoolEvent[] = [
      ...opened,
      { name: "Swapped", account: CAROL, amount0: 21n * UNIT, amount1: 0n },
      { name: "ProtocolSharesAdded", shares },
    ];
    const before = rebuildPool([fee, ...accrued]);
    expect(before.protocol.shares).to.equal(shares);
    expect(before.pool.totalShares).to.equal(200n * UNIT + shares);
    expect(before.positions.has(BOB)).to.equal(false);
    const part = (reserve: bigint) => (reserve * shares) / (200n * UNIT + shares);
    const taken = before.positions.get(ALICE)?.taken;
    near(taken?.amount0 ?? 0n, part(121n * UNIT));
    near(taken?.amount1 ?? 0n, part(400n * UNIT));
    expect(before.protocol.received).to.deep.equal({ amount0: part(121n * UNIT), amount1: part(400n * UNIT) });

    const collected: PoolEvent = { name: "ProtocolSharesCollected", account: BOB, shares };
    const own = rebuildPool([fee, ...accrued, collected]);
    expect([own.protocol.shares, own.positions.get(BOB)?.shares]).to.deep.equal([0n, shares]);
    const { worth, takenValue, impermanentLoss, profit, feeValue } = profitOf(own, ALICE);
    near(worth.amount0, 121n * UNIT - part(121n * UNIT));
    expect(impermanentLoss).to.equal(feeValue - takenValue - profit);
    const given = rebuildPool([fee, ...accrued, collected, moved(ZeroAddress, CAROL, shares)]);
    expect([given.positions.get(BOB)?.shares, given.positions.get(CAROL)?.shares]).to.deep.equal([0n, shares]);
    expect(given.positions.get(CAROL)?.received).to.deep.equal(given.positions.get(BOB)?.sent);
    const nothing = rebuildPool([fee, ...accrued, collected, { ...collected, shares: 0n }]);
    expect(nothing.positions.get(BOB)?.shares).to.equal(shares);
  });

  it("refuses events that cannot be all of one pool's", () => {
    const refused = (...events: PoolEvent[]) => expectCode(() => rebuildPool(events), "HistoryMismatch");
    refused();
    refused(...opened.slice(1));
    refused(...opened, created);
    refused(created, moved(ALICE, BOB, 1n));
    refused(created, { name: "Swapped", account: BOB, amount0: 1000n, amount1: -1n });
    refused(...opened, { name: "Swapped", account: BOB, amount0: 1000n, amount1: -401n * UNIT });
    refused(...opened, moved(BOB, CAROL, 1n));
    const removed = {
      name: "LiquidityRemoved",
      account: ALICE,
      amount0: 0n,
      amount1: 0n,
      shares: 200n * UNIT,
    } as const;
    refused(...opened, removed);
    // Shares for a protocol whose fee is not among the events, more than the fee gives, more collected than there are.
    refused(...opened, { name: "ProtocolSharesAdded", shares: 1n });
    refused({ name: "ProtocolFeeSet", fee: 2500n, recipient: BOB });
    refused({ name: "ProtocolFeeSet", fee: 2500n, recipient: BOB }, ...opened, {
      name: "ProtocolSharesAdded",
      shares: 1n,
    });
    refused(...opened, { name: "ProtocolSharesCollected", account: BOB, shares: 1n });
  });

  it("reads the events of one pool in the chain's order and leaves out the others", () => {
    const amm = IAmmCore__factory.createInterface();
    const ledger = ILedger__factory.createInterface();
    const log = (index: number, address: string, encoded: { topics: string[]; data: string }): EventLog => ({
      ...{ address, ...encoded, blockNumber: 7, index, transactionHash: ZeroHash },
    });
    const swap = (pool: string) => amm.encodeEventLog("Swapped", [pool, BOB, 1000n, -999n]);
    const transfer = (id: bigint) => ledger.encodeEventLog("Transfer", [ALICE, ALICE, BOB, id, 5n]);
    const logs = [
      log(9, LEDGER, transfer(SHARE)),
      log(2, AMM, amm.encodeEventLog("ProtocolSharesCollected", [POOL, BOB, 7n])),
      log(1, AMM, amm.encodeEventLog("ProtocolSharesAdded", [POOL, 7n])),
      log(1, AMM, amm.encodeEventLog("ProtocolSharesAdded", [ZeroHash, 7n])),
      log(0, AMM, amm.encodeEventLog("ProtocolFeeSet", [2500n, BOB])),
      log(3, AMM, swap(POOL)),
      log(4, AMM, swap(ZeroHash)),
      log(5, LEDGER, transfer(SHARE ^ 2n)),
      log(6, CAROL, swap(POOL)),
      log(7, LEDGER, ledger.encodeEventLog("OperatorSet", [ALICE, BOB, true])),
      log(8, AMM, { topics: [ZeroHash, POOL], data: "0x" }),
    ];
    const options = { logs, amm: AMM, ledger: LEDGER, pool: POOL };
    const events: PoolEvent[] = [
      { name: "ProtocolFeeSet", fee: 2500n, recipient: BOB },
      { name: "ProtocolSharesAdded", shares: 7n },
      { name: "ProtocolSharesCollected", account: BOB, shares: 7n },
      { name: "Swapped", account: BOB, amount0: 1000n, amount1: -999n },
      moved(ALICE, BOB, 5n),
    ];
    expect(readPoolEvents(options)).to.deep.equal(events);
    const operation = {
      ...{ id: 1, account: ALICE, name: "transfer", asset: SHARE, amount: 3n, fee: 1n, outcome: "executed" },
      ...{ receiver: { id: 2, account: CAROL }, header: { protocol: ZeroAddress, shareId: 0n } },
    } as SettledOperation;
    const batchOf = (transactionHash: string, ...operations: SettledOperation[]): MovedBatch => ({
      log: { blockNumber: 7, index: 4, transactionHash },
      settled: { relayer: BOB, number: 1, expiry: 1, operations },
    });
    const others = [
      { ...operation, outcome: "skipped" as const },
      { ...operation, asset: 5n },
      { ...operation, asset: undefined },
      // A removal, which the pool's own logs tell.
      { ...operation, name: "other" as const, header: { ...operation.header, protocol: AMM, shareId: SHARE } },
    ];
    const batches = [batchOf(POOL, operation, ...others)];
    expect(readPoolEvents({ ...options, batches })).to.deep.equal([
      ...[...events.slice(0, -1), moved(ALICE, CAROL, 3n), moved(ALICE, BOB, 1n), moved(ALICE, BOB, 5n)],
    ]);
    // The same transaction logged the shares itself.
    expect(readPoolEvents({ ...options, batches: [batchOf(ZeroHash, operation)] })).to.deep.equal(events);
    const unknown = batchOf(POOL, { ...operation, receiver: { id: 2, account: undefined } });
    expectCode(() => readPoolEvents({ ...options, batches: [unknown] }), "UnknownAccount");
    expectCode(() => readPoolEvents({ ...options, pool: "0x12" }), "InvalidBytes32");
    expectCode(() => readPoolEvents({ ...options, amm: "0x12" }), "InvalidAddress");
  });
});
