import { expect } from "chai";
import { Network, toBeHex, type Provider } from "ethers";
import { isBeyond } from "../../../../scripts/lib/keeper/cover-proofs.js";
import { findRound, firstRoundFrom, type Round, type Rounds } from "../../../../scripts/lib/keeper/feed-rounds.js";
import { describePass, describeUpkeep } from "../../../../scripts/lib/keeper/report.js";
import { createUpkeep, type Upkeep, type UpkeepTask, type UpkeepWatch } from "../../../../scripts/lib/keeper/upkeep.js";

const PHASE = 1n << 64n;

/** A feed whose rounds are of these times, by phase; 0 for a round that never had an answer. Counts what is read. */
function feedOf(phases: Readonly<Record<number, readonly number[]>>): Rounds & { reads: () => number } {
  const rounds = new Map<bigint, Round>();
  let [latest, reads] = [0n, 0];
  for (const [phase, times] of Object.entries(phases)) {
    for (const [index, time] of times.entries()) {
      const id = BigInt(phase) * PHASE + BigInt(index + 1);
      if (time === 0) continue;
      rounds.set(id, { answer: BigInt(time), updatedAt: BigInt(time) });
      latest = id;
    }
  }
  return {
    latest,
    read(id) {
      reads += 1;
      return Promise.resolve(rounds.get(id));
    },
    reads: () => reads,
  };
}

const timesTo = (last: number): number[] => Array.from({ length: last }, (_, index) => 10 * (index + 1));

describe("keeper of insurance", () => {
  it("finds the first round from a time on, in any phase, by few reads", async () => {
    const plain = feedOf({ 0: timesTo(5_000) });
    for (const [time, id] of [
      [0n, 1n],
      [10n, 1n],
      [11n, 2n],
      [33_333n, 3_334n],
      [50_000n, 5_000n],
      [50_001n, undefined],
    ] as const) {
      expect(await firstRoundFrom(plain, time), `${time}`).to.equal(id);
    }
    expect(plain.reads()).to.be.lessThan(200);
    const phases = feedOf({ 2: [10, 20, 30], 3: [], 4: [40, 50] });
    for (const [time, id] of [
      [5n, 2n * PHASE + 1n],
      [25n, 2n * PHASE + 3n],
      [31n, 4n * PHASE + 1n],
      [45n, 4n * PHASE + 2n],
    ] as const) {
      expect(await firstRoundFrom(phases, time), `${time}`).to.equal(id);
    }
    expect(await firstRoundFrom(phases, 51n)).to.equal(undefined);
    const gaps = feedOf({ 1: [10, 0, 0, 40, 0, 60] });
    expect(await firstRoundFrom(gaps, 20n)).to.equal(PHASE + 4n);
    expect(await firstRoundFrom(gaps, 50n)).to.equal(PHASE + 6n);
    // A feed may say that it has had any number of aggregators.
    const endless = { latest: (1n << 80n) - 1n, read: () => Promise.resolve({ answer: 1n, updatedAt: 100n }) };
    expect(await firstRoundFrom(endless, 50n)).to.equal((2n ** 16n - 16n) * PHASE + 1n);
  });

  it("finds the first round that is wanted until the end, and goes on where it stopped", async () => {
    const phases = feedOf({ 1: [10, 20, 30], 3: [40, 0, 60, 70] });
    const after = (least: bigint) => ({ from: PHASE + 2n, end: 65n, isWanted: ({ answer }: Round) => answer >= least });
    expect(await findRound(phases, after(20n))).to.deep.equal({ found: PHASE + 2n, next: PHASE + 2n, isAll: true });
    expect(await findRound(phases, after(31n))).to.deep.equal({
      found: 3n * PHASE + 1n,
      next: 3n * PHASE + 1n,
      isAll: true,
    });
    expect(await findRound(phases, after(41n))).to.deep.equal({
      found: 3n * PHASE + 3n,
      next: 3n * PHASE + 3n,
      isAll: true,
    });
    // The last one is after the end.
    expect(await findRound(phases, after(61n))).to.deep.equal({ found: undefined, next: 3n * PHASE + 4n, isAll: true });
    const early = { ...after(61n), end: 100n };
    expect(await findRound({ ...phases, latest: 3n * PHASE + 3n }, early)).to.deep.equal({
      ...{ found: undefined, next: 3n * PHASE + 3n, isAll: true },
    });
    const many = feedOf({ 0: timesTo(3_000) });
    const wanted = { end: 10n ** 6n, isWanted: ({ answer }: Round) => answer === 25_000n };
    const first = await findRound(many, { ...wanted, from: 1n });
    expect(first).to.deep.equal({ found: undefined, next: 1_000n, isAll: false });
    const second = await findRound(many, { ...wanted, from: first.next });
    expect([second.isAll, (await findRound(many, { ...wanted, from: second.next })).found]).to.deep.equal([
      false,
      2_500n,
    ]);
  });

  it("judges answers as the trigger does", () => {
    const data = (strike: bigint, isBelow: boolean) =>
      toBeHex((isBelow ? 1n << 255n : 0n) | BigInt.asUintN(128, strike), 32);
    const says = (answer: bigint, strike: bigint, { isBelow = true, decimals = 8n } = {}) =>
      isBeyond({ answer, updatedAt: 1n }, data(strike, isBelow), decimals);
    const strike = 97n * 10n ** 16n;
    expect([says(96_999_999n, strike), says(97_000_000n, strike), says(97_000_001n, strike)]).to.deep.equal([
      true,
      false,
      false,
    ]);
    const above = { isBelow: false };
    expect([says(97_000_000n, strike, above), says(97_000_001n, strike, above)]).to.deep.equal([false, true]);
    expect([says(0n, strike), says(-1n, strike), says(1n, -1n, above)]).to.deep.equal([false, false, true]);
    expect([says(96n, strike, { decimals: 2n }), says(969n * 10n ** 17n, strike, { decimals: 20n })]).to.deep.equal([
      true,
      true,
    ]);
    expect(says(97n * 10n ** 18n, strike, { decimals: 20n })).to.equal(false);
  });

  it("does less where all at once is refused, and tells what is left of it", async () => {
    const provider = {
      call: ({ data }: { data: string }) =>
        data.length > 4 ? Promise.reject(new Error("too much")) : Promise.resolve("0x"),
      estimateGas: () => Promise.resolve(100n),
      getFeeData: () => Promise.resolve({ gasPrice: 2n, maxFeePerGas: null }),
      getNetwork: () => Promise.resolve(Network.from(31_337)),
      getBlock: (block: number) => Promise.resolve({ number: block, timestamp: 9 }),
    } as unknown as Provider;
    const taskOf = (size: number): UpkeepTask => ({
      ...{ task: "redeem", pool: "0xPool", amount: BigInt(size), request: { to: "0xTo", data: "0".repeat(size) } },
      less: () => (size > 2 ? [taskOf(Math.floor(size / 2)), taskOf(6)].slice(0, size > 6 ? 2 : 1) : []),
    });
    const watch: UpkeepWatch<{ pools: number }> = {
      ...{ protocol: "insurance", advance: () => Promise.resolve(), counts: () => ({ pools: 1 }) },
      async *tasks({ block, now }) {
        expect([block, now]).to.deep.equal([7, 9n]);
        yield taskOf(8);
        yield { ...taskOf(5), less: () => [] };
      },
    };
    const told: Upkeep[] = [];
    const { pass } = createUpkeep({ provider, account: "0xWho", tell: (upkeep) => told.push(upkeep) });
    const { pools, upkeep } = await pass(watch, 7);
    expect([pools, upkeep.map(({ kind, amount }) => [kind, amount])]).to.deep.equal([
      1,
      [
        ["planned", 4n],
        ["planned", 3n],
        ["refused", 5n],
      ],
    ]);
    expect(told).to.deep.equal(upkeep);
    expect(upkeep.map(({ gas, gasCost, reason }) => [gas, gasCost, reason?.message])).to.deep.equal([
      ...[
        [100n, 200n, undefined],
        [100n, 200n, undefined],
        [0n, 0n, "too much."],
      ],
    ]);
  });

  it("says what is done in one line each", () => {
    const common = {
      protocol: "insurance",
      block: 7,
      pool: `0x${"cd".repeat(32)}`,
      risk: `0x${"ef".repeat(32)}`,
    } as const;
    const nothing = {
      account: undefined,
      requestId: undefined,
      holders: undefined,
      profit: 0n,
      reason: undefined,
    } as const;
    const report: Upkeep = { ...common, ...nothing, kind: "planned", task: "report", amount: 9n, gas: 5n, gasCost: 6n };
    const rest = "pays nothing, gas 5 for 6 wei";
    const says = (change: Partial<Upkeep>, line: string) =>
      expect(describeUpkeep({ ...report, ...change })).to.equal(line);
    says({}, `planned    risk 0xefefefef: report: 9 units lost, money moved, ${rest}`);
    says({ task: "settle" }, `planned    risk 0xefefefef: settle: money moved for 9 units to holders, ${rest}`);
    says(
      { task: "void", kind: "done" },
      `done       risk 0xefefefef: void: no outcome in time, 9 units back to holders, ${rest}`,
    );
    says({ task: "redeem", holders: 3 }, `planned    risk 0xefefefef: redeem: 9 units to 3 holders, ${rest}`);
    const exit: Partial<Upkeep> = { task: "finalise", risk: undefined, account: "0xAccount", requestId: 4n };
    says(
      exit,
      `planned    underwriting pool 0xcdcdcdcd account 0xAccount: finalise: 9 shares up to request 4, ${rest}`,
    );
    const reason = { name: "CoverTooEarly", message: "Not yet." };
    says(
      { kind: "refused", account: "0xAccount", reason },
      "refused    risk 0xefefefef account 0xAccount: report: CoverTooEarly: Not yet.",
    );
    const pass = { block: 7, markets: 0, positions: 0, unhealthy: 0, outcomes: [] };
    expect(describePass({ ...pass, insurance: { pools: 2, risks: 3, upkeep: [report] } })).to.equal(
      "block 7: 0 markets, 0 debtors, 0 unhealthy, 0 of them served; 2 underwriting pools, 3 risks, 1 tasks, 1 of them served",
    );
  });
});
